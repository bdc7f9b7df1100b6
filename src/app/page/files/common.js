// What all parts of the page share: the model, words, names, times.
import { html, svg, nothing, render } from './lit-html.js';
import { WORDS } from './words.js';

export { html, svg, nothing, render };

// Everything that is drawn follows from this. `view` is what the address reproduces.
export const model = {
  airshed: { jurisdictions: [], stations: [], measures: [], bodies: [] },
  map: null,
  past: null,
  state: null,
  records: [],
  status: null,
  ahead_ms: 0,
  checkpoint: null,
  matters: null,
  values: null,
  connection: 'loading',
  history: 'loading',
  error: null,
  view: { at: null, lens: 'known', lang: 'zh', jurisdiction: null, group: 'all', find: '', record: null },
  playing: false,
  caller: null,
};

let drawing = () => {};
let due = false;
export const on_draw = draw => { drawing = draw; };

// Draws at most once a frame.
export function draw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; drawing(); });
}

// Changes what is shown, and the address with it.
export function show(change) {
  Object.assign(model.view, change);
  draw();
}

export function t(key, ...values) {
  const word = WORDS[model.view.lang][key] ?? key;
  return typeof word === 'function' ? word(...values) : word;
}
export const type_name = type => WORDS[model.view.lang].types[type] ?? type.replaceAll('_', ' ');

export const member = code => model.airshed.jurisdictions.find(it => it.jurisdiction === code);

// The name of a body: a member, a province, the region; else its code.
export function name(code) {
  if (code == null) return '';
  const found = member(code);
  if (found) return model.view.lang === 'zh' ? found.name_zh.replace(/[市]$|新区$/, '') : found.name;
  if (code === 'region') return t('region');
  return t('province')[code] ?? code;
}
export const role = it => t(it ?? '');
export const by = actor => (actor ? `${name(actor.jurisdiction)} ${actor.name ?? role(actor.role)}` : '');

// Times are those of Beijing, wherever the reader is.
const ZONE_MS = 8 * 3_600_000;
const two = number => String(number).padStart(2, '0');
export const ms = time => (typeof time === 'number' ? time : Date.parse(time));
export function clock(time) {
  if (time == null) return '–';
  const it = new Date(ms(time) + ZONE_MS);
  return `${two(it.getUTCMonth() + 1)}-${two(it.getUTCDate())} ${two(it.getUTCHours())}:${two(it.getUTCMinutes())}`;
}
export const full_clock = time => (time == null ? '–' : `${new Date(ms(time) + ZONE_MS).getUTCFullYear()}-${clock(time)}`);
export const iso = time => `${new Date(ms(time) + ZONE_MS).toISOString().slice(0, 16)}`;
export const from_iso = text => Date.parse(`${text}:00+08:00`);

// A length of time in at most two units.
export function length(duration_ms) {
  const minutes = Math.floor(Math.abs(duration_ms) / 60_000);
  if (minutes < 60) return t('minutes', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${t('hours', hours)} ${t('minutes', minutes % 60)}` : t('hours', hours);
  return `${t('days', Math.floor(hours / 24))} ${t('hours', hours % 24)}`;
}

// The clock of the log: the time of day of its server, or that of its sources.
function log_clock() {
  const { state, status, caller } = model;
  const is_live = caller?.caller !== 'local' || caller.gives_commands;
  if (status?.clock_kind === 'wall' && is_live) return Date.now() + model.ahead_ms;
  const times = [state?.recorded_at, status?.clock].filter(it => it != null).map(ms);
  return times.length ? Math.max(...times) : Date.now();
}

// The time that is shown: that of the slider, else the clock of the log.
export const shown_at = () => model.view.at ?? log_clock();

// The grade of a warning, and whether it is in force yet.
export function grade_of(row) {
  const warning = row?.warning;
  if (!warning || warning.grade === 'none') return { grade: 'none', announced: false };
  return { grade: warning.grade, announced: ms(warning.start) > shown_at() };
}

// A grade is never shown by colour alone: it has its numeral, too.
export const chip = (grade, announced = false) => html`<span class="chip ${grade} ${announced ? 'announced' : ''}"
  ><b aria-hidden="true">${t(`level_${grade}`)}</b> ${t(grade)}</span>`;
export const number = value => value ?? '–';
