// The head: what is shown, of when, and whether it is fresh. The headline: the state in one line.
import { chip, clock, draw, full_clock, grade_of, html, length, model, ms, name, nothing, number, show, shown_at, t } from './common.js';
import { actor, can_sign_in, open_sign, signed_in } from './officer.js';
import { GRADES } from './past.js';
import { waiting_orders } from './board.js';

function turn_theme() {
  const { dataset } = document.documentElement;
  const is_dark = dataset.theme === 'dark'
    || (dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  dataset.theme = is_dark ? 'light' : 'dark';
  localStorage.setItem('theme', dataset.theme);
  draw();
}

function turn_language() {
  const lang = model.view.lang === 'zh' ? 'en' : 'zh';
  localStorage.setItem('lang', lang);
  show({ lang });
}

export function head() {
  const { status, view, connection } = model;
  const connected = connection === 'live' && !can_sign_in() ? t('look') : t(connection);
  const other = view.lang === 'zh' ? 'en' : 'zh-CN';
  return html`<header>
    <h1>${t('title')} <small>${status?.airshed ?? ''} · ${t('subtitle')}</small></h1>
    <p class="when"><time class="big" datetime=${new Date(shown_at()).toISOString()}>${full_clock(shown_at())}</time></p>
    <p class="facts">
      <span id="connection" class="dot ${connection}" role="status">${connected}</span>
      <span><i>${t('records')}</i> <b id="position">${model.state.position + 1}</b></span>
      ${model.checkpoint ? html`<span id="checkpoint"><i>${t('checkpoint')}</i> <b>${model.checkpoint.size}</b> <i>${model.checkpoint.signers.join(', ')}</i></span>` : nothing}
      ${status?.next_hour ? html`<span><i>${t('waits_for')}</i> <b>${clock(status.next_hour)}</b></span>` : nothing}
    </p>
    <p class="buttons">
      <button type="button" @click=${turn_theme} aria-label=${t('theme')} title=${t('theme')}>◐</button>
      <button type="button" id="lang" lang=${other} @click=${turn_language}>${t('other_language')}</button>
      ${can_sign_in() ? html`<button type="button" id="sign" @click=${open_sign}>${actor() ? t('sign_out') : t('sign_in')}</button>` : nothing}
    </p>
    ${signed_in()}
  </header>`;
}

const tile = (label, value, note, kind = '') => html`<div class="tile ${kind}"><dt>${label}</dt><dd><b>${value}</b>${note ? html` <span>${note}</span>` : nothing}</dd></div>`;

// The worst hour of all jurisdictions.
function highest(rows) {
  let found = null;
  for (const [code, { air }] of rows) {
    if (air?.pm25_ug_m3 != null && !(found?.value >= air.pm25_ug_m3)) found = { code, value: air.pm25_ug_m3 };
  }
  return found;
}

export function headline() {
  const rows = Object.entries(model.state.rows);
  const counts = { none: 0, yellow: 0, orange: 0, red: 0 };
  for (const [, row] of rows) counts[grade_of(row).grade] += 1;
  const worst = highest(rows);
  const waiting = waiting_orders();
  const overdue = waiting.filter(it => ms(it.acknowledge_by) < shown_at());
  const next = waiting.filter(it => ms(it.acknowledge_by) >= shown_at()).sort((a, b) => ms(a.acknowledge_by) - ms(b.acknowledge_by))[0];
  const { silent, hour } = model.state;
  const age = hour ? shown_at() - ms(hour) : 0;
  return html`<dl class="headline" aria-label=${t('subtitle')}>
    ${GRADES.toReversed().map(it => html`<div class="tile count ${it} ${counts[it] ? '' : 'zero'}"><dt>${chip(it)}</dt><dd><b>${counts[it]}</b></dd></div>`)}
    ${worst ? tile(`${t('highest')} µg/m³`, worst.value, name(worst.code)) : nothing}
    ${tile(t('waiting'), waiting.length, overdue.length ? `${t('overdue')} ${overdue.length}` : '', overdue.length ? 'alarm' : '')}
    ${next ? tile(t('next_due'), clock(next.acknowledge_by).slice(6), `${name(next.jurisdiction)} · ${length(ms(next.acknowledge_by) - shown_at())}`) : nothing}
    ${tile(t('data_of'), hour ? clock(hour).slice(6) : number(null), `${length(age)} · ${silent.size ? t('silent_stations', silent.size) : t('all_report')}`)}
  </dl>`;
}
