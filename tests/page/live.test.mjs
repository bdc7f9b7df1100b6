// A real server: what happens is shown without a reload, and an officer answers from the page.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { HOUR_MS, Serving, check_view, close_tabs, new_folder, new_tab, positions, remove, start_browser, until } from './tools.mjs';

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const folders = [];
let [browser, serving] = [];

function folder() {
  folders.push(new_folder());
  return folders.at(-1);
}

before(async () => {
  [browser, serving] = await Promise.all([start_browser(), Serving.start(folder())]);
  await serving.give(1, 19);
});
afterEach(close_tabs);
after(async () => {
  await browser?.close();
  await serving?.stop();
  folders.forEach(remove);
});

// A tab that is signed in by the form.
async function signed_in(token, options, path = '/?lang=en', origin = serving.origin) {
  const tab = await new_tab(browser, options);
  await tab.goto(origin + path);
  await tab.locator('input[name="token"]').fill(token);
  await tab.locator('button[type="submit"]').click();
  await tab.locator('#signed-in').waitFor();
  await tab.locator('#connection.live').waitFor();
  return tab;
}

const dialog = tab => tab.locator('dialog[open]');
const order = (tab, id) => tab.locator(`[data-order="${id}"]`);

async function send(tab) {
  // The outcome of an earlier try is not that of this one.
  await tab.evaluate(() => document.querySelector('#outcome')?.setAttribute('data-old', ''));
  await dialog(tab).locator('button[type="submit"]').click();
  const outcome = tab.locator('#outcome:not([data-old])');
  await outcome.waitFor();
  return outcome.textContent();
}

async function close(tab) {
  await dialog(tab).locator('button[type="button"]').click();
  await until(async () => await dialog(tab).count() === 0, 'the dialog closes');
}

test('without a token there is a form, and a wrong token is refused with the reason', async () => {
  for (const [lang, malformed, unknown] of [['en', /paste the whole text/, /not known here/], ['zh', /完整粘贴/, /未登记/]]) {
    const tab = await new_tab(browser);
    await tab.goto(`${serving.origin}/?lang=${lang}`);
    const said = async token => {
      await tab.locator('input[name="token"]').fill(token);
      await tab.locator('button[type="submit"]').click();
      await tab.locator('#outcome').waitFor();
      return tab.locator('#outcome').textContent();
    };
    await tab.locator('input[name="token"]').waitFor();
    await check_view(tab, `the form, ${lang}`);
    assert.match(await said('letmein'), malformed);
    const gone = serving.operator.slice(0, -20) + [...serving.operator.slice(-20)].reverse().join('');
    await until(async () => unknown.test(await said(gone)), 'an unknown token');
    // The browser itself names an answer with 401; the page adds nothing to that.
    assert.ok(tab.errors.every(it => it.includes('401')), tab.errors.join('\n'));
  }
});

test('an order is on the page soon after the readings, without a reload', async () => {
  const tab = await signed_in(await serving.token('130100', 'officer', 'Li Wei'));
  await tab.getByText('No orders.').waitFor();
  await tab.evaluate(() => { globalThis.is_the_same = true; });
  await serving.give(19, 22);
  const begin = Date.now();
  await order(tab, '1-130100').waitFor();
  console.log(`an order was on the page after ${Date.now() - begin} ms`);
  assert.equal(await tab.locator('[data-epoch="1"] li').count(), 16);
  // The rule book is adopted before the clock begins. The slider begins with the episode.
  assert.equal(Number(await tab.locator('#time').getAttribute('min')), Date.parse('2025-12-04T02:00:00+08:00'));
  assert.match(await tab.locator('#rows tr[data-code="130100"]').textContent(), /yellow/);
  assert.equal(await tab.evaluate(() => globalThis.is_the_same), true);
  await tab.locator('g.stations[data-hour]').waitFor({ state: 'attached' });
  assert.deepEqual(tab.errors, []);
});

