// Lines over time: small in a row, large for the chosen jurisdiction. Both are in µg/m³.
import { chip, clock, grade_of, html, member, model, ms, name, nothing, number, show, shown_at, svg, t } from './common.js';
import { explained } from './explain.js';
import { measure_text } from './officer.js';

const HOUR = 3_600_000;
const [BACK, AHEAD] = [72, 120];

// Hours, 24 h means and forecast around the time that is shown. Days ahead use the forecast as it
// stood then; a mean that reaches into it is a band.
function series(code) {
  const row = model.state.rows[code];
  const outlook = model.state.outlooks[code];
  const end = row?.air ? ms(row.air.hour) : shown_at();
  const hours = (row?.hours ?? []).filter(it => ms(it.hour) > end - BACK * HOUR);
  const ahead = [];
  (outlook?.hours ?? []).forEach((it, place) => {
    const time = ms(outlook.first) + place * HOUR;
    const [lower, upper] = [it.lower_ug_m3 ?? it.value_ug_m3 ?? it.ug_m3, it.upper_ug_m3 ?? it.value_ug_m3 ?? it.ug_m3];
    if (time > end && time <= end + AHEAD * HOUR && upper != null) ahead.push({ time, lower, upper });
  });
  return { end, hours, ahead, outlook };
}

// The lowest 24 h mean that counts for each grade.
export function bounds(it) {
  const found = new Map();
  for (const clause of it.clauses ?? []) {
    for (const condition of [clause.main, clause.within]) {
      const mean = condition?.mean_24h_from_ug_m3;
      if (mean == null) continue;
      const was = found.get(mean) ?? { mean, index: condition.index_from, grades: [] };
      if (!was.grades.includes(clause.grade)) was.grades.push(clause.grade);
      found.set(mean, was);
    }
  }
  return [...found.values()].sort((a, b) => a.mean - b.mean);
}

// The points of a line, in pieces where values are missing.
function path(points) {
  let text = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (y == null) { pen = 'M'; continue; }
    text += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  }
  return text;
}
const band = (points, upper, lower) =>
  path([...points.map(it => [it.x, upper(it)]), ...points.toReversed().map(it => [it.x, lower(it)])]);

export function spark(it) {
  const { end, hours, ahead } = series(it.jurisdiction);
  if (!hours.length) return nothing;
  const [width, height, top] = [132, 28, 420];
  const x = time => ((time - end) / HOUR + BACK) / (BACK + AHEAD) * width;
  const y = value => (value == null ? null : height - 1 - Math.min(value, top) / top * (height - 3));
  const points = ahead.map(one => ({ ...one, x: x(one.time) }));
  return svg`<svg class="spark" viewBox="0 0 ${width} ${height}" aria-hidden="true">
    ${bounds(it).map(one => svg`<line class="bound ${one.grades.at(-1)}" x1="0" x2=${width} y1=${y(one.mean)} y2=${y(one.mean)}/>`)}
    <path class="band" d=${band(points, one => y(one.upper), one => y(one.lower))}/>
    <path class="hours" d=${path(hours.map(one => [x(ms(one.hour)), y(one.pm25_ug_m3)]))}/>
    <path class="mean" d=${path(hours.map(one => [x(ms(one.hour)), y(one.mean_24h_ug_m3)]))}/>
    <line class="now" x1=${x(end)} x2=${x(end)} y1="0" y2=${height}/>
  </svg>`;
}

function axis(end, x, height) {
  const days = [];
  const first = Math.ceil((end - BACK * HOUR + 8 * HOUR) / (24 * HOUR)) * 24 * HOUR - 8 * HOUR;
  for (let time = first; time <= end + AHEAD * HOUR; time += 24 * HOUR) {
    days.push(svg`<line class="grid" x1=${x(time)} x2=${x(time)} y1="8" y2=${height - 22}/><text class="tick" x=${x(time) + 4} y=${height - 8}>${clock(time).slice(0, 5)}</text>`);
  }
  return days;
}

