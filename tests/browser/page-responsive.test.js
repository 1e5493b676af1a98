// The page answers: the first loss point soon after the click; while it trains no task of the main thread over 50 ms, interactions to the next paint within
// 100 ms, a pause within 100 ms, after which the processor rests.
// alone: it measures times
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoFaults, cpuClock, inState, longestTask, mostStyled, openAll, ready, setUp, steps, untilPoints } from './page.js';

const site = setUp();

/**
 * Longest task of the main thread, in the processor's time, as waiting for a core is not the page's doing; and the time from 98 in 100 interactions to the
 * next paint.
 */
const TASK = 50;
const INTERACTION = 100;
const PAUSE = 100;

/** Has the browser keep account of long tasks and of interactions from now on. @param {import('./page.js').Page} page */
const watch = (page) => page.evaluate(() => {
  const account = (/** @type {any} */ (globalThis).account = { tasks: /** @type {string[]} */ ([]), interactions: /** @type {Map<number, number>} */ (new Map()) });
  new PerformanceObserver((list) => {
    for (const { duration, startTime } of list.getEntries()) account.tasks.push(`${Math.round(duration)} ms at ${Math.round(startTime)}`);
  }).observe({ type: 'longtask' });
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of /** @type {any[]} */ (list.getEntries())) {
      if (interactionId) account.interactions.set(interactionId, Math.max(duration, account.interactions.get(interactionId) ?? 0));
    }
  }).observe(/** @type {any} */ ({ type: 'event', durationThreshold: 16 }));
});

/** @param {import('./page.js').Page} page @returns {Promise<{tasks: string[], interactions: number[]}>} interactions of 16 ms and more, in ms, the longest first */
const account = (page) => page.evaluate(() => {
  const { tasks, interactions } = /** @type {any} */ (globalThis).account;
  return { tasks, interactions: [...interactions.values()].sort((a, b) => b - a) };
});

test('while it trains, everything can be used: no long task, no slow answer', { timeout: 90_000 }, async (t) => {
  const page = await site.open(t);
  await ready(page);
  await watch(page);
  await page.click('#start');
  await untilPoints(page, 3);
  let made = 1;
  const use = async (/** @type {() => Promise<unknown>} */ act) => {
    await act();
    made++;
    await page.waitForTimeout(30);
  };
  const folds = await page.locator('details.more > summary:visible').all();
  const longest = await longestTask(site.browser, page, async () => {
    for (let round = 0; round < 2; round++) {
      for (const fold of folds) await use(() => fold.click());
      await use(() => page.click('#theme'));
      for (const key of 'To be, or') await use(() => page.press('#prompt', key === ' ' ? 'Space' : key));
      for (const name of ['n_layer', 'seed', 'temperature']) await use(() => page.press(`#f-${name}`, 'ArrowUp'));
      await page.hover('#chart', { position: { x: 100 + 50 * round, y: 60 } });
      await use(() => page.click('#write'));
      for (const shown of await page.locator('#strip button').all()) await use(() => shown.click());
      for (const width of [1024, 390, 1440]) await page.setViewportSize({ width, height: 900 });
    }
    await page.waitForTimeout(500);
  });
  const { tasks, interactions } = await account(page);
  const slow = interactions[Math.floor(made * 0.02)] ?? 0; // those under 16 ms are not listed
  t.diagnostic(`measured: of ${made} interactions while it trained 98% were answered within ${slow < 16 ? 'less than 16' : slow} ms, the slowest within ${interactions[0] ?? 'less than 16'} ms; the longest task took ${longest.toFixed(0)} ms of the processor; over ${TASK} ms by the clock: ${tasks.join(', ') || 'none'}`);
  assert.ok(slow <= INTERACTION, `${interactions.slice(0, 5)} ms`);
  assert.ok(longest <= TASK, `a task of ${longest} ms`);
  assertNoFaults(page);
});

test('another width styles only what it changes; another theme begins no animation', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await openAll(page);
  await page.waitForTimeout(500);
  const all = await page.evaluate(() => document.querySelectorAll('*').length);
  for (const width of [1024, 390, 1440]) {
    const styled = await mostStyled(site.browser, page, () => page.setViewportSize({ width, height: 900 }));
    t.diagnostic(`measured: at ${width} px ${styled} of ${all} elements are styled anew`);
    assert.ok(styled > 0 && styled < all / 4, `${styled} of ${all} at ${width} px`);
  }
  assert.ok((await mostStyled(site.browser, page, () => page.click('#theme'))) > all, 'the account can see it: all is styled anew where all colours change');
  const running = () => page.evaluate(() => document.getAnimations().length);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(400);
  const begun = await page.evaluate(() => {
    document.getElementById('theme')?.click();
    return document.getAnimations().length;
  });
  assert.equal(begun, 0);
  await page.waitForTimeout(100);
  await page.hover('#step');
  assert.ok((await running()) > 0, 'what is pointed at fades again');
  assertNoFaults(page);
});

