// All records that the page has, and the state at any time in between. A state is stored at every
// 64th record, so that a jump folds at most 63 records.
import { empty, evolve } from './state.js';

const EVERY = 64;
const BEGUN = Date.parse('2000-01-01T00:00:00Z');
const ms = text => Date.parse(text);

// Records in one order, with stored states.
class Folded {
  constructor(key) {
    this.key = key;
    this.records = [];
    this.times = [];
    this.stored = [empty()];
    this.end = empty();
  }

  push(record) {
    const time = ms(record[this.key]);
    this.records.push(record);
    this.times.push(Math.max(time, this.times.at(-1) ?? time));
    this.end = evolve(this.end, record);
    if (this.records.length % EVERY === 0) this.stored.push(this.end);
  }

  // How many records are up to this time.
  count(time) {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  after(count) {
    if (count === this.records.length) return this.end;
    const place = Math.floor(count / EVERY);
    let state = this.stored[place];
    for (let at = place * EVERY; at < count; at += 1) state = evolve(state, this.records[at]);
    return state;
  }
}

export const GRADES = ['none', 'yellow', 'orange', 'red'];

export class Past {
  constructor() {
    this.known = new Folded('recorded_at');
    this.happened = null;
    this.ribbon = [];
  }

  get records() { return this.known.records; }

  get now() { return this.known.end; }

  // The times of the first and last record. Before the clock of a log begins, its records have the
  // time 0.
  get span() {
    const { times } = this.known;
    const begun = this.known.count(BEGUN);
    return begun < times.length ? [times[begun], times.at(-1)] : null;
  }

  // Adds records, in the order of the log. One that is there already is left out.
  add(records) {
    let last = this.records.at(-1)?.position ?? -1;
    for (const record of records) {
      if (record.position <= last) continue;
      last = record.position;
      this.known.push(record);
      if (record.type === 'hour_closed') this.ribbon.push(column(record, this.known.end));
    }
    this.happened = null;
  }

  // What was known at a time, or what had happened by then as it is known today.
  at(lens, time) {
    if (lens !== 'happened') {
      const count = this.known.count(time);
      return { state: this.known.after(count), records: this.records.slice(0, count) };
    }
    const { happened } = this.sorted();
    const count = happened.count(time);
    return { state: happened.after(count), records: happened.records.slice(0, count) };
  }

  sorted() {
    if (!this.happened) {
      this.happened = new Folded('happened_at');
      const time = new Map(this.records.map(it => [it, ms(it.happened_at)]));
      const sorted = [...this.records].sort((a, b) => time.get(a) - time.get(b) || a.position - b.position);
      sorted.forEach(it => this.happened.push(it));
    }
    return this;
  }
}

// How many jurisdictions have which grade in an hour, for the track of the slider.
function column(record, state) {
  const counts = [0, 0, 0, 0];
  for (const { warning } of Object.values(state.rows)) counts[GRADES.indexOf(warning?.grade ?? 'none')] += 1;
  return { time: ms(record.recorded_at), counts };
}
