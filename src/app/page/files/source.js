// Where the page gets what it shows: the API of the program that serves it.
import { model } from './common.js';
import { TYPES } from './words.js';

const TOKEN = 'airshed-token';
export const token = () => sessionStorage.getItem(TOKEN);
export function set_token(value) {
  if (value) sessionStorage.setItem(TOKEN, value);
  else sessionStorage.removeItem(TOKEN);
}

const headers = more => (token() ? { ...more, authorization: `Bearer ${token()}` } : more);

// What the API answers; an error has the problem that it answered with.
export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { ...headers({}), ...options.headers } });
  const body = await answer.json().catch(() => ({}));
  // The clock of a phone may be wrong; deadlines are by that of the server.
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isFinite(date)) model.ahead_ms = date - Date.now();
  if (answer.ok) return body;
  throw Object.assign(new Error(body.detail ?? `${answer.status}`), { status: answer.status, problem: body });
}

// A text such as a signed note.
export async function fetch_text(path) {
  const answer = await fetch(path, { headers: headers({}) });
  if (answer.ok) return answer.text();
  const body = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(body.detail ?? `${answer.status}`), { status: answer.status, problem: body });
}

export const give = command => ask('/v1/commands', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(command),
});

const pause = ms => new Promise(done => setTimeout(done, ms));

// The history of the log from a position on.
export async function history(after, take) {
  for (let from = after; from !== null;) {
    const part = await ask(`/v1/history?after=${from}`);
    take(part);
    from = part.next;
  }
}

// Follows the log from behind a position, for ever. Unlike EventSource it can send a token, sees
// the status of an answer, and goes on after every failure. A hidden tab has no stream: a browser
// opens only six connections to a server over HTTP/1.1.
export async function follow(position, take, change) {
  let last = position;
  for (let wait = 250; ; wait = Math.min(wait * 2, 8_000)) {
    if (document.hidden) {
      change('hidden');
      await new Promise(done => document.addEventListener('visibilitychange', done, { once: true }));
      wait = 250;
      continue;
    }
    const stop = new AbortController();
    const hide = () => { if (document.hidden) stop.abort(); };
    document.addEventListener('visibilitychange', hide);
    try {
      const path = `/v1/events?after=${Math.max(last, 0)}&type=${TYPES.join(',')}`;
      const answer = await fetch(path, { headers: headers({ accept: 'text/event-stream' }), signal: stop.signal });
      if (answer.status === 401 || answer.status === 403) change('denied');
      else if (!answer.ok) change('lost');
      else {
        change('live');
        wait = 250;
        for await (const { id, data } of events(answer.body)) {
          last = Number(id);
          take(JSON.parse(data));
        }
        change('lost');
      }
    } catch {
      if (!document.hidden) change('lost');
    }
    document.removeEventListener('visibilitychange', hide);
    if (!document.hidden) await pause(wait);
  }
}

// The events of a stream; comments are left out, and so is what is no record.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let [text, id, event, data] = ['', '', '', ''];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (data && event !== 'error') yield { id, data };
        [event, data] = ['', ''];
      } else if (line.startsWith('id:')) id = line.slice(3).trim();
      else if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data += line.slice(5).trim();
    }
  }
}

// The values of the stations that live in the hour that is shown; null where there is none.
export async function station_values(state) {
  const hour = state?.hour;
  if (!hour || model.values?.hour === hour) return model.values;
  const { stations } = await ask(`/v1/stations?hour=${encodeURIComponent(hour)}`);
  return { hour, values: new Map(stations.map(it => [it.station, it.pm25_ug_m3])) };
}
