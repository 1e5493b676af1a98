// page.js - what the tests of the page share: the site and Chromium, started once a file, and a page that keeps account of what it should not do.
// The environment variable FOLIO_SITE names another folder than build/site.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchChromium } from './engines.js';
import { serve } from './server.js';

const SITE = process.env.FOLIO_SITE ?? fileURLToPath(new URL('../../build/site', import.meta.url));

/** A model that trains in a second or two, on the page as in a link. */
export const TINY = '#preset=tiny';

/** @typedef {import('playwright-core').Page & {faults: string[]}} Page faults: CSP violations, errors, requests elsewhere */

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
     * @param {import('playwright-core').BrowserContextOptions} [options]
     * @returns {Promise<Page>}
     */
    async open(t, hash = '', options = {}) {
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
      await page.goto(server.url + hash);
      return page;
    },
  };
}

/** The page with its text and engine in place. @param {Page} page */
export const ready = (page) => page.waitForSelector('body[data-ready]');

/** Until the run is in that state. @param {Page} page @param {string} status */
export const inState = (page, status) => page.waitForSelector(`body[data-status=${status}]`);

/** Steps on the chart. @param {Page} page */
export const points = (page) => page.evaluate(() => Number(document.getElementById('chart')?.dataset.points ?? 0));

/** Until so many steps are on the chart. @param {Page} page @param {number} least */
export const untilPoints = (page, least) =>
  page.waitForFunction((n) => Number(document.getElementById('chart')?.dataset.points ?? 0) >= n, least);

/** A figure of the page. @param {Page} page @param {string} id */
export const figure = async (page, id) => Number(await page.textContent(`#${id}`));

/** Steps done, as the progress bar says. @param {Page} page */
export const steps = async (page) => Number(await page.getAttribute('#progress', 'aria-valuenow'));

/** The words of the notices, the newest first. @param {Page} page */
export const notices = (page) => page.locator('#notices .notice p').allTextContents();

/** Until a notice says so; its words. @param {Page} page @param {RegExp} words */
export async function untilNotice(page, words) {
  const found = page.locator('#notices .notice p').filter({ hasText: words }).first();
  await found.waitFor();
  return found.textContent();
}

/** Nothing went wrong that a page may not do. @param {Page} page */
export const assertNoFaults = (page) => assert.deepEqual(page.faults, []);
