// The page for every hand, eye and connection: single keys, right-to-left text, zoom, less motion, few announcements, slow and wrong answers of a host.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { TINY, assertNoFaults, audit, figure, inState, openAll, pasted, ready, setUp, steps, untilNotice, untilPoints } from './page.js';
import { ISOLATED } from './server.js';

const site = setUp();
const isolated = setUp({ headers: ISOLATED });
const HEBREW = 'בראשית ברא אלהים את השמים ואת הארץ.\nויאמר אלהים יהי אור ויהי אור.\n';

/** Until single keys work. @param {import('./page.js').Page} page */
const untilKeys = (page) => page.waitForSelector('#shortcuts:not([disabled])');

test('single keys do what their sheet says, and nothing while somebody types', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000`);
  await ready(page);
  await untilKeys(page);
  const press = (/** @type {string} */ key) => page.keyboard.press(key);
  await press('n');
  await inState(page, 'paused');
  await press('Space');
  await inState(page, 'training');
  await press('s');
  await inState(page, 'paused');
  await press('t');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await press('Control+t');
  await press('Alt+t');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark', 'with another key it is not ours');
  await press('/');
  await page.keyboard.type('start / now?');
  assert.equal(await page.inputValue('#prompt'), 'start / now?');
  assert.equal(await page.getAttribute('body', 'data-status'), 'paused');
  await page.fill('#prompt', 'the');
  await press('Enter');
  assert.equal(await page.inputValue('#prompt'), 'the\n', 'a line more');
  await press('Control+Enter');
  await page.locator('#sample-caption').filter({ hasText: 'as you asked' }).waitFor();
  assert.equal(await page.inputValue('#prompt'), 'the\n');
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await press('r');
  await inState(page, 'idle');

  await press('?');
  await page.waitForSelector('dialog.sheet[open]');
  const sheet = await page.locator('.keys dt').allTextContents();
  assert.deepEqual(sheet, ['s or Space', 'n', 'r', 'w', '/', 'Ctrl+Enter', 'l', '+ or - or 0', 't', '?']);
  await press('t');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark', 'the sheet is in front');
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await audit(page), [], `${width} px`);
  }
  await page.uncheck('#shortcuts-on');
  await press('Escape');
  await page.waitForSelector('dialog.sheet', { state: 'hidden' });
  await press('n');
  await page.reload();
  await ready(page);
  await untilKeys(page);
  await press('n');
  await page.click('#shortcuts');
  assert.equal(await page.isChecked('#shortcuts-on'), false, 'the choice is kept');
  assert.equal(await page.getAttribute('body', 'data-status'), 'idle', 'switched off, keys do nothing');
  assertNoFaults(page);
});

test('right-to-left text is written from the right, in tokens, windows, prompt and samples', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=25&batching=epoch&stride=16&block_size=16&tokens=40`);
  await ready(page);
  await pasted(page, HEBREW.repeat(40));
  await page.waitForSelector('#windows .begins');
  await page.fill('#prompt', 'אור');
  await page.click('#start');
  await inState(page, 'done');
  for (const id of ['tokens', 'prompt', 'sample']) {
    assert.equal(await page.evaluate((name) => getComputedStyle(/** @type {Element} */ (document.getElementById(name))).direction, id), 'rtl', id);
  }
  const places = await page.evaluate(() => {
    const place = (/** @type {Element | null} */ element) => {
      const { left, right } = /** @type {Element} */ (element).getBoundingClientRect();
      return { left, right };
    };
    const [first, second] = document.querySelectorAll('#tokens > span');
    return { first: place(first), second: place(second), window: place(document.querySelector('#windows .begins')) };
  });
  assert.ok(places.second.right <= places.first.left + 0.5, 'the second token is left of the first');
  assert.ok(Math.abs(places.window.right - places.first.right) < 2, 'the first window begins above the first token');
  assert.ok(places.window.right - places.window.left > 50, 'and covers its tokens');
  await page.focus('#tokens > span');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('#tokens > span')].indexOf(/** @type {Element} */ (document.activeElement))), 1);
  assertNoFaults(page);
});

