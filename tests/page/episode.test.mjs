// A whole episode on disk: what is shown, in which ways, and at any time of it.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { airshed, check_view, close_tabs, look, new_folder, new_tab, remove, start_browser, until } from './tools.mjs';

const folder = new_folder();
let [browser, looking] = [];

before(async () => {
  airshed('key', 'new', join(folder, 'key'), '--origin', 'bth');
  airshed('demo', '--json', '--log', join(folder, 'winter'), '--key', join(folder, 'key'));
  [browser, looking] = await Promise.all([start_browser(), look(join(folder, 'winter'))]);
});
afterEach(close_tabs);
after(async () => {
  await browser?.close();
  await looking?.stop();
  remove(folder);
});

async function open(path, options) {
  const tab = await new_tab(browser, options);
  await tab.goto(looking.origin + path);
  await tab.locator('.records > li').first().waitFor();
  return tab;
}

test('an episode is on the page: map, rows, orders, rooms and timeline', async () => {
  const tab = await open('/?lang=en');
  assert.equal(await tab.locator('path.area').count(), 13);
  assert.equal(await tab.locator('path.marker').count(), 3);
  assert.equal(await tab.locator('#rows tr').count(), 16);
  await tab.locator('g.stations[data-hour]').waitFor({ state: 'attached' });
  const [all, silent] = [await tab.locator('circle.station').count(), await tab.locator('circle.station.silent').count()];
  assert.deepEqual([all, silent], [124, 8], 'stations that live, and those without a value');
  assert.equal(await tab.locator('#connection').textContent(), 'Log, read-only');
  // A log that is only looked at takes no commands, so there is no sign-in.
  assert.equal(await tab.locator('#sign').count(), 0);
  await tab.locator('.board button.wide').click();
  await until(async () => await tab.locator('.board article.card').count() === 22, 'order sets');
  assert.equal(await tab.locator('[data-order="1-130400"] .answer').textContent().then(it => it.includes('late')), true);
  assert.equal(await tab.locator('[data-consultation]').count(), 2);
  await tab.locator('section[aria-labelledby="h-consultations"] button.wide').click();
  await until(async () => await tab.locator('[data-consultation]').count() === 11, 'all consultations');
  await until(async () => /Checkpoint \d+ bth/.test(await tab.locator('.facts').textContent()), 'the checkpoint');
  assert.deepEqual(tab.errors, []);
});

test('a record opens with its explanation and its causes', async () => {
  const tab = await open('/?lang=en&group=orders');
  const first = tab.locator('.records > li').last();
  await first.locator('button').click();
  await first.getByText('Explanation').waitFor();
  await first.locator('.decision').first().waitFor();
  assert.match(await first.textContent(), /µg\/m³/);
  await tab.locator('#jurisdictions').getByRole('button', { name: 'Handan' }).click();
  await tab.locator('#margin').waitFor();
  await tab.locator('#robustness').waitFor();
  assert.deepEqual(tab.errors, []);
});

test('a record has its proof, and evidence that can be checked without the log', async () => {
  const tab = await open('/?lang=en&group=orders');
  const first = tab.locator('.records > li').last();
  await first.locator('button').click();
  await first.locator('.proof summary').click();
  const [root] = await Promise.all([first.locator('.hashes code').nth(1).textContent(), first.locator('[data-evidence]').waitFor()]);
  const position = await first.getAttribute('data-position');
  const proof = await fetch(`${looking.origin}/v1/log/proof?position=${position}`).then(it => it.json());
  assert.equal(root, proof.root);
  assert.match(await first.locator('.hashes').textContent(), /Signed by\s*bth/);
  await check_view(tab, 'a proof');
  const [file] = await Promise.all([tab.waitForEvent('download'), first.locator('[data-evidence]').click()]);
  await file.saveAs(join(folder, 'evidence.json'));
  assert.match(airshed('verify-bundle', join(folder, 'evidence.json'), '--key', join(folder, 'key.pub')), /Proven: these \d+ records are in the log bth/);
  assert.deepEqual(tab.errors, []);
});

test('another airshed can have another map, or none', async () => {
  const log = join(folder, 'winter');
  const map = await fetch(`${looking.origin}/page/map.json`).then(it => it.json());
  writeFileSync(join(folder, 'map.json'), JSON.stringify({ ...map, shapes: map.shapes.slice(0, 2) }));
  for (const [named, areas] of [[join(folder, 'map.json'), 2], ['none', 0]]) {
    const other = await look(log, '--map', named);
    try {
      const tab = await new_tab(browser);
      await tab.goto(`${other.origin}/?lang=en`);
      await tab.locator('.records > li').first().waitFor();
      assert.deepEqual([await tab.locator('path.area').count(), await tab.locator('.map-card').count()], [areas, Math.sign(areas)]);
      await check_view(tab, named);
      assert.deepEqual(tab.errors, []);
    } finally {
      await other.stop();
    }
  }
});

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
for (const [words, path, options] of [
  ['desktop, English, light', '/?lang=en&jurisdiction=130400', {}],
  ['desktop, Chinese, dark', '/?lang=zh&jurisdiction=130400', { colorScheme: 'dark' }],
  ['phone, Chinese, light', '/?lang=zh&at=2025-12-04T12:15', PHONE],
  ['phone, English, dark', '/?lang=en&at=2025-12-04T12:15', { ...PHONE, colorScheme: 'dark' }],
]) {
  test(`the page can be read and used: ${words}`, async () => {
    const tab = await open(path, options);
    await tab.locator('.timeline button.entry').first().click();
    await tab.locator('.opened').waitFor();
    await until(async () => !/正在读取|Reading/.test(await tab.locator('main').textContent()), 'all is loaded');
    await check_view(tab, words);
    const is_zh = path.includes('lang=zh');
    assert.equal(await tab.locator('html').getAttribute('lang'), is_zh ? 'zh-CN' : 'en');
    assert.equal(/[一-鿿]/.test(await tab.locator('main').innerText()), is_zh);
    assert.deepEqual(tab.errors, []);
  });
}