function large(it) {
  const { end, hours, ahead, outlook } = series(it.jurisdiction);
  const [width, height, left] = [720, 240, 34];
  const most = Math.max(260, ...hours.map(one => one.pm25_ug_m3 ?? 0), ...ahead.map(one => one.upper));
  const x = time => left + ((time - end) / HOUR + BACK) / (BACK + AHEAD) * (width - left);
  const y = value => (value == null ? null : 10 + (1 - Math.min(value / most, 1)) * (height - 32));
  const points = ahead.map(one => ({ ...one, x: x(one.time) }));
  const warning = model.state.rows[it.jurisdiction]?.warning;
  const [from, to] = warning ? [Math.max(x(ms(warning.start)), left), Math.min(warning.end ? x(ms(warning.end)) : width, width)] : [0, 0];
  const said = outlook ? `${t('band')}: ${outlook.maker}, ${clock(outlook.issued_at)}` : '';
  return html`<svg class="large" viewBox="0 0 ${width} ${height}" role="img" aria-label="${t('chart')}, ${name(it.jurisdiction)}">
    ${axis(end, x, height)}
    ${[0, 100, 200, 300, 400].filter(value => value < most).map(value => svg`<text class="tick right" x=${left - 6} y=${y(value) + 4}>${value}</text><line class="grid" x1=${left} x2=${width} y1=${y(value)} y2=${y(value)}/>`)}
    ${warning && to > from ? svg`<rect class="term ${warning.grade}" x=${from} width=${to - from} y="2" height="6" rx="3"/>` : nothing}
    <path class="band" d=${band(points, one => y(one.upper), one => y(one.lower))}/>
    ${bounds(it).map(one => svg`<line class="bound ${one.grades.at(-1)}" x1=${left} x2=${width} y1=${y(one.mean)} y2=${y(one.mean)}/><text class="tick end" x=${width - 2} y=${y(one.mean) - 4}>${t('index')} ≥ ${one.index}: ${one.grades.map(grade => t(grade)).join(' · ')}</text>`)}
    <path class="hours" d=${path(hours.map(one => [x(ms(one.hour)), y(one.pm25_ug_m3)]))}/>
    <path class="mean" d=${path(hours.map(one => [x(ms(one.hour)), y(one.mean_24h_ug_m3)]))}/>
    <line class="now" x1=${x(end)} x2=${x(end)} y1="8" y2=${height - 22}/>
  </svg>
  <p class="note"><span class="key hours"></span>${t('hour_value')} <span class="key mean"></span>${t('mean_24h')} <span class="key band"></span>${said}</p>`;
}

// The chosen jurisdiction, large.
export function detail() {
  const it = member(model.view.jurisdiction);
  if (!it) return nothing;
  const row = model.state.rows[it.jurisdiction];
  const { grade, announced } = grade_of(row);
  const charted = it.follows ? member(it.follows) : it;
  const order = row?.order;
  const { warning } = row ?? {};
  return html`<section class="detail" aria-labelledby="h-detail">
    <h2 id="h-detail">${name(it.jurisdiction)} ${chip(grade, announced)} ${announced ? html`<small>${t('announced')}</small>` : nothing}
      <button type="button" class="close" aria-label=${t('close')} @click=${() => show({ jurisdiction: null })}>×</button></h2>
    ${charted ? large(charted) : nothing}
    <dl class="pairs">
      ${warning ? html`<dt>${t('clause')}</dt><dd>${warning.standard} ${warning.clause} · ${clock(warning.start)} ${t('until')} ${clock(warning.end)}</dd>` : html`<dt>${t('standard')}</dt><dd>${it.standard ?? '–'}</dd>`}
      ${explained(it)}
      ${order?.measures?.length && grade !== 'none' ? html`<dt>${t('measures_of')}</dt><dd><ul class="measures">${order.measures.map(id => html`<li>${measure_text(id)}</li>`)}</ul></dd>` : nothing}
      ${row?.air ? html`<dt>${t('stations')}</dt><dd>${number(row.air.stations_reporting)} / ${number(row.air.stations_expected)}${row.air.left_out?.length ? html` <span class="soft">(${row.air.left_out.join(', ')})</span>` : nothing}</dd>` : nothing}
    </dl>
  </section>`;
}
