// How much of the machine the page takes: effort, a pause while the tab is hidden, and the offer to whoever runs on a battery.
// alone: it measures times
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, cpuClock, inState, notices, openAll, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();
const LONG = `${TINY}&max_iters=100000&eval_interval=0`;

test('a quarter of the effort takes about a quarter of the processor, and tokens a second say so', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, LONG);
  const cpu = await cpuClock(site.browser);
  const inASecond = async () => {
    const before = await cpu();
    await page.waitForTimeout(1000);
    return { share: (await cpu()) - before, speed: await page.textContent('#speed') };
  };
  const tokens = (/** @type {string | null} */ words) => Number.parseFloat(`${words}`) * (/k/.test(`${words}`) ? 1000 : 1);
  await openAll(page);
  await page.click('#start');
  await untilPoints(page, 3);
  await page.waitForSelector('#strip button:nth-of-type(6)'); // the looks at the young model are over
  const all = await inASecond();
  await page.selectOption('#f-effort', 'quarter');
  await page.waitForTimeout(700);
  const quarter = await inASecond();
  const words = ({ share = 0, speed = /** @type {string | null} */ ('') }) => `${share.toFixed(2)} s of CPU and ${speed} tokens/s`;
  t.diagnostic(`measured: in a second ${words(all)}, with a quarter of the effort ${words(quarter)}`);
  assert.ok(quarter.share < 0.6 * all.share, `${quarter.share} of ${all.share} s`);
  assert.ok(tokens(quarter.speed) < 0.45 * tokens(all.speed), `${quarter.speed} of ${all.speed}`);
  assert.ok(tokens(quarter.speed) > 0.05 * tokens(all.speed), `${quarter.speed} of ${all.speed}`);
  const pressed = performance.now();
  await page.click('#start');
  await inState(page, 'paused');
  assert.ok(performance.now() - pressed < 1000, 'a pause does not wait for the rest');
  assertNoFaults(page);
});

test('the effort changes nothing of the result, and outlives a worker', async (t) => {
  const losses = [];
  for (const effort of ['all', 'half']) {
    const page = await site.open(t, `${TINY}&max_iters=40&effort=${effort}`);
    await ready(page);
    if (effort === 'half') {
      await page.workers()[0].evaluate(() => self.close());
      await untilNotice(page, /a fresh one is ready/);
    }
    await page.click('#start');
    await inState(page, 'done');
    losses.push(await page.textContent('#val-loss'));
  }
  assert.match(`${losses[0]}`, /^\d\.\d{3}$/);
  assert.equal(losses[0], losses[1]);
});

test('hidden, training waits if it was asked to, and goes on when the tab comes back', async (t) => {
  const page = await site.open(t, LONG);
  const hide = (/** @type {boolean} */ hidden) => page.evaluate((now) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await ready(page);
  await openAll(page);
  await page.click('#start');
  await untilPoints(page, 3);
  await page.waitForFunction(() => /** @type {HTMLButtonElement} */ (document.getElementById('shortcuts')).disabled === false);
  await hide(true);
  const at = await steps(page);
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
  await hide(false);
  await page.check('#f-pause_hidden');
  await hide(true);
  await inState(page, 'paused');
  await hide(false);
  await inState(page, 'training');
  await page.click('#start');
  await inState(page, 'paused');
  await hide(true);
  await hide(false);
  await page.waitForTimeout(100);
  assert.equal(await page.getAttribute('body', 'data-status'), 'paused', 'what the reader paused stays so');
  assertNoFaults(page);
});

test('on a battery less effort is offered, once', async (t) => {
  const battery = () => {
    const value = async () => Object.assign(new EventTarget(), { charging: false });
    Object.defineProperty(Navigator.prototype, 'getBattery', { value });
  };
  const page = await site.open(t, LONG, { before: (made) => made.addInitScript(battery) });
  await page.click('#start');
  await untilNotice(page, /runs on its battery/);
  await page.click('text=Half the effort');
  assert.equal(await page.inputValue('#f-effort'), 'half');
  await page.goto('about:blank');
  await page.goto(site.url + LONG);
  await page.click('#start');
  await page.waitForSelector('#shortcuts:not([disabled])'); // whoever offers it is there
  await untilPoints(page, 20);
  assert.doesNotMatch((await notices(page)).join(), /battery/);
  assertNoFaults(page);
});
