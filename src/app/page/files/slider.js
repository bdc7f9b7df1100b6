// The slider: any time of the log, by what was known then or by what is known today.
import { clock, draw, full_clock, html, model, ms, nothing, show, shown_at, svg, t } from './common.js';
import { GRADES } from './past.js';

const HOUR = 3_600_000;
const EPISODE_MS = 30_000;
let begun = null;

// Plays the whole log in 30 seconds, from where the slider is.
export function advance() {
  model.playing = !model.playing;
  if (!model.playing) { draw(); return; }
  const [first, last] = model.past?.span ?? [0, 0];
  begun = null;
  const from = model.view.at === null || model.view.at >= last ? first : model.view.at;
  const frame = now => {
    if (!model.playing) return;
    begun ??= now;
    const at = from + (now - begun) / EPISODE_MS * (last - first);
    if (at >= last) {
      model.playing = false;
      show({ at: null });
      return;
    }
    show({ at });
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// An hour of the track: how many jurisdictions have which grade.
let drawn = { ribbon: null, length: 0, picture: nothing };
function ribbon([first, last]) {
  const { ribbon: hours } = model.past;
  if (drawn.ribbon === hours && drawn.length === hours.length) return drawn.picture;
  const width = 1000;
  const x = time => (time - first) / Math.max(last - first, 1) * width;
  const shapes = GRADES.slice(1).map((grade, place) => {
    let [text, open] = ['', false];
    hours.forEach(({ time, counts }, at) => {
      const all = counts.reduce((a, b) => a + b, 0) || 1;
      const high = counts.slice(place + 1).reduce((a, b) => a + b, 0) / all;
      const end = x(hours[at + 1]?.time ?? last);
      if (high === 0) { open = false; return; }
      text += `M${x(time).toFixed(1)} 32V${(32 - high * 32).toFixed(1)}H${end.toFixed(1)}V32z`;
      open = true;
    });
    return svg`<path class="stack ${grade}" d=${text}/>`;
  });
  drawn = { ribbon: hours, length: hours.length, picture: shapes };
  return shapes;
}

const days = ([first, last]) => {
  const found = [];
  const step = Math.max(1, Math.ceil((last - first) / (24 * HOUR) / 14)) * 24 * HOUR;
  for (let time = Math.ceil((first + 8 * HOUR) / (24 * HOUR)) * 24 * HOUR - 8 * HOUR; time < last; time += step) {
    found.push([time, (time - first) / (last - first) * 1000]);
  }
  return found;
};

function move(event) {
  model.playing = false;
  const [, last] = model.past.span;
  const at = Number(event.target.value);
  show({ at: at >= last ? null : at });
}

export function slider() {
  const span = model.past?.span;
  if (!span || span[1] <= span[0]) return html`<section class="slider" aria-label=${t('time')}><div class="track"></div></section>`;
  const [first, last] = span;
  const { at, lens } = model.view;
  const value = Math.min(Math.max(shown_at(), first), last);
  const place = (value - first) / (last - first) * 1000;
  return html`<section class="slider ${at === null ? '' : 'past'}" aria-label=${t('time')}>
    <button type="button" id="play" class="round" aria-label=${model.playing ? t('pause') : t('play')} @click=${advance}>${model.playing ? '❚❚' : '▶'}</button>
    <div class="track">
      <svg viewBox="0 0 1000 32" preserveAspectRatio="none" aria-hidden="true">${ribbon(span)}
        ${days(span).map(([, x]) => svg`<line class="day" x1=${x} x2=${x} y1="0" y2="32"/>`)}
        <rect class="veil" x=${place} width=${1000 - place} y="0" height="32"/><line class="needle" x1=${place} x2=${place} y1="0" y2="32"/></svg>
      <input id="time" type="range" min=${first} max=${last} step=${HOUR / 4} .value=${String(value)} aria-label=${t('time')} aria-valuetext=${full_clock(value)} @input=${move}>
      <svg class="days" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true"></svg>
      <p class="ends" aria-hidden="true"><span>${clock(first)}</span><span class="soft">${at === null ? '' : `${t('past')}: ${full_clock(at)}`}</span><span>${clock(last)}</span></p>
    </div>
    <fieldset class="lens"><legend class="hidden">${t('lens')}</legend>
      ${['known', 'happened'].map(it => html`<label title=${t(`lens_${it}`)}><input type="radio" name="lens" value=${it} .checked=${lens === it} @change=${() => show({ lens: it })}><span>${t(it)}</span></label>`)}
    </fieldset>
    <button type="button" id="newest" ?disabled=${at === null} @click=${() => { model.playing = false; show({ at: null }); }}>${t('to_live')}</button>
  </section>`;
}

export { ms };
