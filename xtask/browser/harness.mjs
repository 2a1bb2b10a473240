// What every test of the whole program starts from: the program on a free port with a small made-up province, and
// where a page is looked at Debian's Chromium with one-click log-ins. Run by `cargo xtask test`, which sets KEBEN_BIN,
// CHROMIUM and KEBEN_TEST_PG.
//
//     const kb = await start();
//     const { page } = await kb.loginAs('carer', '03445');
//     await assertAccessible(page);
//     await kb.stop();
//
// Nothing here sleeps: it waits for what it needs, and says what it waited for.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axeCore from 'axe-core';
import { chromium } from 'playwright-core';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const SCREENSHOTS = path.join(ROOT, 'target/screenshots');

/** The narrowest screen that pages are made for. */
const NARROW = { width: 320, height: 640 };
/** What stands on a page in the place of words that nobody wrote. */
const MISSING_WORDS = /\b(?:alarm|checkin|ending|fault|link|own|protocol|refusal|release|round|settled|slot|task|thread|threads)-[a-z_]+\b/g;
/** How long the end of a context is waited for. */
const CLOSE_MS_MAX = 10_000;
const START_MS_MAX = 240_000;
const STOP_MS_MAX = 10_000;
/** How much of the program's own words a failure shows. */
const OUTPUT_CHARS_SHOWN = 4_000;

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
];

/** The two screens that every page is looked at on: a carer's phone, a desk. */
export const SCREENS = { phone: { width: 360, height: 740 }, desk: { width: 1440, height: 900 } };
/** More than the bar at the foot of a phone takes, in CSS pixels. */
const BAR_HEIGHT = 120;
export const LANGUAGES = ['vi', 'en'];
const SCHEMES = ['light', 'dark'];
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

function needed(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run through cargo xtask test`);
  return value;
}

/**
 * Starts the demo without a browser: its address, its interface, its commands. `stop` ends it, `kill` does so at once,
 * `remove` cleans up; the store in the `folder` of one that ended is gone on with.
 */
export async function startProgram({ people = 300, seed = 1, args = [], db = null, folder = null } = {}) {
  const program = needed('KEBEN_BIN');
  folder ??= await mkdtemp(path.join(tmpdir(), 'keben-browser-'));
  const places = ['--data', path.join(folder, 'data'), '--heads', path.join(folder, 'heads')];
  if (db) places.push('--db', db);
  const command = ['demo', '--people', String(people), '--seed', String(seed), '--listen', '127.0.0.1:0'];
  const server = spawn(program, [...command, ...places, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => end(server);
  const kill = () => end(server, 'SIGKILL');
  const remove = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const base = await address(server);
    return {
      base,
      folder,
      server,
      stop,
      kill,
      remove,
      logins: () => logins(base),
      /** The demo's tokens by role and area: `tokens['carer 03445']`. */
      tokens: async () => Object.fromEntries((await logins(base)).items.map((row) => [`${row.role} ${row.area_code}`, row.token])),
      /** One call of the interface: `[status, body]`. */
      call: (method, at, token, body, headers) => call(base, method, at, token, body, headers),
      /** Runs another command on the same store: `{code, out}`. */
      command: (...words) => runCommand(program, [...words, ...places]),
    };
  } catch (fault) {
    await remove();
    throw fault;
  }
}

async function call(base, method, at, token, body, headers = {}) {
  const answer = await fetch(`${base}/api/v1${at}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return [answer.status, text ? JSON.parse(text) : null];
}

/** Runs a command of the program in a place of its own: `{code, out}`. */
export const command = (...words) => runCommand(needed('KEBEN_BIN'), words);

function runCommand(program, words) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });
}

/** Starts the demo and a browser; `stop` ends both and removes what they wrote. */
export async function start(options = {}) {
  const executablePath = needed('CHROMIUM');
  const program = await startProgram(options);
  let browser;
  const stop = async () => {
    await browser?.close();
    await program.remove();
  };
  try {
    const { base } = program;
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    return {
      ...program,
      browser,
      stop,
      /** A page of nobody: not signed in, on a phone unless a screen is named. */
      newPage: (screen = SCREENS.phone, options = {}) => newPage(browser, base, screen, options),
      /** A page of whoever has this role in this area. */
      loginAs: (role, areaCode, screen = SCREENS.phone, options = {}) =>
        loginAs(browser, base, role, areaCode, screen, options),
    };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** The address the program prints once it is ready. */
function address(server) {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why) => reject(new Error(`${why}; the program said:\n${said.slice(-OUTPUT_CHARS_SHOWN)}`));
    const timer = setTimeout(() => fail(`no address after ${START_MS_MAX} ms`), START_MS_MAX);
    const listen = (chunk) => {
      said += chunk;
      const found = said.match(/listening on (http:\/\/\S+)/);
      if (found) {
        clearTimeout(timer);
        resolve(found[1].replace(/\/$/, ''));
      }
    };
    server.stdout.setEncoding('utf8').on('data', listen);
    server.stderr.setEncoding('utf8').on('data', listen);
    server.on('error', (fault) => fail(`the program did not start: ${fault.message}`));
    server.on('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`the program ended (${signal ?? code})`);
    });
  });
}