test('an officer objects, acknowledges and reports from a phone, in Chinese', async () => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const tab = await signed_in(await serving.token('130200', 'officer', '王芳'), phone, '/?lang=zh');
  const own = order(tab, '1-130200');
  await own.waitFor();
  // Only what this officer may do is offered.
  assert.equal(await tab.locator('.acts').count(), 1);
  assert.deepEqual(await own.locator('.acts button').allTextContents(), ['签收', '提出异议', '报告执行']);

  await own.locator('[data-command="object"]').click();
  await dialog(tab).locator('input[name="measures"]').first().check();
  await check_view(tab, 'the dialog');
  await dialog(tab).locator('select[name="ground"]').selectOption('safety');
  await dialog(tab).locator('input[name="reason"]').fill(HOSTILE);
  await dialog(tab).locator('select[name="evidence_kind"]').selectOption('photo');
  await dialog(tab).locator('input[name="evidence"]').fill('照片 3');
  assert.match(await send(tab), /已记录/);
  await close(tab);
  await own.locator('.objection').waitFor();
  assert.ok((await own.locator('.objection').textContent()).includes(HOSTILE));

  await own.locator('[data-command="acknowledge"]').click();
  assert.match(await send(tab), /已记录/);
  await close(tab);
  await until(async () => /✓.*王芳/s.test(await own.locator('.answer').textContent()), 'the answer is shown');

  // A report of a day that has not begun is refused with the reason, and nothing is lost.
  await own.locator('[data-command="report"]').click();
  await dialog(tab).locator('input[name="date"]').fill('2026-01-01');
  await dialog(tab).locator('input[name="evidence"]').fill(HOSTILE);
  assert.match(await send(tab), /该日尚未到来/);
  assert.equal(await dialog(tab).locator('input[name="evidence"]').inputValue(), HOSTILE);
  await serving.give(22, 30, 20);
  await dialog(tab).locator('input[name="date"]').fill('2025-12-04');
  const second = dialog(tab).locator('.done').nth(1);
  await second.locator('select').selectOption('part');
  await second.locator('input').fill('40');
  assert.match(await send(tab), /已记录/);
  await close(tab);

  const by = { jurisdiction: '130200', role: 'officer', name: '王芳' };
  const [objected] = await serving.records('order_objected');
  assert.deepEqual([objected.body.by, objected.body.ground, objected.body.reason], [by, 'safety', HOSTILE]);
  const acknowledged = await serving.records('order_acknowledged');
  assert.deepEqual(acknowledged.map(it => [it.body.by, it.body.order, it.body.in_time]), [[by, '1-130200', true]]);
  const [reported] = await serving.records('execution_reported');
  assert.deepEqual([reported.body.by, reported.body.date], [by, '2025-12-04']);
  const parts = reported.body.measures.filter(it => it.done === 'part');
  assert.deepEqual(parts.map(it => it.percent), [40]);
  assert.deepEqual(reported.body.measures[0].evidence, [{ kind: 'onsite', ref: HOSTILE }]);
  assert.equal(await tab.locator('body img, body script').count(), 0);
  assert.deepEqual(tab.errors.filter(it => !it.includes('422')), []);
});

test('hostile texts of others are shown as texts', async () => {
  const token = await serving.token('110000', 'officer', HOSTILE);
  const command = { id: 'w1', actor: { jurisdiction: '110000', role: 'officer', name: HOSTILE }, given_at: '2025-12-05T03:00:00+08:00', status: 'actual' };
  await serving.ask('/v1/commands', { ...command, command: 'whistle', body: { place: '110000', summons: ['120000'], text: HOSTILE } }, token);
  await serving.ask('/v1/commands', { ...command, id: 'a1', command: 'acknowledge', body: { order: '1-110000' } }, token);
  const tab = await signed_in(token);
  await until(async () => (await tab.locator('[data-whistle]').textContent()).includes(HOSTILE), 'the whistle');
  assert.ok((await tab.locator('#signed-in').textContent()).includes(HOSTILE));
  assert.ok((await order(tab, '1-110000').textContent()).includes(HOSTILE));
  for (const entry of await tab.locator('.timeline button.entry').all()) {
    await entry.click();
    await tab.locator('.opened').waitFor();
  }
  assert.equal(await tab.locator('body img, body script').count(), 0);
  assert.deepEqual(tab.errors, []);
});

