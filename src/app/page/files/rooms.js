// The consultation room: opinions next to one another. Cases and whistles: who moved what.
import { by, chip, clock, draw, html, model, name, nothing, t } from './common.js';

// What most participants said of a jurisdiction.
function majority(opinions, code) {
  const counts = new Map();
  for (const { says } of Object.values(opinions)) {
    const grade = says.find(it => it.jurisdiction === code)?.grade;
    if (grade) counts.set(grade, (counts.get(grade) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const range = it => (it.lower_ug_m3 == null ? '' : `${it.lower_ug_m3}–${it.upper_ug_m3}`);

function opinions(it) {
  return it.jurisdictions.map(code => {
    const most = majority(it.opinions, code);
    const dissents = body => it.dissent?.some(one => one.participant === body && one.jurisdiction === code);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="${t('opinions')}, ${it.consultation}, ${name(code)}"><table class="opinions"><caption>${name(code)}${most ? html` · ${t('majority')} ${chip(most)}` : nothing}</caption>
      <thead><tr>${it.participants.map(body => html`<th scope="col">${name(body)}</th>`)}</tr></thead>
      <tbody><tr>${it.participants.map(body => {
        const said = it.opinions[body]?.says.find(one => one.jurisdiction === code);
        return html`<td class=${dissents(body) ? 'dissent' : ''}>${said ? html`${chip(said.grade)}<br><span class="soft">${range(said)}</span>${dissents(body) ? html`<br><span class="step">${t('dissent')}</span>` : nothing}` : html`<span class="soft">${it.silent?.includes(body) ? t('silent') : '–'}</span>`}</td>`;
      })}</tr></tbody></table></div>`;
  });
}

function consultation(it) {
  const concluded = it.concludes ?? [];
  return html`<article class="card" data-consultation=${it.consultation}>
    <h3>${it.title ?? it.consultation} <small>${it.consultation} · ${clock(it.at)} · ${t(it.state)}</small></h3>
    ${opinions(it)}
    ${concluded.map(one => html`<p class="concluded">${t('conclusion')}: ${name(one.jurisdiction)} ${one.grade ? chip(one.grade) : nothing} <span class="soft">${clock(one.start)} ${t('until')} ${clock(one.end)}</span></p>`)}
    ${it.signed_by ? html`<p class="soft">${t('signed')}: ${by(it.signed_by)} ${clock(it.signed_at)}</p>` : nothing}
  </article>`;
}

const found_case = it => html`<article class="card" data-case=${it.case}>
  <h3>${it.case} <small>${t('place')}: ${name(it.place)} · ${it.source ?? ''}</small></h3>
  ${it.text ? html`<p>${it.text}</p>` : nothing}
  <ol class="moves">${it.moves.map(move => html`<li><time>${clock(move.at)}</time> <b>${(move.to ?? move.command).replaceAll('_', ' ')}</b> <span class="soft">${by(move.by)}</span></li>`)}</ol>
</article>`;

const whistle = it => html`<article class="card" data-whistle=${it.whistle}>
  <h3>${it.whistle} <small>${t(it.state)} · ${clock(it.at)}</small></h3>
  <p>${name(it.place)} → ${it.summons?.map(name).join(', ')}: ${it.text}</p>
  ${it.answers.map(one => html`<p class=${one.in_time ? 'good' : 'late'}>✓ ${by(one.by)} <span class="soft">${clock(one.at)}</span></p>`)}
</article>`;

// How many cards of each part are shown.
const [AT_ONCE, MORE] = [2, 10];
const shown = {};
function more(id) {
  shown[id] = (shown[id] ?? AT_ONCE) + MORE;
  draw();
}

const newest = map => [...map.values()].reverse();

export function rooms() {
  const { consultations, cases, whistles } = model.state;
  const part = (id, list, make, missing) => html`<section aria-labelledby=${id}>
    <h2 id=${id}>${t(id.slice(2))} <small>${list.length || ''}</small></h2>
    ${list.length ? list.slice(0, shown[id] ?? AT_ONCE).map(make) : html`<p class="soft">${t(missing)}</p>`}
    ${list.length > (shown[id] ?? AT_ONCE) ? html`<button type="button" class="wide" @click=${() => more(id)}>${t('more', Math.min(MORE, list.length - (shown[id] ?? AT_ONCE)))}</button>` : nothing}
  </section>`;
  return html`<div class="rooms">
    ${part('h-consultations', newest(consultations).filter(it => it.participants), consultation, 'no_consultations')}
    ${part('h-cases', [...newest(cases).map(it => () => found_case(it)), ...newest(whistles).map(it => () => whistle(it))], make => make(), 'no_cases')}
  </div>`;
}
