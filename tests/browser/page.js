// page.js - what the tests of the page share: the site and Chromium, started once a file, and a page that keeps account of what it should not do.
// The environment variable FOLIO_SITE names another folder than build/site.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchChromium } from './engines.js';
import { serve } from './server.js';

export const SITE = process.env.FOLIO_SITE ?? fileURLToPath(new URL('../../build/site', import.meta.url));

/** A model that trains in a second or two, on the page as in a link. */
export const TINY = '#preset=tiny';

/** @typedef {import('playwright-core').Page} AnyPage */
/** @typedef {AnyPage & {faults: string[]}} Page faults: CSP violations, errors, requests elsewhere */

/** Starts the site and Chromium before a file's tests, and ends them after. @param {{headers?: Record<string, string>}} [options] what the host sends */
export function setUp({ headers } = {}) {
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let server;
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => {
    [server, browser] = await Promise.all([serve(SITE, { headers }), launchChromium()]);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    get browser() {
      return browser;
    },
    get url() {
      return server.url;
    },

    /**
     * A page in a context of its own, as cold as a first visit.
     * @param {import('node:test').TestContext} t closes it
     * @param {string} [hash] the link
     * @param {import('playwright-core').BrowserContextOptions & {offline?: boolean, before?: (page: import('playwright-core').Page) => unknown}} [options]
     *   offline: with the service worker, which else nothing installs; before: the page is opened
     * @returns {Promise<Page>}
     */
    async open(t, hash = '', { offline = false, before: prepare, ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', ...options });
      t.after(() => context.close());
      const page = /** @type {Page} */ (await context.newPage());
      page.faults = [];
      page.on('pageerror', (error) => page.faults.push(`error: ${error.message}`));
      page.on('console', (message) => message.type() === 'error' && page.faults.push(`console: ${message.text()}`));
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) page.faults.push(`request: ${request.url()}`);
      });
      await page.exposeFunction('reportViolation', (/** @type {string} */ what) => page.faults.push(`CSP: ${what}`));
      await page.addInitScript(() => {
        const tell = /** @type {any} */ (globalThis).reportViolation;
        document.addEventListener('securitypolicyviolation', (event) => tell(`${event.violatedDirective} ${event.blockedURI}`));
      });
      if (!offline) await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined }));
      await prepare?.(page);
      await page.goto(server.url + hash);
      return page;
    },
  };
}

/** The page with its text and engine in place. @param {AnyPage} page */
export const ready = (page) => page.waitForSelector('body[data-ready]');

/** Until the run is in that state. @param {AnyPage} page @param {string} status */
export const inState = (page, status) => page.waitForSelector(`body[data-status=${status}]`);

/** Steps on the chart. @param {AnyPage} page */
export const points = (page) => page.evaluate(() => Number(document.getElementById('chart')?.dataset.points ?? 0));

/** Until so many steps are on the chart. @param {AnyPage} page @param {number} least */
export const untilPoints = (page, least) =>
  page.waitForFunction((n) => Number(document.getElementById('chart')?.dataset.points ?? 0) >= n, least);

/** In the page: presses Start once more steps than that are done. From outside, the click could come after the end. @param {number} least */
export const pressAfter = (least) => new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
  const bar = /** @type {HTMLElement} */ (document.getElementById('progress'));
  const look = () => {
    if (Number(bar.getAttribute('aria-valuenow')) <= least) return;
    observer.disconnect();
    document.getElementById('start')?.click();
    resolve();
  };
  const observer = new MutationObserver(look);
  observer.observe(bar, { attributes: true });
  look();
});

/** A figure of the page. @param {AnyPage} page @param {string} id */
export const figure = async (page, id) => Number(await page.textContent(`#${id}`));

/** Steps done, as the progress bar says. @param {AnyPage} page */
export const steps = async (page) => Number(await page.getAttribute('#progress', 'aria-valuenow'));

/** The words of the notices, the newest first. @param {AnyPage} page */
export const notices = (page) => page.locator('#notices .notice p').allTextContents();

/** Until a notice says so; its words. @param {AnyPage} page @param {RegExp} words */
export async function untilNotice(page, words) {
  const found = page.locator('#notices .notice p').filter({ hasText: words }).first();
  await found.waitFor();
  return found.textContent();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules of axe-core that depend on colours. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * What axe-core finds, in the page or a part of it, in a line each.
 * @param {Page} page @param {string} [root] @param {string[]} [runOnly] rules, in place of all
 * @returns {Promise<string[]>}
 */
export async function audit(page, root = 'html', runOnly) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async ([selector, rules]) => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(selector, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
    return violations.flatMap((/** @type {any} */ { id, help, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${help}: ${node.html.slice(0, 120)}`));
  }, /** @type {const} */ ([root, runOnly]));
}

/** Opens every fold. @param {AnyPage} page */
export const openAll = (page) => page.evaluate(() => document.querySelectorAll('details').forEach((fold) => (fold.open = true)));

/** Brings an own text, as one pastes it. @param {AnyPage} page @param {string} text */
export async function paste(page, text) {
  await page.click('#text-paste');
  await page.fill('#text-own', text);
  await page.click('#text-form button');
}

/** The same, until it is taken. @param {AnyPage} page @param {string} text */
export async function pasted(page, text) {
  await paste(page, text);
  await untilNotice(page, /Your text it is/);
}

/**
 * Seconds that the processor has worked for the pages of a browser so far.
 * @param {import('playwright-core').Browser} browser
 * @returns {Promise<() => Promise<number>>}
 */
export async function cpuClock(browser) {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
}

/**
 * What the main thread does meanwhile.
 * @param {import('playwright-core').Browser} browser @param {AnyPage} page @param {string} category @param {() => Promise<unknown>} work
 * @returns {Promise<{name: string, tdur: number, args: any}[]>} tdur: microseconds of the processor, whatever else the machine does
 */
async function doings(browser, page, category, work) {
  await browser.startTracing(page, { categories: [category] });
  await work();
  await page.waitForTimeout(100);
  const { traceEvents } = JSON.parse(`${await browser.stopTracing()}`);
  const threads = new Set();
  for (const { name, args, pid, tid } of traceEvents) if (name === 'thread_name' && args.name === 'CrRendererMain') threads.add(`${pid}:${tid}`);
  return traceEvents.filter((/** @type {any} */ { ph, pid, tid, tdur }) => ph === 'X' && tdur && threads.has(`${pid}:${tid}`));
}

/** The longest task of the main thread meanwhile, in milliseconds. @param {import('playwright-core').Browser} browser @param {AnyPage} page @param {() => Promise<unknown>} work */
export async function longestTask(browser, page, work) {
  const tasks = await doings(browser, page, 'toplevel', work);
  assert.ok(tasks.length > 10, `the trace saw ${tasks.length} tasks`);
  return Math.max(...tasks.map(({ tdur }) => tdur / 1000));
}

/** The most elements that are styled anew at once meanwhile. @param {import('playwright-core').Browser} browser @param {AnyPage} page @param {() => Promise<unknown>} work */
export async function mostStyled(browser, page, work) {
  const styled = (await doings(browser, page, 'devtools.timeline', work)).filter(({ name }) => name === 'UpdateLayoutTree');
  return Math.max(0, ...styled.map(({ args }) => args.elementCount));
}

/** Nothing went wrong that a page may not do. @param {Page} page */
export const assertNoFaults = (page) => assert.deepEqual(page.faults, []);