test('who may not act is offered nothing, and is told why where the server refuses', async () => {
  const reader = await signed_in(await serving.token('130300', 'reader', 'a reader'));
  await order(reader, '1-130300').waitFor();
  assert.match(await reader.locator('#signed-in').textContent(), /reads only/);
  assert.equal(await reader.locator('.acts').count(), 0);
  assert.deepEqual(reader.errors, []);

  const tab = await signed_in(await serving.token('130300', 'officer', 'Zhao'));
  assert.deepEqual(await tab.locator('.orders li:has(.acts)').evaluateAll(all => all.map(it => it.dataset.order)), ['1-130300']);
  await order(tab, '1-130300').locator('[data-command="acknowledge"]').click();
  // Another officer has signed in meanwhile, in the same tab.
  await tab.evaluate(token => sessionStorage.setItem('airshed-token', token), await serving.token('130400', 'officer', 'Qian'));
  assert.match(await send(tab), /another body/);
  await tab.keyboard.press('Escape');
  await until(async () => await dialog(tab).count() === 0, 'Escape closes it');
  assert.ok((await serving.records('order_acknowledged')).every(it => it.body.order !== '1-130300'));
  assert.ok(tab.errors.every(it => it.includes('403')), tab.errors.join('\n'));
});

test('a token that is revoked while the page is open is named', async () => {
  const tab = await signed_in(await serving.token('130500', 'officer', 'Sun'));
  serving.revoke('Sun');
  await tab.locator('#connection.denied').waitFor();
  assert.match(await tab.locator('#connection').textContent(), /sign in again/);
  await tab.reload();
  await tab.getByText('This token was revoked').waitFor();
  await tab.locator('input[name="token"]').waitFor();
});

test('an order that was escalated can be acknowledged by the body above', async () => {
  await serving.give(30, 41, 300);
  const tab = await signed_in(await serving.token('13', 'command', '指挥'), {}, '/?lang=zh');
  const late = order(tab, '2-130700');
  await until(async () => /已上报至 区域/.test(await late.textContent()), 'the order is escalated, twice');
  // Hebei stands above its cities, not above Tianjin; and it objects and reports for none of them.
  assert.equal(await order(tab, '2-120000').locator('.acts').count(), 0);
  assert.deepEqual(await late.locator('.acts button').allTextContents(), ['签收']);
  await late.locator('[data-command="acknowledge"]').click();
  assert.match(await send(tab), /已记录/);
  await close(tab);
  await until(async () => /! 逾期签收.*河北省 指挥/s.test(await late.textContent()), 'who has acknowledged, and late');
  assert.deepEqual(tab.errors, []);
});

test('where the program asks for no token, a name is enough', async () => {
  const open = await Serving.start(folder(), '', true);
  try {
    await open.give(1, 22);
    const tab = await new_tab(browser);
    await tab.goto(`${open.origin}/?lang=en`);
    await order(tab, '1-130100').waitFor();
    assert.equal(await tab.locator('.acts').count(), 0);
    await tab.locator('#sign').click();
    await dialog(tab).locator('select[name="body"]').selectOption('130100');
    await dialog(tab).locator('input[name="name"]').fill('Li Wei');
    await check_view(tab, 'the form without a token');
    await dialog(tab).locator('button[type="submit"]').click();
    await tab.locator('#signed-in').waitFor();
    // It is remembered in this tab, and nowhere else.
    await tab.reload();
    await order(tab, '1-130100').locator('[data-command="acknowledge"]').click();
    assert.match(await send(tab), /Recorded/);
    await close(tab);
    await until(async () => /✓/.test(await order(tab, '1-130100').textContent()), 'the answer is shown');
    await tab.locator('#sign').click();
    await until(async () => await tab.locator('.acts').count() === 0, 'signed out');
    assert.deepEqual(tab.errors, []);
  } finally {
    await open.stop();
  }
});

