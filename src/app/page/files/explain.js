// What the program says of the present of a jurisdiction, and of each decision: asked, not computed.
import { clock, draw, html, model, name, nothing, t, type_name } from './common.js';
import { ask } from './source.js';
import { refusal } from './officer.js';

const answers = new Map();

// An answer of the API, asked once; null while it is on its way. One that may change is asked for
// again when the log has gone on, and the old one is shown until then.
export function asked(path, may_change = false) {
  const position = model.past?.records.at(-1)?.position ?? -1;
  const known = answers.get(path) ?? { value: null, position: null, is_on_its_way: false };
  const is_old = may_change && known.position !== position;
  if ((known.position === null || is_old) && !known.is_on_its_way) {
    answers.set(path, { ...known, is_on_its_way: true });
    ask(path).catch(error => ({ failed: refusal(error) })).then(value => {
      answers.set(path, { value, position, is_on_its_way: false });
      draw();
    });
  }
  return known.value;
}

// `orange if every hour were 12 µg/m³ higher`, in the language of the page.
function margin(it) {
  if (model.view.lang === 'en') return it.text;
  const parts = [];
  if (it.to_next_grade_ug_m3 != null) parts.push(`每小时高 ${it.to_next_grade_ug_m3} µg/m³ 则为${t(it.next_grade_by_ug_m3)}`);
  if (it.to_next_grade_h != null) parts.push(`再持续 ${it.to_next_grade_h} 小时则为${t(it.next_grade_by_h)}`);
  if (it.to_lower_grade_ug_m3 != null) parts.push(`每小时低 ${it.to_lower_grade_ug_m3} µg/m³ 则为${t(it.lower_grade_by_ug_m3)}`);
  if (it.to_lower_grade_h != null) parts.push(`末段 ${it.to_lower_grade_h} 小时转好则为${t(it.lower_grade_by_h)}`);
  return [t(it.grade), ...parts].join('；');
}

function robustness(it) {
  if (model.view.lang === 'en') return it.robustness;
  const grades = it.possible_grades.map(grade => t(grade)).join('或');
  const { stations, readings } = it.supposed ?? {};
  return stations ? `${stations} 个站点缺 ${readings} 个值，无论其读数如何均为${grades}`.replace('均为', it.possible_grades.length > 1 ? '可为' : '均为') : `${grades}（无缺测）`;
}

// How far the next grade is, and what silent stations could change, at the hour that is shown.
export function explained(it) {
  const graded = it.follows ?? it.jurisdiction;
  const hour = model.state.rows[graded]?.air?.hour;
  if (!hour || model.playing) return nothing;
  const found = asked(`/v1/explain/hours/${graded}/${hour}`);
  if (!found) return html`<dt>${t('distance')}</dt><dd class="soft">${t('loading')} …</dd>`;
  const decision = found.decisions?.[0];
  if (!decision) return nothing;
  return html`
    ${decision.margin ? html`<dt>${t('distance')}</dt><dd id="margin">${margin(decision.margin)}</dd>` : nothing}
    ${decision.robustness ? html`<dt>${t('robustness')}</dt><dd id="robustness">${robustness(decision)}</dd>` : nothing}`;
}

// The address of the explanation of a record; none where the record is its own explanation.
function path({ type, body }) {
  if (type === 'order_set_issued') return `/v1/explain/decisions/order-set/${body.epoch}`;
  if (body.warning && type.startsWith('warning_')) return `/v1/explain/decisions/warning/${body.warning}`;
  if (type === 'hour_closed') return null;
  for (const kind of ['matter', 'order', 'consultation', 'case', 'whistle', 'response', 'proposal']) {
    if (body[kind]) return `/v1/explain/${kind}/${encodeURIComponent(body[kind])}`;
  }
  return null;
}

const clause = it => html`<li class=${it.holds ? 'holds' : ''}><b>${it.holds ? '✓' : '–'} ${it.clause}</b> ${it.text}
  ${it.conditions?.map(one => html`<br><span class="soft">${one.windows.slice(0, 3).map(window => `${clock(window.end)}: ${window.mean_ug_m3 ?? '–'} µg/m³, ${t('index')} ${window.index ?? '–'}`).join(' · ')}</span>`)}</li>`;

// One decision: standard, clauses with their windows, forecasts, margin, robustness.
const decision = it => html`<div class="decision">
  <p><b>${name(it.jurisdiction)}</b> ${clock(it.hour)} · ${it.standard?.id} <span class="soft">${it.standard?.reference}</span></p>
  ${it.margin ? html`<p>${margin(it.margin)}</p>` : nothing}
  ${it.robustness ? html`<p>${robustness(it)}</p>` : nothing}
  <ul>${it.clauses?.map(clause)}</ul>
  ${it.outlooks?.length ? html`<p class="soft">${t('band')}: ${it.outlooks.map(one => `${one.maker}, ${t('hours', one.hours)}`).join('; ')}</p>` : nothing}
</div>`;

// What became of a thing: its facts, and its records.
const story = it => html`${Object.entries(it.now ?? {}).slice(0, 12).map(([key, value]) => html`<p><span class="soft">${key}</span> ${typeof value === 'string' ? value : JSON.stringify(value)}</p>`)}
  <ol class="causes">${it.records?.slice(-12).map(one => html`<li>${one.record} · ${clock(one.at)} · ${type_name(one.type)} · ${one.text}</li>`)}</ol>`;

// The explanation of a record, by the program.
export function explanation(record) {
  const address = path(record);
  if (!address) return nothing;
  const found = asked(address, true);
  const of = record.body.hour && found?.decisions ? found.decisions.filter(it => it.hour === record.body.hour) : found?.decisions;
  return html`<h3>${t('explanation')}</h3>
    ${!found ? html`<p class="soft">${t('loading')} …</p>` : nothing}
    ${found?.failed ? html`<p class="soft">${found.failed}</p>` : nothing}
    ${of ? (of.length ? of : found.decisions).slice(0, 16).map(decision) : nothing}
    ${found && !found.decisions && !found.failed ? story(found) : nothing}`;
}
