// states.js - what the page looks like at the moments that matter, one after the other: each brings the page from the one before into its own. The
// pictures of `make screenshots` and the audit of page-access.test.js go through them.
import { inState, openAll, pressAfter, ready, untilNotice, untilPoints } from './page.js';

/** @typedef {import('playwright-core').Page} Page */

/** A run of a few seconds that writes a little. */
export const LINK = '#preset=tiny&max_iters=120&tokens=300';

/** @type {[name: string, bring: (page: Page) => Promise<unknown>][]} */
export const STATES = [
  ['before', (page) => ready(page)],
  [
    'during',
    async (page) => {
      await page.click('#start');
      await page.evaluate(pressAfter, 12); // it stands still for the picture, and looks the same
      await inState(page, 'paused');
      await untilPoints(page, 12);
    },
  ],
  [
    'after',
    async (page) => {
      await page.click('#start');
      await inState(page, 'done');
    },
  ],
  [
    'race',
    async (page) => {
      await page.click('#race');
      await page.waitForSelector('.race-words:not([hidden])'); // Start means the other run from now on
      await page.fill('#f-seed', '7');
      await page.click('#start');
      await inState(page, 'done');
    },
  ],
  [
    'inside',
    async (page) => {
      await page.click('#inside-fold > summary');
      await page.waitForSelector('#view-attention:not([hidden])');
    },
  ],
  [
    'notice',
    async (page) => {
      await page.click('#reset');
      await untilNotice(page, /put aside/);
    },
  ],
  [
    'fault',
    async (page) => {
      await openAll(page);
      await page.click('#text-paste');
      await page.fill('#f-dropout', '9');
    },
  ],
  [
    'share',
    async (page) => {
      await page.click('#share');
      await page.waitForSelector('dialog.share[open]');
    },
  ],
  [
    'kept',
    async (page) => {
      await page.reload();
      await untilNotice(page, /A run is kept/);
    },
  ],
];