test('a killed server is found again, and nothing is lost or doubled', async () => {
  const tab = await signed_in(serving.operator);
  await serving.stop();
  await tab.locator('#connection.lost').waitFor();
  await serving.begin();
  await tab.locator('#connection.live').waitFor();
  await serving.give(41, 43, 300);
  await serving.stop();
  await tab.locator('#connection.lost').waitFor();
  await serving.begin();
  await serving.give(43, 45, 300);
  await tab.locator('#connection.live').waitFor();
  const expected = (await serving.records()).map(it => it.position);
  await until(async () => Number(await tab.locator('#position').textContent()) > expected.at(-1), 'the newest record');
  assert.deepEqual(await positions(tab), expected);
  // What the browser says of a server that is gone, or is still reading its log.
  assert.deepEqual(tab.errors.filter(it => !/net::ERR_|503/.test(it)), []);
});

test('with the wall clock, the time goes on without a record, and deadlines with it', async () => {
  const open = await Serving.start(folder());
  try {
    // The last hours that have passed, by a Beijing clock.
    const now = Math.floor((Date.now() + 8 * HOUR_MS) / HOUR_MS) * HOUR_MS;
    await open.give(-21, 1, 350, now);
    await open.stop();
    open.configure('clock = "wall"\ntick_s = 1');
    await open.begin();
    const token = await open.token('130100', 'officer', 'Li Wei');
    const tab = await signed_in(token, { timezoneId: 'Asia/Tokyo' }, '/?lang=en', open.origin);
    await until(async () => await order(tab, '1-130100').count(), 'an order');
    const shown = async () => Date.parse(await tab.locator('.when time').getAttribute('datetime'));
    const first = await shown();
    assert.ok(Math.abs(first - Date.now()) < 60_000, String(new Date(first)));
    const due = (await open.ask('/v1/matters')).order_sets[0].orders.find(it => it.order === '1-130100').acknowledge_by;
    const left = (Date.parse(due) - first) / 60_000;
    const said = await order(tab, '1-130100').locator('.left b').textContent();
    const [, hours = 0, minutes = 0] = said.match(/(?:(\d+) h)? ?(?:(\d+) min)?/);
    assert.ok(Math.abs(Number(hours) * 60 + Number(minutes) - left) <= 2, `${said} of ${left} min`);
    // Nothing but the clock goes on.
    await until(async () => await shown() > first, 'time goes on');
    await order(tab, '1-130100').locator('[data-command="acknowledge"]').click();
    assert.match(await send(tab), /Recorded/);
    assert.deepEqual(tab.errors, []);
  } finally {
    await open.stop();
  }
});

test('everyone sees what is public, where the settings allow it', async () => {
  const open = await Serving.start(folder(), 'anonymous_read = true');
  try {
    await open.give(1, 22);
    const tab = await new_tab(browser);
    await tab.goto(`${open.origin}/?lang=en`);
    await tab.locator('#rows tr').first().waitFor();
    assert.match(await tab.locator('#rows tr[data-code="130100"]').textContent(), /yellow/);
    await tab.locator('g.stations[data-hour]').waitFor({ state: 'attached' });
    assert.equal(await tab.getByText('Sign in to see orders and records.').count(), 2);
    await check_view(tab, 'the public view');
    assert.deepEqual(tab.errors, []);
  } finally {
    await open.stop();
  }
});