/** Asks the program to end; kills it if it does not. */
function end(server, signal = 'SIGTERM') {
  if (server.exitCode !== null || server.signalCode !== null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS_MAX);
    server.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    server.kill(signal);
  });
}

async function newPage(browser, base, screen, options) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: screen,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    ...options,
  });
  const close = context.close.bind(context);
  // Chromium sometimes never says that a context is gone; all go with the browser.
  context.close = () => within(CLOSE_MS_MAX, close());
  return { context, page: await context.newPage() };
}

/** Waits for what may never come, at most so long; a failure that comes in time is passed on. */
async function within(milliseconds, work) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function logins(base) {
  const answer = await fetch(`${base}/api/v1/demo/logins`);
  assert.equal(answer.status, 200, 'GET /api/v1/demo/logins');
  return answer.json();
}

async function loginAs(browser, base, role, areaCode, screen, options) {
  const { items } = await logins(base);
  const row = items.find((item) => item.role === role && item.area_code === areaCode);
  assert.ok(row, `the demo has no ${role} in ${areaCode}`);
  const { context, page } = await newPage(browser, base, screen, options);
  // The context keeps the cookie that the answer sets.
  const answer = await context.request.post(`${base}/demo/enter`, {
    form: { login: row.login },
    headers: { origin: base },
    maxRedirects: 0,
  });
  assert.ok(answer.status() < 400, `POST /demo/enter as ${row.login}: ${answer.status()}`);
  return { context, page, login: row };
}

/** What axe finds wrong with the page as it stands, one line each. */
export async function axe(page) {
  // Handed over by the debugging protocol: the page's own policy allows no inline script, and need not.
  await page.evaluate(axeCore.source);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), AXE_TAGS);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.html}`));
}

/** Looks at the whole page at once: what lies under the bar at the foot of a phone would scroll clear of it. */
export async function assertAccessible(page) {
  const screen = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: screen.width, height: Math.max(screen.height, height + BAR_HEIGHT) });
  assert.deepEqual(await axe(page), [], `${page.url()} has faults that axe can see`);
  await page.setViewportSize(screen);
}

/** Shows the page in another language, where it stands. */
export async function inLanguage(page, language) {
  const { pathname, search } = new URL(page.url());
  const back = encodeURIComponent(pathname + search);
  await page.goto(`/lang?to=${language}&back=${back}`);
  assert.equal(await page.getAttribute('html', 'lang'), language, `${pathname} is not in ${language}`);
}

/**
 * Saves the page on both screens, light and dark, in both languages, for a person to look at. No pixel is compared:
 * fonts differ between machines. The page is left in the first language, light, on a phone.
 */
export async function shots(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const language of [...LANGUAGES].reverse()) {
    await inLanguage(page, language);
    for (const colorScheme of [...SCHEMES].reverse()) {
      await page.emulateMedia({ colorScheme });
      for (const [screen, size] of Object.entries(SCREENS).reverse()) {
        await page.setViewportSize(size);
        const file = `${name}-${size.width}x${size.height}-${colorScheme}-${language}.png`;
        await page.screenshot({ path: path.join(SCREENSHOTS, file), animations: 'disabled' });
        await assertFits(page, `${name} on a ${screen}, ${language}`);
      }
    }
  }
}

/**
 * The page at an address answers, axe finds no fault, nothing scrolls sideways and no word is missing: each screen, scheme
 * and language once; all of them together are for people to look at, under this name. `open` unfolds what is meant.
 */
export async function assertGood(page, at, name, open = async () => {}) {
  for (const [screen, colorScheme, language] of [['phone', 'light', 'vi'], ['desk', 'dark', 'en']]) {
    await page.setViewportSize(SCREENS[screen]);
    await page.emulateMedia({ colorScheme });
    assert.equal((await page.goto(at)).status(), 200, at);
    await inLanguage(page, language);
    await open();
    await assertAccessible(page);
    await assertFits(page, `${at}, ${language}`);
    const words = await page.evaluate(() => document.body.innerText);
    assert.deepEqual(words.match(MISSING_WORDS) ?? [], [], `words missing on ${at}`);
  }
  await page.setViewportSize(NARROW);
  await assertFits(page, `${at} at ${NARROW.width} px`);
  if (process.env.KEBEN_SHOTS) await shots(page, name + at.replace(/[0-9a-f-]{32,}/g, 'one').replace(/[^a-z0-9]+/gi, '-'));
}

/** Nothing may make the whole page scroll sideways. */
export async function assertFits(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${what} is ${wide} px too wide`);
}