test('the language changes at once and is remembered; so is the theme', async () => {
  const tab = await open('/');
  assert.equal(await tab.locator('html').getAttribute('lang'), 'en');
  await tab.locator('#lang').click();
  await until(async () => await tab.locator('#h-table').textContent().then(it => it.includes('各地')), 'Chinese');
  const paper = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await tab.getByRole('button', { name: '深浅色' }).click();
  await until(async () => await paper() !== light, 'dark');
  await tab.goto(looking.origin);
  await tab.locator('.records > li').first().waitFor();
  assert.equal(await tab.locator('html').getAttribute('lang'), 'zh-CN');
  assert.notEqual(await paper(), light);
});

test('the slider shows any time, and a link shows the same again', async () => {
  const tab = await open('/?lang=en');
  const time = tab.locator('#time');
  await time.fill(String(Date.parse('2025-12-04T09:00:00+08:00')));
  await tab.locator('.slider.past').waitFor();
  await tab.locator('[data-order="1-130500"]').waitFor();
  assert.match(await tab.locator('.when').textContent(), /2025-12-04 09:00/);
  // What was known then: the objection of 09:10 and the late answer of 11:45 were not.
  assert.equal(await tab.locator('.objection').count(), 0);
  assert.match(await tab.locator('[data-order="1-130400"] .answer').textContent(), /left/);
  await tab.locator('#jurisdictions').getByRole('button', { name: 'Xingtai' }).click();
  await tab.locator('.timeline button.entry').first().click();
  await tab.locator('.opened').waitFor();
  const text = it => until(async () => {
    const found = await it.locator('main').innerText();
    const hour = await it.locator('g.stations').getAttribute('data-hour');
    return /Reading/.test(found) || hour !== '2025-12-04T08:00:00+08:00' ? null : found;
  }, async () => `all is loaded: ${await it.locator('main').innerText()}`);
  const shown = await text(tab);
  const other = await open(tab.url().slice(looking.origin.length));
  assert.equal(await text(other), shown);
  await time.fill(String(Date.parse('2025-12-04T09:15:00+08:00')));
  await tab.locator('[data-order="1-130500"] .objection').waitFor();
  await tab.locator('#newest').click();
  await tab.locator('.slider:not(.past)').waitFor();
  assert.deepEqual([...tab.errors, ...other.errors], []);
});

test('the two views differ: what was known then, and what is known today', async () => {
  const tab = await open('/?lang=en&at=2025-12-04T08:15');
  assert.equal(await tab.locator('.board article.card').count(), 0);
  // The set of 08:00 was decided at 08:30: it had happened, and was not known yet.
  await tab.getByRole('radio', { name: 'Known today' }).check();
  await tab.locator('.board article.card').first().waitFor();
  assert.match(tab.url(), /lens=happened/);
  assert.deepEqual(tab.errors, []);
});

test('play goes through the episode until it is paused, by keyboard, too', async () => {
  const tab = await open('/?lang=en');
  const at = () => tab.locator('#time').inputValue().then(Number);
  await tab.locator('#play').click();
  await until(async () => await tab.locator('#play').getAttribute('aria-label') === 'Pause', 'it plays');
  const first = await at();
  await until(async () => await at() > first + 6 * 3_600_000, 'time goes on');
  await tab.locator('#play').click();
  await until(async () => await tab.locator('#play').getAttribute('aria-label') === 'Play', 'it rests');
  await until(() => /[?&]at=2025-12/.test(tab.url()), 'the address has the time');
  await tab.evaluate(() => document.activeElement.blur());
  await tab.keyboard.press('Space');
  await until(async () => await tab.locator('#play').getAttribute('aria-label') === 'Pause', 'it plays again');
  await tab.keyboard.press('Space');
  await tab.locator('path.area[data-code="130100"]').focus();
  await tab.keyboard.press('Enter');
  await tab.locator('.detail').waitFor();
  assert.match(tab.url(), /jurisdiction=130100/);
  assert.deepEqual(tab.errors, []);
});

test('the first view is small, and does not wait for the history', async () => {
  const tab = await new_tab(browser);
  let bytes = 0;
  const client = await tab.context().newCDPSession(tab);
  await client.send('Network.enable');
  client.on('Network.loadingFinished', it => { bytes += it.encodedDataLength; });
  let go_on;
  const held = new Promise(done => { go_on = done; });
  await tab.route('**/v1/history*', async route => { await held; await route.continue(); });
  await tab.goto(`${looking.origin}/?lang=en`);
  await tab.locator('#rows tr').first().waitFor();
  await tab.locator('path.area').first().waitFor();
  await tab.locator('g.stations[data-hour]').waitFor({ state: 'attached' });
  assert.ok(bytes > 10_000 && bytes < 200_000, `${bytes} bytes`);
  go_on();
  await tab.locator('.records > li').first().waitFor();
});

test('an address that is wrong or hostile shows the page and runs nothing', async () => {
  const hostile = encodeURIComponent('"><img src=x onerror=alert(1)>');
  const tab = await new_tab(browser);
  await tab.goto(`${looking.origin}/?lang=${hostile}&at=${hostile}&lens=${hostile}&jurisdiction=${hostile}&group=${hostile}&find=${hostile}&record=${hostile}`);
  await tab.locator('#rows tr').first().waitFor();
  await tab.getByText('No such records.').waitFor();
  assert.equal(await tab.locator('img').count(), 0);
  assert.deepEqual(tab.errors, []);
});
