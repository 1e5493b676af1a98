// Threads on the page: where the host sends the headers, through the service worker elsewhere, and never needed.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, figure, inState, notices, ready, setUp, untilPoints } from './page.js';
import { ISOLATED } from './server.js';

const site = setUp();
const isolated = setUp({ headers: ISOLATED });

/** @param {import('./page.js').Page} page */
const engine = (page) => page.textContent('#engine');

/** Trains the tiny model to its end; the last validation loss. @param {import('./page.js').Page} page */
async function train(page) {
  await page.click('#start');
  await inState(page, 'done');
  return figure(page, 'val-loss');
}

test('without headers one thread works, and with them several do the same', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  assert.match(`${await engine(page)}`, /Engine: (simd128|dot), one thread, exact numerics/);
  const alone = await train(page);
  const other = await isolated.open(t, TINY);
  await ready(other);
  assert.match(`${await engine(other)}`, /Engine: (simd128|dot)-threads, [2-8] threads, exact numerics/);
  assert.equal(await train(other), alone);
  assertNoFaults(page);
  assertNoFaults(other);
});

test('where the host sends the headers there is nothing to ask for', async (t) => {
  const page = await isolated.open(t, TINY, { offline: true });
  await page.waitForSelector('#offline:not([hidden])'); // the button is offered before the page is kept
  assert.ok(await page.isHidden('#threads'));
  assertNoFaults(page);
});

test('the button lets the service worker bring threads, and take them away again', async (t) => {
  const page = await site.open(t, TINY, { offline: true });
  await ready(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  await Promise.all([page.waitForEvent('load'), page.click('#threads')]);
  await ready(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(`${await engine(page)}`, /[2-8] threads/);
  await page.click('#start');
  await untilPoints(page, 5);
  await page.click('#threads');
  assert.match((await notices(page)).join(), /loaded anew/, 'a run is not thrown away');
  await inState(page, 'done');
  await page.click('#reset');
  await inState(page, 'idle');
  await Promise.all([page.waitForEvent('load'), page.click('#threads')]);
  await ready(page);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.match(`${await engine(page)}`, /one thread/);
  assertNoFaults(page);
});
