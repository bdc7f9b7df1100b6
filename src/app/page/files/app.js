// The page: loads what the program knows, follows its log, and draws. Each part has its own module.
import { draw, from_iso, html, iso, model, on_draw, render, t } from './common.js';
import { begin } from './state.js';
import { Past } from './past.js';
import { ask, fetch_text, follow, history, set_token, station_values } from './source.js';
import { head, headline } from './head.js';
import { map } from './map.js';
import { table } from './table.js';
import { detail } from './chart.js';
import { board } from './board.js';
import { rooms } from './rooms.js';
import { timeline } from './timeline.js';
import { advance, slider } from './slider.js';
import { signers } from './proof.js';
import { dialogs, refusal, show_dialog, sign_in_page } from './officer.js';

// The address has everything that is needed to show the same again.
function read_address() {
  const asked = new URLSearchParams(location.search);
  const { view } = model;
  view.lang = asked.get('lang') ?? localStorage.getItem('lang') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
  if (view.lang !== 'zh') view.lang = 'en';
  const at = from_iso(asked.get('at') ?? '');
  view.at = Number.isFinite(at) ? at : null;
  view.lens = asked.get('lens') === 'happened' ? 'happened' : 'known';
  view.jurisdiction = asked.get('jurisdiction');
  view.group = asked.get('group') ?? 'all';
  view.find = asked.get('find') ?? '';
  view.record = asked.has('record') ? Number(asked.get('record')) : null;
}

function write_address() {
  const { view } = model;
  const address = new URLSearchParams();
  if (view.at !== null) address.set('at', iso(view.at));
  if (view.lens === 'happened') address.set('lens', view.lens);
  if (view.jurisdiction) address.set('jurisdiction', view.jurisdiction);
  if (view.group !== 'all') address.set('group', view.group);
  if (view.find) address.set('find', view.find);
  if (view.record !== null) address.set('record', view.record);
  address.set('lang', view.lang);
  const wanted = `?${address}`.replaceAll('%3A', ':');
  if (location.search !== wanted && !model.playing) window.history.replaceState(null, '', wanted);
}

// The state at the time of the slider; without one, the newest.
function look() {
  const { view, past } = model;
  if (past && model.history === 'whole') {
    const at = view.at === null ? { state: past.now, records: past.records } : past.at(view.lens, view.at);
    model.state = at.state;
    model.records = at.records;
  }
}

const page = () => html`
  <a class="skip" href="#jurisdictions">${t('skip')}</a>
  ${head()}
  ${slider()}
  <main>
    ${headline()}
    <div class="columns ${model.map?.shapes.length || model.map?.markers.length ? '' : 'mapless'}">
      ${map()}
      <div class="middle">${table()}${detail()}</div>
      ${board()}
    </div>
    <div class="columns below">${timeline()}${rooms()}</div>
  </main>
  ${dialogs()}`;

on_draw(() => {
  document.documentElement.lang = model.view.lang === 'zh' ? 'zh-CN' : 'en';
  document.title = `airshed · ${t('title')}`;
  look();
  if (!model.state) {
    if (model.caller) render(sign_in_page(), document.body);
    return;
  }
  render(page(), document.body);
  show_dialog();
  write_address();
  fetch_values();
});

// Stations are drawn when the slider has rested for a moment.
let resting = 0;
function fetch_values() {
  if (!model.state.hour || model.values?.hour === model.state.hour || model.playing) return;
  clearTimeout(resting);
  const { state } = model;
  resting = setTimeout(async () => {
    const values = await station_values(state).catch(() => null);
    if (values && model.state.hour === values.hour) {
      model.values = values;
      draw();
    }
  }, 150);
}

const may_see_bodies = () => ['body', 'everything'].includes(model.caller.reads);
const NOTHING = { order_sets: [], matters: [] };
const ask_matters = async () => (may_see_bodies() ? ask('/v1/matters') : NOTHING);

// The newest checkpoint, for the head of the page; not more often than it is needed.
const CHECKPOINT_MS = 30_000;
let checkpoint_asked = -CHECKPOINT_MS;
async function find_checkpoint() {
  if (!model.status?.has_checkpoints || performance.now() - checkpoint_asked < CHECKPOINT_MS) return;
  checkpoint_asked = performance.now();
  const note = await fetch_text('/v1/log/checkpoint').catch(() => null);
  if (note) model.checkpoint = { size: Number(note.split('\n')[1]), signers: signers(note) };
  draw();
}

// What is not in the records: deadlines of every kind, and the hour that is waited for.
let asking = null;
export function refresh() {
  asking ??= setTimeout(async () => {
    asking = null;
    const answers = await Promise.all([ask('/v1/status'), ask_matters()]).catch(() => null);
    if (answers) [model.status, model.matters] = answers;
    find_checkpoint();
    draw();
  }, 200);
}

// Who asks. A token that is not valid any more is forgotten, and the reason is said.
async function find_caller() {
  try {
    model.caller = await ask('/v1/caller');
  } catch (error) {
    if (error.status !== 401) throw error;
    set_token(null);
    model.error = refusal(error);
    model.caller = await ask('/v1/caller');
  }
}

// The present, as far as the caller may see it. Where the program shows nothing without a token,
// there is the form for one.
async function load() {
  for (;;) {
    try {
      await find_caller();
      if (model.caller.reads === 'nothing') {
        draw();
        await new Promise(() => {});
      }
      const [airshed, jurisdictions, matters, status, shapes] = await Promise.all([
        ask('/v1/airshed'), ask('/v1/jurisdictions'), ask_matters(), ask('/v1/status'), ask('/page/map.json')]);
      Object.assign(model, { airshed: { ...model.airshed, ...airshed }, matters, status, map: shapes, error: null });
      model.state = begin(jurisdictions, matters, status);
      find_checkpoint();
      return;
    } catch (error) {
      const words = document.createElement('p');
      words.textContent = `${t('loading')}: ${error.message}`;
      document.body.replaceChildren(words);
      await new Promise(done => setTimeout(done, 1_000));
    }
  }
}

// Everyone may see the present and not the records: it is asked for again from time to time.
async function follow_public() {
  Object.assign(model, { history: 'public', connection: 'public' });
  for (;;) {
    draw();
    await new Promise(done => setTimeout(done, 10_000));
    const answers = await Promise.all([ask('/v1/jurisdictions'), ask('/v1/status')]).catch(() => null);
    model.connection = answers ? 'public' : 'lost';
    if (answers) {
      model.status = answers[1];
      model.state = begin(answers[0], NOTHING, answers[1]);
    }
  }
}

async function load_history() {
  const past = new Past();
  await history(0, part => past.add(part.records));
  Object.assign(model, { past, history: 'whole' });
  draw();
  return past;
}

function take(record) {
  model.past.add([record]);
  if (record.type === 'rule_book_adopted') ask('/v1/airshed').then(it => { model.airshed = it; draw(); });
  refresh();
  draw();
}

read_address();
document.documentElement.dataset.theme = localStorage.getItem('theme') ?? 'auto';
await load();
document.body.replaceChildren();
draw();
if (may_see_bodies()) {
  const past = await load_history();
  follow(past.records.at(-1)?.position ?? -1, take, connection => {
    model.connection = connection;
    if (connection === 'live') refresh();
    draw();
  });
} else follow_public();
// Ages and countdowns go on without a record.
setInterval(draw, 10_000);
window.addEventListener('popstate', () => { read_address(); draw(); });
document.addEventListener('keydown', event => {
  if (event.target.closest?.('input, textarea, select, dialog')) return;
  if (event.key === ' ' && event.target === document.body) {
    event.preventDefault();
    advance();
  }
});
