// The order board: each order set as one card across jurisdictions.
import { by, chip, clock, html, length, model, ms, name, nothing, shown_at, draw, t } from './common.js';
import { may, measure_text, open_command } from './officer.js';

const epoch_of = order => Number.parseInt(order, 10);
const is_waiting = it => it.acknowledge_by && !it.acknowledged && !it.ended;

// The orders that nobody has acknowledged, of all sets.
export const waiting_orders = () =>
  [...model.state.sets.values()].flatMap(set => set.orders).filter(is_waiting);

// The newest step of the ladder of a matter, in words.
function climbed(matter) {
  const it = model.state.ladder.get(matter);
  if (!it) return nothing;
  const words = it.step === 'escalated' ? t('step_escalated', name(it.to)) : t(`step_${it.step}`);
  return html` <span class="step">${words}</span>`;
}

function countdown(it) {
  const left = ms(it.acknowledge_by) - shown_at();
  const matter = `${it.order}/acknowledge`;
  const objection = model.state.objections.get(it.order);
  if (objection && !objection.outcome) return html`<span class="soft">${t('clock_stopped')}</span>`;
  return left < 0
    ? html`<span class="alarm">${t('overdue_by')} ${length(left)}</span>${climbed(matter)}`
    : html`<span class="left">${t('due_in')} <b>${length(left)}</b></span> <span class="soft">${clock(it.acknowledge_by)}</span>`;
}

function answer(it) {
  const { acknowledged } = it;
  if (acknowledged) {
    const other = acknowledged.by && acknowledged.by.jurisdiction !== it.jurisdiction;
    const who = other ? by(acknowledged.by) : acknowledged.by?.name ?? t('acknowledged');
    return html`<span class=${acknowledged.in_time ? 'good' : 'late'}>${acknowledged.in_time ? '✓' : `! ${t('late')}`} ${clock(acknowledged.at).slice(6)}</span>
      <span class="soft by">${who}</span>${acknowledged.in_time ? nothing : climbed(`${it.order}/acknowledge`)}`;
  }
  if (it.ended) return html`<span class="soft">${t('ended')}</span>`;
  if (!it.acknowledge_by) return html`<span class="soft">–</span>`;
  return countdown(it);
}

function objection(it) {
  const found = model.state.objections.get(it.order);
  if (!found) return nothing;
  const outcome = found.outcome ? t(found.outcome) : t('objection_open', name(found.reviewer), clock(found.review_by).slice(6));
  return html`<p class="objection">${t('objection')}: ${found.measures?.map(measure_text).join(', ')} · ${found.reason} → <b>${outcome}</b></p>`;
}

// What the one who is signed in may do with an order; nothing else is offered.
function buttons(it) {
  const all = ['acknowledge', 'object', 'report'].filter(command => may(command, it));
  return all.length ? html`<span class="acts">${all.map(command => html`<button type="button" class=${command === 'acknowledge' ? 'do' : ''}
    data-command=${command} aria-label="${t(command)}: ${it.order} ${name(it.jurisdiction)}" @click=${() => open_command(command, it)}>${t(command)}</button>`)}</span>` : nothing;
}

const order = it => html`<li data-order=${it.order} class=${it.ended ? 'over' : ''}>
  <span class="who">${name(it.jurisdiction)}</span>
  <span class="act">${t(it.act)} ${chip(it.grade)}</span>
  <span class="answer">${answer(it)}</span>
  ${buttons(it)}${objection(it)}
</li>`;

function card(set) {
  const asked = set.orders.filter(it => it.acknowledge_by);
  const done = asked.filter(it => it.acknowledged).length;
  const is_whole = done === asked.length;
  return html`<article class="card" data-epoch=${set.epoch} aria-labelledby="set-${set.epoch}">
    <h3 id="set-${set.epoch}">${t('order_set', set.epoch)} <small>${t('decided')} ${clock(set.decided_at)}${set.effective_at ? html` · ${t('effective')} ${clock(set.effective_at)}` : nothing}${set.linked ? html` · ${t('linked')}` : nothing}</small></h3>
    ${asked.length ? html`<p class="progress ${is_whole ? 'whole' : ''}"><progress max=${asked.length} value=${done} aria-label=${t('acknowledged')}></progress> ${t('acknowledged')} ${t('of', done, asked.length)}</p>` : nothing}
    <ul class="orders">${set.orders.map(order)}</ul>
  </article>`;
}

let shows_all = false;
const turn = () => { shows_all = !shows_all; draw(); };
// A set is shown while an answer is missing, and for a day.
const is_open = set =>
  set.orders.some(is_waiting) || shown_at() - ms(set.decided_at) < 86_400_000;

// What the program has on its own board, for the present only: reports, signatures, whistles.
function matters() {
  if (model.view.at !== null || !model.matters) return nothing;
  const others = model.matters.matters.filter(it => !it.matter.endsWith('/acknowledge'));
  if (!others.length) return nothing;
  const shown = others.slice(0, 8);
  return html`<h3>${t('matters')}</h3><ul class="matters">${shown.map(it => html`<li>
    <span class="who">${name(it.owner)}</span> <span>${it.matter}</span>
    <span class=${ms(it.due_at) < shown_at() ? 'alarm' : 'soft'}>${clock(it.due_at)}</span>
    ${it.step === 'none' ? nothing : html`<span class="step">${it.step === 'escalated' ? t('step_escalated', it.escalated_to.map(name).join(', ')) : t(`step_${it.step}`)}</span>`}
  </li>`)}</ul>${others.length > shown.length ? html`<p class="soft">${t('more_matters', others.length - shown.length)}</p>` : nothing}`;
}

export function board() {
  const sets = [...model.state.sets.values()].sort((a, b) => b.epoch - a.epoch);
  const open = sets.filter(is_open);
  const current = open.length ? open : sets.slice(0, 1);
  const older = sets.filter(it => !current.includes(it));
  return html`<section class="board" aria-labelledby="h-board">
    <h2 id="h-board">${t('board')}</h2>
    ${sets.length ? nothing : html`<p class="soft">${model.history === 'public' ? t('public_only') : t('no_orders')}</p>`}
    ${current.map(card)}
    ${matters()}
    ${older.length ? html`<button type="button" class="wide" aria-expanded=${shows_all} @click=${turn}>${shows_all ? t('hide_older') : t('older', older.length)}</button>` : nothing}
    ${shows_all ? older.map(card) : nothing}
  </section>`;
}

export { epoch_of };