test('at 200% nothing is wider than the screen, and no words are cut', async (t) => {
  const page = await site.open(t, TINY, { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 });
  await ready(page);
  await untilKeys(page);
  await openAll(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 720);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('label, button, dt, dd, p, h2, th, td, select')]
      .filter((element) => !element.matches('.unseen, .unseen *, .file') && element.clientWidth && element.scrollWidth > element.clientWidth + 1)
      .map((element) => element.textContent));
  assert.deepEqual(cut, []);
  await page.keyboard.press('?');
  await page.waitForSelector('dialog.sheet[open]');
  const { top, bottom } = await page.evaluate(() => /** @type {Element} */ (document.querySelector('dialog.sheet')).getBoundingClientRect());
  assert.ok(top >= 0 && bottom <= 450, `the sheet stands from ${top} to ${bottom}`);
});

test('with less motion wanted nothing moves', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=60`, { reducedMotion: 'reduce' });
  await untilPointsAfterStart(page);
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    return /[1-9]/.test(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth';
  }).map(({ tagName, id }) => `${tagName} ${id}`));
  assert.deepEqual(moving, []);
});

/** @param {import('./page.js').Page} page */
async function untilPointsAfterStart(page) {
  await page.click('#start');
  await untilPoints(page, 3);
}

test('a run that evaluates all the time is told to a screen reader once in five seconds', async (t) => {
  // The page's clock runs ten times as fast: half a second passes for five. What is told is told at the time that the page has looked at last.
  const hurry = () => {
    const real = performance.now.bind(performance);
    let now = 0;
    performance.now = () => (now = 10 * real());
    const said = (/** @type {any} */ (globalThis).said = /** @type {{at: number, words: string}[]} */ ([]));
    const { get, set } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Node.prototype, 'textContent'));
    document.addEventListener('DOMContentLoaded', () => Object.defineProperty(document.getElementById('announce'), 'textContent', {
      get,
      set(words) {
        if (/^Step \d/.test(words)) said.push({ at: now, words });
        set?.call(this, words);
      },
    }));
  };
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=5&tokens=1`, { before: (made) => made.addInitScript(hurry) });
  await page.click('#start');
  await page.waitForFunction(() => /** @type {any} */ (globalThis).said.length >= 4);
  const told = await page.evaluate(() => /** @type {{at: number, words: string}[]} */ (/** @type {any} */ (globalThis).said));
  for (const [i, { at, words }] of told.entries()) if (i) assert.ok(at - told[i - 1].at >= 5000, `${words} after ${at - told[i - 1].at} ms`);
});

/** A switch for what a host sends late. @param {import('./page.js').Page} page @param {string} path @returns {Promise<() => void>} lets it go */
async function delay(page, path) {
  /** @type {() => void} */
  let go = () => {};
  const gate = new Promise((resolve) => (go = () => resolve(undefined)));
  await page.route(path, async (route) => {
    await gate;
    await route.continue().catch(() => {});
  });
  return go;
}

test('slow: the page says what it waits for, and works with what is there', async (t) => {
  /** @type {(() => void)[]} */
  let gates = [];
  const slow = async (/** @type {any} */ page) => {
    gates = [await delay(page, '**/*.wasm'), await delay(page, '**/data/text.txt')];
  };
  const page = await site.open(t, TINY, { before: slow });
  const says = (/** @type {string} */ words) => page.waitForFunction((wanted) => document.getElementById('status')?.textContent === wanted, words);
  await says('Waiting for the engine and the text…');
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  const [engine, text] = gates;
  engine();
  await says('Waiting for the text…');
  await page.waitForFunction(() => /\d/.test(document.getElementById('model-parameters')?.textContent ?? ''));
  await page.click('#start');
  await page.click('#start');
  assert.equal(await page.getAttribute('body', 'data-status'), 'idle');
  text();
  await untilPoints(page, 5);
  await ready(page);
  assertNoFaults(page);
});

