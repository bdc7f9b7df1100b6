// The map: jurisdictions by the grade of their warning, stations as dots, followers as markers.
import { chip, grade_of, html, model, name, nothing, number, show, svg, t } from './common.js';
import { GRADES } from './past.js';

const choose = code => show({ jurisdiction: model.view.jurisdiction === code ? null : code });
const keyed = code => event => {
  if (event.key !== 'Enter' && event.key !== ' ') return;
  event.preventDefault();
  choose(code);
};

function words(code) {
  const row = model.state.rows[code];
  const { grade, announced } = grade_of(row);
  const value = row?.air ? `, PM2.5 ${number(row.air.pm25_ug_m3)} µg/m³` : '';
  return `${name(code)}: ${t(grade)}${announced ? `, ${t('announced')}` : ''}${value}`;
}

const classes = code => {
  const { grade, announced } = grade_of(model.state.rows[code]);
  return `${grade} ${announced ? 'announced' : ''} ${model.view.jurisdiction === code ? 'chosen' : ''}`;
};

const area = ({ jurisdiction: code, path }) => svg`<path class="area ${classes(code)}" d=${path} tabindex="0" role="button"
  aria-pressed=${model.view.jurisdiction === code} aria-label=${words(code)} data-code=${code} @click=${() => choose(code)} @keydown=${keyed(code)}/>`;

const hatch = ({ jurisdiction: code, path }) =>
  (grade_of(model.state.rows[code]).announced ? svg`<path class="hatch" d=${path}/>` : nothing);

const marker = ({ jurisdiction: code, x, y }) => svg`<path class="marker ${classes(code)}" d="M${x} ${y - 13}l13 13-13 13-13-13z"
  tabindex="0" role="button" aria-pressed=${model.view.jurisdiction === code} aria-label="${words(code)}, ${t('follower')}"
  data-code=${code} @click=${() => choose(code)} @keydown=${keyed(code)}/>`;

function label({ jurisdiction: code, x, y }) {
  const row = model.state.rows[code];
  const { grade } = grade_of(row);
  return svg`<text class="label ${model.view.lang}" x=${x} y=${y}><tspan>${name(code)}</tspan><tspan class="value" x=${x} dy="1.05em">${number(row?.air?.pm25_ug_m3)}${grade === 'none' ? nothing : svg`<tspan class="numeral" dx="4">${t(`level_${grade}`)}</tspan>`}</tspan></text>`;
}

// The area of a dot grows with the value.
function station({ station: code, lon, lat, stop }) {
  const { projection } = model.map;
  const hour = model.state.hour;
  if (lon == null || (stop && hour && stop <= hour.slice(0, 10))) return nothing;
  const [x, y] = [(lon - projection.lon) * projection.x_per_degree, (projection.lat - lat) * projection.y_per_degree];
  const values = model.values?.hour === hour ? model.values.values : null;
  if (values && !values.has(code)) return nothing;
  const value = values?.get(code) ?? null;
  const is_silent = values !== null && value === null;
  const radius = value === null ? 2.6 : Math.min(8, 1.6 + Math.sqrt(value) / 3.2);
  return svg`<circle class="station ${is_silent ? 'silent' : ''}" cx=${x.toFixed(1)} cy=${y.toFixed(1)} r=${radius.toFixed(1)}/>`;
}

export function map() {
  const shapes = model.map?.shapes ?? [];
  if (!shapes.length && !model.map?.markers.length) return nothing;
  const chosen = shapes.filter(it => it.jurisdiction === model.view.jurisdiction);
  return html`<section class="map-card" aria-labelledby="h-map">
    <h2 id="h-map">${t('map')} <small>PM2.5 ${t('ug')}</small></h2>
    <svg class="map" viewBox=${model.map.view.join(' ')} role="group" aria-labelledby="h-map">
      <defs><pattern id="stripes" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="stripe" width="7" height="14"/></pattern></defs>
      ${shapes.map(area)}${shapes.map(hatch)}
      ${chosen.map(it => svg`<path class="outline" d=${it.path}/>`)}
      <g class="stations" aria-hidden="true" data-hour=${model.values?.hour ?? nothing}>${model.airshed.stations?.map(station)}</g>
      ${model.map.markers.map(marker)}
      <g aria-hidden="true">${shapes.map(label)}</g>
    </svg>
    <ul class="legend">${GRADES.map(it => html`<li>${chip(it)}</li>`)}<li><span class="chip hatched">${t('hatch')}</span></li><li><span class="diamond" aria-hidden="true"></span>${t('follower')}</li></ul>
    <p class="note">${t('station_dots')} ${t('schematic')}</p>
  </section>`;
}
