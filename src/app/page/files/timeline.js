// The timeline: every record, newest first, with its explanation.
import { by, chip, clock, draw, full_clock, html, model, name, nothing, show, t, type_name } from './common.js';
import { GROUPS } from './words.js';
import { asked, explanation } from './explain.js';
import { proof_of } from './proof.js';

const AT_ONCE = 60;
let shown = AT_ONCE;
const group_of = Object.fromEntries(Object.entries(GROUPS).flatMap(([group, types]) => types.map(it => [it, group])));

// One line of plain text and chips for a record.
function line({ type, body: it }) {
  const grade = it.grade ? html` ${chip(it.grade)}` : nothing;
  if (type === 'hour_closed') {
    const worst = it.jurisdictions.reduce((a, b) => ((b.pm25_ug_m3 ?? -1) > (a.pm25_ug_m3 ?? -1) ? b : a));
    return html`${clock(it.hour)} · ${t('highest')} ${worst.pm25_ug_m3 ?? '–'} ${name(worst.jurisdiction)}`;
  }
  if (type === 'order_set_issued') {
    return html`${t('order_set', it.epoch)}: ${it.orders.map(one => name(one.jurisdiction)).join(', ')}`;
  }
  if (type === 'forecast_received') return html`${it.maker} · ${clock(it.issued_at)}`;
  if (it.warning) return html`${name(it.jurisdiction)}${grade} ${clock(it.start)} ${t('until')} ${clock(it.end)}`;
  if (it.matter) return html`${name(it.owner)} · ${it.matter}${it.to ? html` → ${name(it.to)}` : nothing}`;
  if (it.order) return html`${it.order} ${name(it.order.split('-')[1])}${it.reason ? html` · ${it.reason}` : nothing}${it.outcome ? html` · ${t(it.outcome)}` : nothing}`;
  if (it.consultation) return html`${it.consultation}${it.participant ? html` · ${name(it.participant)}` : nothing}${it.title ? html` · ${it.title}` : nothing}`;
  if (it.case) return html`${it.case} · ${(it.to ?? it.command ?? '').replaceAll('_', ' ')}`;
  if (it.whistle) return html`${it.whistle}${it.text ? html` · ${it.text}` : nothing}`;
  if (it.response) return html`${it.response}${it.date ? html` · ${it.date}` : nothing}${it.measure ? html` · ${it.measure}` : nothing}${it.result ? html` · ${it.result}` : nothing}`;
  if (type === 'input_refused') return html`${it.reason} · ${it.excerpt}`;
  return html`${[it.jurisdiction ? name(it.jurisdiction) : '', it.station, it.reason, it.episode].filter(Boolean).join(' · ')}`;
}

// The words by which a record is found: its own, and the names of what is in it.
const texts = new WeakMap();
function text_of(record) {
  if (record.type === 'hour_closed' || record.type === 'forecast_received') return record.type;
  if (!texts.has(record)) texts.set(record, JSON.stringify(record.body).toLowerCase());
  return `${texts.get(record)} ${type_name(record.type).toLowerCase()} ${record.position}`;
}

function is_about(record, code) {
  if (!code) return true;
  if (record.type === 'hour_closed' || record.type === 'forecast_received') return false;
  return text_of(record).includes(code);
}

function matching() {
  const { group, find, jurisdiction } = model.view;
  const wanted = find.trim().toLowerCase();
  const found = [];
  for (let at = model.records.length - 1; at >= 0 && found.length <= shown; at -= 1) {
    const it = model.records[at];
    if (group !== 'all' && group_of[it.type] !== group) continue;
    if (group === 'all' && (it.type === 'hour_closed') && !wanted) continue;
    if (!is_about(it, jurisdiction) || (wanted && !text_of(it).includes(wanted))) continue;
    found.push(it);
  }
  return found;
}

const CAUSES_MAX = 6;

// What led to a record, cause by cause. Readings, ticks and commands are not in the history; the
// log has them, for those who may read it.
function causes(record) {
  const found = [];
  let position = record.causation;
  while (position != null && found.length < CAUSES_MAX) {
    const here = position;
    let it = model.past.records.find(one => one.position === here);
    if (!it && model.caller.reads === 'everything') {
      const answer = asked(`/v1/log/records?after=${here}&limit=1`);
      if (!answer) return { found, is_loading: true };
      it = answer.records?.[0];
    }
    if (!it) break;
    found.push(it);
    position = it.causation;
  }
  return { found, is_loading: false };
}

const short = body => {
  const text = JSON.stringify(body, null, 1);
  return text.length > 6_000 ? `${text.slice(0, 6_000)} …` : text;
};

function opened(record) {
  const { found: of, is_loading } = causes(record);
  return html`<div class="opened">
    <p>${t('happened_at')} ${full_clock(record.happened_at)} · ${t('recorded_at')} ${full_clock(record.recorded_at)}${record.body.by ? html` · ${by(record.body.by)}` : nothing}</p>
    ${of.length ? html`<h3>${t('causes')}</h3><ol class="causes">${of.map(it => html`<li>${it.position} · ${type_name(it.type)} · ${it.type === 'readings_received' || it.type === 'ticked' || it.type === 'command_given' ? html`${clock(it.happened_at)}${it.body.command ? html` · ${it.body.command} · ${by(it.body.actor)}` : nothing}` : line(it)}</li>`)}</ol>` : nothing}${is_loading ? html`<p class="soft">${t('loading')} …</p>` : nothing}
    ${explanation(record)}
    ${proof_of(record)}
    <details><summary>${t('raw')}</summary><pre tabindex="0">${short(record.body)}</pre></details>
  </div>`;
}

function entry(record) {
  const is_open = model.view.record === record.position;
  return html`<li class=${group_of[record.type] ?? ''} data-position=${record.position}>
    <button type="button" class="plain entry" aria-expanded=${is_open} @click=${() => show({ record: is_open ? null : record.position })}>
      <time>${clock(record.happened_at)}</time> <b>${type_name(record.type)}</b> <span>${line(record)}</span></button>
    ${is_open ? opened(record) : nothing}
  </li>`;
}

const more = () => { shown += AT_ONCE; draw(); };

export function timeline() {
  const found = matching();
  const { group, find } = model.view;
  return html`<section class="timeline" aria-labelledby="h-timeline">
    <h2 id="h-timeline">${t('timeline')} <small>${model.view.jurisdiction ? name(model.view.jurisdiction) : ''}</small></h2>
    <p class="filters">
      <label>${t('filter')} <select @change=${event => show({ group: event.target.value })}>
        ${['all', ...Object.keys(GROUPS)].map(it => html`<option value=${it} ?selected=${it === group}>${it === 'all' ? t('all') : t(`group_${it}`)}</option>`)}
      </select></label>
      <label>${t('search')} <input type="search" .value=${find} @input=${event => show({ find: event.target.value })}></label>
    </p>
    ${model.history === 'whole' ? nothing : html`<p class="soft">${model.history === 'public' ? t('public_only') : `${t('loading')} …`}</p>`}
    ${found.length || model.history !== 'whole' ? html`<ol class="records">${found.slice(0, shown).map(entry)}</ol>` : html`<p class="soft">${t('no_records')}</p>`}
    ${found.length > shown ? html`<button type="button" class="wide" @click=${more}>${t('more', AT_ONCE)}</button>` : nothing}
  </section>`;
}