/** The site, whose text stops after so many bytes until the gate opens. @param {number} bytes @param {Promise<unknown>} gate */
async function dripping(bytes, gate) {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, site.url);
    const got = await fetch(new URL(pathname, site.url));
    const body = new Uint8Array(await got.arrayBuffer());
    response.writeHead(got.status, { 'Content-Type': got.headers.get('content-type') ?? '' });
    if (pathname !== '/data/text.txt') return void response.end(body);
    response.write(body.subarray(0, bytes));
    await gate;
    response.end(body.subarray(bytes));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

test('training begins before all of the text is there, and ends with the same weights', { timeout: 60_000 }, async (t) => {
  let open = () => {};
  const gate = new Promise((resolve) => (open = () => resolve(undefined)));
  const host = await dripping(280_000, gate); // the first nine tenths, 270,000, are learnt from
  t.after(host.close);
  const link = `${TINY}&max_iters=60&seed=5`;
  const page = await site.open(t, link, { serviceWorkers: 'block' });
  await page.goto(host.url + link);
  await page.click('#start');
  await untilPoints(page, 30);
  assert.equal(await page.textContent('#text-name'), 'Loading…', 'the text is not there');
  assert.equal(await page.evaluate(() => document.body.dataset.ready), undefined);
  await page.click('#start');
  await inState(page, 'paused');
  await page.click('#start');
  await inState(page, 'training');
  await page.waitForTimeout(500);
  assert.equal(await page.getAttribute('body', 'data-status'), 'training', 'its end, which is judged, waits');
  assert.ok((await steps(page)) <= 50);
  open();
  await inState(page, 'done');
  const before = await figure(page, 'val-loss');
  await page.waitForFunction(() => document.getElementById('kept-words')?.textContent?.endsWith('step 60.'));
  await page.goto(site.url + link);
  await page.click('#start');
  await inState(page, 'done');
  assert.equal(await figure(page, 'val-loss'), before);
  assert.deepEqual(page.faults.filter((fault) => !fault.startsWith(`request: ${host.url}`)), []);
});

test('without its text the page trains on another', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=20`, {
    before: (made) => made.route('**/data/text.txt', (route) => route.fulfill({ status: 404, body: 'not here' })),
  });
  assert.match(`${await untilNotice(page, /404/)}`, /text did not arrive/);
  await pasted(page, 'what you write here is learned. '.repeat(100));
  await page.click('#start');
  await inState(page, 'done');
  assert.ok((await figure(page, 'val-loss')) > 0);
});

test('a module of another type than a host should say trains; a worker that is none is told', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=10`, {
    before: (made) => made.route('**/*.wasm', async (route) => route.fulfill({ response: await route.fetch(), contentType: 'text/plain' })),
  });
  await page.click('#start');
  await inState(page, 'done');
  assertNoFaults(page);
  const other = await site.open(t, TINY, {
    before: (made) => made.route('**/worker.js', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>not here</h1>' })),
  });
  assert.match(`${await untilNotice(other, /worker/)}`, /script could not be loaded from .*worker\.js/);
  assert.match(`${await other.textContent('#status')}`, /cannot train/);
});

test('isolated but without shared memory one thread works, and the page says why', async (t) => {
  const page = await isolated.open(t, `${TINY}&max_iters=10`, {
    before: (made) => made.route('**/worker.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `delete globalThis.SharedArrayBuffer;${await response.text()}` });
    }),
  });
  await page.waitForFunction(() => document.getElementById('engine')?.textContent?.includes('One thread: memory cannot be shared here'));
  assert.match(`${await page.textContent('#engine')}`, /Engine: (simd128|dot), one thread/);
  await page.click('#start');
  await inState(page, 'done');
  assertNoFaults(page);
});
