// Folds the log of a server with the page's own modules, and compares with what the API answers.
// node fold.mjs ADDRESS
import assert from 'node:assert';
import { Past } from '../../src/app/page/files/past.js';

const ask = async path => (await fetch(process.argv[2] + path)).json();
const past = new Past();
for (let from = 0; from !== null;) {
  const part = await ask(`/v1/history?after=${from}&limit=200`);
  past.add(part.records);
  from = part.next;
}
const { jurisdictions } = await ask('/v1/jurisdictions');
for (const { jurisdiction, air, warning, order } of jurisdictions) {
  const row = past.now.rows[jurisdiction];
  assert.deepEqual({ air: row.air, warning: row.warning, order: row.order }, { air, warning, order });
}
const sets = [...past.now.sets.values()].map(({ linked, orders, ...set }) =>
  ({ ...set, orders: orders.map(({ full, ...order }) => order) }));
assert.deepEqual(sets, (await ask('/v1/matters')).order_sets);
// A jump to any time gives what a fold from the beginning gives.
const [first, last] = past.span;
for (let step = 0; step <= 50; step += 1) {
  const time = first + (last - first) * step / 50;
  const upto = new Past();
  upto.add(past.records.filter(it => Date.parse(it.recorded_at) <= time));
  assert.deepEqual(past.at('known', time).state, upto.now);
}
assert.equal(past.at('happened', last).records.length, past.records.length);
console.log(`${past.records.length} records, ${sets.length} order sets`);
