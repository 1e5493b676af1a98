// kills.js - `make soak-keep`: node tests/browser/kills.js [KILLS] [SEED]: a run on the page is killed at random moments, again and again: its renderer, the
// worker that trains, the worker that stores, and all of them with a file half written. Each time it has to go on from what was stored last, or later, and
// in the end to be the run that nobody killed, by its digest. Closes with "N passed, N failed".
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { load } from '../../wasm/src/folio.js';
import { openWriter } from '../../wasm/src/run.js';
import { launchChromium } from './engines.js';
import { serve } from './server.js';

/** @typedef {import('playwright-core').Page} Page @typedef {import('playwright-core').BrowserContext} BrowserContext */

export const KINDS = /** @type {const} */ (['renderer', 'training worker', 'storing worker', 'half a write']);
/** A run of so many steps. */
const linkOf = (/** @type {number} */ steps) => `#preset=tiny&max_iters=${steps}&eval_interval=300&tokens=20`;

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). @param {number} seed */
export function dice(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** In the page: its workers can be found, and a checkpoint is taken whenever the one before is stored. */
function eager() {
  const made = (/** @type {any} */ (globalThis).workers = /** @type {Worker[]} */ ([]));
  globalThis.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      made.push(this);
    }
  };
  Object.defineProperty(document, 'hidden', { get: () => true });
  setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 60);
}

/** In the worker that stores: its next writing of a run ends at that share of it, and it works no more. @param {number} share */
function cut(share) {
  const handles = /** @type {any} */ (globalThis).FileSystemSyncAccessHandle.prototype;
  const { write } = handles;
  handles.write = function (/** @type {Uint8Array} */ bytes, /** @type {{at: number}} */ options) {
    if (bytes.length < 1e4) return write.call(this, bytes, options);
    write.call(this, bytes.subarray(0, Math.floor(share * bytes.length)), options);
    this.flush();
    postMessage('cut');
    for (;;);
  };
}

/** @param {BrowserContext} context @param {string} url of the run */
async function open(context, url) {
  const page = await context.newPage();
  await page.addInitScript(eager);
  await page.goto(url);
  await page.waitForSelector('body[data-ready]');
  return page;
}

/** The step that was stored last, as the page has been told; 0: none. @param {Page} page */
const stored = async (page) => Number((await page.textContent('#kept-words'))?.match(/step ([\d,]+)/)?.[1].replace(',', '') ?? 0);

/** The digest of the run that is there. @param {Page} page @param {import('../../wasm/src/folio.js').Folio} folio */
async function digest(page, folio) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.evaluate(() => document.getElementById('download')?.click())]);
  const writer = openWriter(folio, new Uint8Array(await readFile(await download.path())));
  try {
    return await writer.digest();
  } finally {
    writer.close();
  }
}

/** @param {Page} page */
const done = (page) => page.waitForSelector('body[data-status=done]', { timeout: 60_000 });

/** @param {Page} page @param {string} path in its address */
function worker(page, path) {
  const found = page.workers().find((one) => one.url().includes(path));
  if (!found) throw new Error(`the page has no worker ${path}`);
  return found;
}

/** @param {Page} page @param {typeof KINDS[number]} kind @param {number} share of the file, where it is cut off */
async function kill(page, kind, share) {
  if (kind === 'training worker') return worker(page, '/folio/').evaluate(() => self.close());
  if (kind === 'storing worker') return worker(page, '/storage-').evaluate(() => self.close());
  if (kind === 'half a write') {
    const over = page.evaluate(() => new Promise((resolve) => {
      for (const one of /** @type {any} */ (globalThis).workers) one.addEventListener('message', (/** @type {MessageEvent} */ { data }) => data === 'cut' && resolve(true));
      setTimeout(() => resolve(document.body.dataset.status === 'done'), 5000); // that writes no more
    }));
    await worker(page, '/storage-').evaluate(cut, share);
    if (!(await over)) throw new Error('no writing was cut off');
  }
  const session = await page.context().newCDPSession(page);
  await Promise.race([session.send('Page.crash').catch(() => {}), page.waitForEvent('crash')]);
  await page.close();
}

/** Until something newer is stored, or the run is done. @param {Page} page @param {number} step */
const storedAfter = (page, step) => page.waitForFunction((least) => {
  const now = Number(document.getElementById('kept-words')?.textContent?.match(/step ([\d,]+)/)?.[1].replace(',', ''));
  return now > least || document.body.dataset.status === 'done';
}, step, { timeout: 10_000 });

/**
 * Kills a run as often as asked, starting a new one whenever one ends.
 * @param {import('playwright-core').Browser} browser
 * @param {string} site its address
 * @param {{kinds: (typeof KINDS[number])[], random: () => number, steps?: number, tell?: (line: string) => void}} options
 * @returns {Promise<string[]>} what went wrong, a line each
 */
export async function killAgain(browser, site, { kinds, random, steps = 900, tell = () => {} }) {
  const url = site + linkOf(steps);
  const folio = await load();
  const faults = [];
  let context = await browser.newContext();
  let page = await open(context, url);
  await page.click('#start');
  await done(page);
  const expected = await digest(page, folio);
  await context.close();

  const left = [...kinds];
  while (left.length) {
    context = await browser.newContext();
    page = await open(context, url);
    await page.click('#start');
    for (;;) {
      await page.waitForFunction(() => document.body.dataset.status === 'done' || !document.getElementById('kept-words')?.hidden);
      await page.waitForTimeout(random() * steps); // about as many milliseconds
      if (!left.length || (await page.getAttribute('body', 'data-status')) === 'done') break;
      const kind = /** @type {typeof KINDS[number]} */ (left.shift());
      const least = await stored(page);
      await kill(page, kind, random());
      if (kind.endsWith('worker')) {
        tell(`${kind}: at step ${least} or later`);
        await storedAfter(page, least).catch(() => faults.push(`${kind}: nothing is stored after step ${least}`));
        const told = await page.locator('#notices .notice').filter({ hasText: 'keep nothing' }).count();
        if (told) faults.push(`${kind}: it is told that nothing can be kept`);
        continue;
      }
      page = await open(context, url);
      const offer = page.locator('#notices .notice').filter({ hasText: 'A run is kept' });
      const words = `${await offer.textContent({ timeout: 10_000 }).catch(() => 'nothing was offered')}`;
      const offered = Number(words.match(/(?:step|all of its) ([\d,]+)/)?.[1].replace(',', ''));
      tell(`${kind}: stored ${least}, offered ${offered}`);
      if (!(offered >= least)) {
        faults.push(`${kind}: step ${least} was stored, then: ${words}`);
        break;
      }
      await offer.getByRole('button').first().click();
    }
    await done(page).catch((error) => faults.push(String(error)));
    const reached = await digest(page, folio);
    if (reached !== expected) faults.push(`the digest is ${reached} in place of ${expected}`);
    await context.close();
  }
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kills = 100, seed = Date.now() % 1e6] = process.argv.slice(2).map(Number);
  console.log(`${kills} kills, seed ${seed}`);
  const server = await serve(fileURLToPath(new URL('../../build/site', import.meta.url)));
  const browser = await launchChromium();
  const random = dice(seed);
  const kinds = Array.from({ length: kills }, () => KINDS[Math.floor(random() * KINDS.length)]);
  const faults = await killAgain(browser, server.url, { kinds, random, tell: console.log });
  for (const fault of faults) console.log(`not ok: ${fault}`);
  console.log(`${kills - faults.length} passed, ${faults.length} failed`);
  process.exitCode = faults.length ? 1 : 0;
  await browser.close();
  await server.close();
}
