// One row for each jurisdiction.
import { chip, clock, grade_of, html, model, name, nothing, number, show, t } from './common.js';
import { spark } from './chart.js';

const choose = code => show({ jurisdiction: model.view.jurisdiction === code ? null : code });

function row(it) {
  const code = it.jurisdiction;
  const state = model.state.rows[code];
  const { grade, announced } = grade_of(state);
  const warning = state?.warning;
  const air = state?.air;
  const is_chosen = model.view.jurisdiction === code;
  const missing = air ? air.stations_expected - air.stations_reporting : 0;
  return html`<tr class=${is_chosen ? 'chosen' : ''} data-code=${code}>
    <th scope="row"><button type="button" class="plain" aria-expanded=${is_chosen} @click=${() => choose(code)}>${name(code)}</button></th>
    <td>${chip(grade, announced)}</td>
    <td class="time">${warning ? html`${clock(warning.start)}<br><span class="soft">${warning.end ? clock(warning.end) : '–'}</span>` : html`<span class="soft">–</span>`}</td>
    ${it.follows
    ? html`<td class="soft" colspan="2">${t('follows', name(it.follows))}</td>`
    : html`<td class="n strong">${number(air?.pm25_ug_m3)}</td>
      <td class="n">${number(air?.index_24h)}</td>`}
    <td class="trend">${it.follows ? nothing : spark(it)}</td>
    <td class="n soft">${air ? html`${air.stations_reporting}<span class=${missing ? 'missing' : ''}>/${air.stations_expected}</span>` : nothing}</td>
  </tr>`;
}

// Followers stand below the city that they follow.
function ordered(all) {
  const leaders = all.filter(it => !it.follows);
  return leaders.flatMap(it => [it, ...all.filter(other => other.follows === it.jurisdiction)]);
}

export function table() {
  const columns = [['jurisdiction', ''], ['warning', ''], ['time', ''], ['now', 'n'], ['index', 'n'], ['trend', ''], ['stations', 'n']];
  const head = key => (key === 'time' ? html`${t('from')}<br>${t('to')}` : t(key));
  return html`<section id="jurisdictions" aria-labelledby="h-table" tabindex="-1">
    <h2 id="h-table">${t('jurisdictions')} <small>${t('ug')}</small></h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${t('jurisdictions')}: ${t('trend')}"><table>
      <thead><tr>${columns.map(([key, kind]) => html`<th scope="col" class=${kind}>${head(key)}</th>`)}</tr></thead>
      <tbody id="rows">${ordered(model.airshed.jurisdictions).map(row)}</tbody>
    </table></div>
  </section>`;
}