test('from the click to a worker at rest in under 100 ms, median of 7', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t);
  await page.click('#start');
  await untilPoints(page, 3);
  const times = [];
  for (let i = 0; i < 7; i++) {
    times.push(await page.evaluate(() => new Promise((/** @type {(ms: number) => void} */ resolve) => {
      const began = performance.now();
      new MutationObserver((_, observer) => {
        if (document.body.dataset.status !== 'paused') return;
        observer.disconnect();
        resolve(performance.now() - began);
      }).observe(document.body, { attributes: true });
      document.getElementById('start')?.click();
    })));
    await inState(page, 'paused');
    await page.click('#start');
    await inState(page, 'training');
    await page.waitForTimeout(200 + 37 * i);
  }
  const median = times.sort((a, b) => a - b)[3];
  t.diagnostic(`measured: pause after ${Math.round(median)} ms, median of ${times.map(Math.round).join(', ')}`);
  assert.ok(median < PAUSE, `${median} ms`);
  assertNoFaults(page);
});

test('the account can see a long task', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await watch(page);
  const longest = await longestTask(site.browser, page, async () => {
    await page.evaluate(() => void setTimeout(() => {
      for (const end = performance.now() + 120; performance.now() < end; );
    }));
    await page.waitForFunction(() => /** @type {any} */ (globalThis).account.tasks.length > 0);
  });
  assert.ok(longest > TASK, `${longest} ms`);
});

test('from click to first loss point under 1.5 s, median of 5 cold visits', { timeout: 60_000 }, async (t) => {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const page = await site.open(t);
    await page.evaluate(() => {
      const chart = /** @type {HTMLElement} */ (document.getElementById('chart'));
      const watched = /** @type {any} */ (globalThis);
      document.getElementById('start')?.addEventListener('click', () => (watched.clicked = performance.now()), { capture: true, once: true });
      new MutationObserver(() => Number(chart.dataset.points) > 0 && (watched.drawn ??= performance.now())).observe(chart, { attributes: true });
    });
    await page.click('#start');
    await page.waitForFunction(() => /** @type {any} */ (globalThis).drawn);
    times.push(await page.evaluate(() => /** @type {any} */ (globalThis).drawn - /** @type {any} */ (globalThis).clicked));
    assertNoFaults(page);
    await page.context().close();
  }
  const median = times.sort((a, b) => a - b)[2];
  t.diagnostic(`measured: click to first loss point ${Math.round(median)} ms, median of ${times.map(Math.round).join(', ')}`);
  assert.ok(median < 1500, `${median} ms`);
});

test('before any training the model that comes with Folio has begun to write within 3 s', async (t) => {
  const page = await site.open(t);
  await ready(page);
  const pressed = performance.now();
  await page.click('#write');
  await page.waitForFunction(() => (document.getElementById('sample')?.textContent ?? '').length > 60);
  const took = performance.now() - pressed;
  t.diagnostic(`measured: from the click on Write to 60 characters ${Math.round(took)} ms`);
  assert.ok(took < 3000, `${took} ms`);
  assertNoFaults(page);
});

test('pause stops the CPU', async (t) => {
  const page = await site.open(t);
  const cpu = await cpuClock(site.browser);
  const inASecond = async () => {
    const before = await cpu();
    await page.waitForTimeout(1000);
    return (await cpu()) - before;
  };
  await page.click('#start');
  await untilPoints(page, 3);
  const training = await inASecond();
  const pressed = performance.now();
  await page.click('#start');
  await inState(page, 'paused');
  const took = performance.now() - pressed;
  await page.waitForTimeout(300);
  const at = await steps(page);
  const paused = await inASecond();
  t.diagnostic(`measured: CPU in a second of training ${training.toFixed(2)} s, of pause ${paused.toFixed(2)} s; paused after ${Math.round(took)} ms`);
  assert.ok(training > 0.3, `training took ${training} s of CPU`);
  assert.ok(paused < 0.1, `the pause took ${paused} s of CPU`);
  assert.equal(await steps(page), at);
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
  assertNoFaults(page);
});
