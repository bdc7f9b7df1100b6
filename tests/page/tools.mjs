// What the tests of the page share: a real airshed, a real browser, and what every view must hold.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { AIRSHED_PROGRAM, AIRSHED_PAGE_TOOLS, AIRSHED_CHROMIUM } = process.env;
const tools = createRequire(join(AIRSHED_PAGE_TOOLS, 'package.json'));
const { chromium } = tools('playwright-core');
const axe = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');

export const HOUR_MS = 3_600_000;

// How long anything may take before a test fails.
export const SOON = { timeout: 20_000 };

export const new_folder = () => mkdtempSync(join(tmpdir(), 'airshed-page-'));
export const remove = folder => rmSync(folder, { recursive: true, force: true });

export function airshed(...options) {
  const done = spawnSync(AIRSHED_PROGRAM, options, { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

function free_port() {
  return new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

// A process that answers at an address; `stop` kills it without a chance to write anything more.
class Answering {
  static async start(options, origin) {
    const it = new Answering();
    it.process = spawn(AIRSHED_PROGRAM, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    it.said = '';
    it.ended = new Promise(done => it.process.on('exit', done));
    for (const stream of [it.process.stdout, it.process.stderr]) stream.on('data', text => { it.said += text; });
    for (;;) {
      assert.equal(it.process.exitCode, null, it.said);
      it.origin = origin ?? it.said.match(/http:\/\/[\d.]+:\d+/)?.[0];
      const is_ready = it.origin && await fetch(`${it.origin}/ready`).then(answer => answer.ok, () => false);
      if (is_ready) return it;
      await new Promise(done => setTimeout(done, 20));
    }
  }

  async stop() {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

// A log on disk, looked at.
export const look = (log, ...more) => Answering.start(['look', log, '--no-browser', ...more]);

// A server without a broker, with tokens, that can be killed and started again at its address.
export class Serving {
  // `is_open`: without tokens, every program of the machine may do all.
  static async start(folder, more = '', is_open = false) {
    const it = new Serving();
    Object.assign(it, { folder, more, is_open, origin: `http://127.0.0.1:${await free_port()}` });
    it.operator = await it.token('region', 'operator', 'operator');
    it.configure('clock = "sources"');
    await it.begin();
    it.airshed = await it.ask('/v1/airshed');
    return it;
  }

  configure(rules) {
    writeFileSync(join(this.folder, 'config.toml'), `[http]\nlisten = "${this.origin.slice(7)}"\nrequests_per_s = 10000\n`
      + `${this.is_open ? '' : `tokens = "${join(this.folder, 'tokens.toml')}"`}\n${this.more}\n[log]\nkeep = "segments"\nfolder = "${join(this.folder, 'log')}"\n[rules]\n${rules}\n`);
  }

  async begin() { this.answering = await Answering.start(['serve', '--config', join(this.folder, 'config.toml')], this.origin); }

  async stop() { await this.answering.stop(); }

  // A new token; a running server sees it within a second.
  async token(body, role, name) {
    const made = airshed('token', 'new', '--json', '--file', join(this.folder, 'tokens.toml'), '--expires', '2999-01-01',
      '--body', body, '--role', role, '--name', name);
    const { token } = JSON.parse(made);
    const is_known = () => fetch(`${this.origin}/v1/caller`, { headers: { authorization: `Bearer ${token}` } }).then(it => it.ok);
    if (this.answering) await until(is_known, 'the token is known');
    return token;
  }

  revoke(name) { airshed('token', 'revoke', name, '--file', join(this.folder, 'tokens.toml')); }

  async ask(path, body, token = this.operator) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(this.origin + path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
    const found = await answer.json();
    assert.ok(answer.ok, JSON.stringify(found));
    return found;
  }

  // Readings of all stations for hours of the episode, from one to before another. Its first hour is
  // that of a Beijing clock, here as if it were of UTC.
  async give(from, to, value_ug_m3 = 350, first = Date.UTC(2025, 11, 4)) {
    const hours = [];
    for (let it = from; it < to; it += 1) {
      const hour = `${new Date(first + it * HOUR_MS).toISOString().slice(0, 19)}+08:00`;
      const live = this.airshed.stations.filter(one => !one.stop || one.stop > hour.slice(0, 10));
      const readings = live.map(one => ({ station: one.station, pollutant: 'PM25', value_tenths_ug_m3: value_ug_m3 * 10 }));
      hours.push({ hour, readings });
    }
    return this.ask('/v1/readings', { hours });
  }

  async records(type) {
    const found = [];
    for (let from = 0; from !== null;) {
      const part = await this.ask(`/v1/history?after=${from}`);
      found.push(...part.records);
      from = part.next;
    }
    return found.filter(it => !type || it.type === type);
  }
}

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const start_browser = () => chromium.launch({ executablePath: AIRSHED_CHROMIUM, args: FLAGS });

const contexts = [];

// A page that is not needed any more would go on to draw.
export const close_tabs = () => Promise.all(contexts.splice(0).map(it => it.close()));

// A tab of its own; `errors` has what the console complained about. The zone is not that of Beijing.
export async function new_tab(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'America/New_York', colorScheme: 'light', reducedMotion: 'reduce', viewport: { width: 1600, height: 1000 }, ...options });
  contexts.push(context);
  const tab = await context.newPage();
  tab.setDefaultTimeout(SOON.timeout);
  tab.errors = [];
  tab.on('console', it => { if (it.type() === 'error') tab.errors.push(it.text()); });
  tab.on('pageerror', error => tab.errors.push(String(error)));
  tab.on('dialog', it => { tab.errors.push(`a dialog: ${it.message()}`); it.dismiss(); });
  return tab;
}

export async function until(condition, words) {
  for (const end = Date.now() + SOON.timeout; ;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, `not within ${SOON.timeout} ms: ${typeof words === 'function' ? await words() : words}`);
    await new Promise(done => setTimeout(done, 20));
  }
}

// What every view must hold: no sideways scroll, nothing that sticks out of its card, and nothing
// that axe-core objects to.
export async function check_view(tab, words) {
  const [wide, width] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= width, `${words}: ${wide} px in a window of ${width}`);
  const outside = await tab.evaluate(() => [...document.querySelectorAll('main *, dialog *')]
    .filter(it => !it.closest('.scroll, svg, select, .hidden') && it.getClientRects().length)
    .filter(it => {
      const { right } = it.getBoundingClientRect();
      const card = it.parentElement.closest('.card, section, dialog')?.getBoundingClientRect();
      return right > innerWidth + 1 || (card && right > card.right + 1);
    })
    .map(it => `${it.className} ${it.textContent.slice(0, 40)}`));
  assert.deepEqual(outside, [], words);
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => globalThis.axe.run());
  const said = violations.map(it => `${it.id}: ${it.help}\n${it.nodes.slice(0, 3).map(one => `  ${one.html}\n  ${one.failureSummary}`).join('\n')}`);
  assert.equal(said.join('\n'), '', words);
}

// The positions that the timeline shows, over all its groups.
export async function positions(tab) {
  const found = [];
  const groups = tab.locator('.timeline select');
  for (const group of await groups.locator('option').evaluateAll(all => all.map(it => it.value).slice(1))) {
    await groups.selectOption(group);
    await until(() => tab.url().includes(`group=${group}`), group);
    const show_more = () => {
      const button = document.querySelector('.timeline button.wide');
      button?.click();
      return button === null;
    };
    await until(() => tab.evaluate(show_more), `all of ${group} is shown`);
    found.push(...await tab.locator('.timeline .records > li').evaluateAll(all => all.map(it => Number(it.dataset.position))));
  }
  await groups.selectOption('all');
  return found.sort((a, b) => a - b);
}
