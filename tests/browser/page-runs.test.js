// Several runs on the page: the list under the chart, a race, and the chart's axis and views.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, audit, inState, notices, pasted, pressAfter, ready, setUp, untilNotice, untilPoints } from './page.js';

const site = setUp();

/** @typedef {import('./page.js').Page} Page */

/** A run from its beginning to its end. @param {Page} page */
async function runOnce(page) {
  await page.click('#start');
  await inState(page, 'done');
}

/** @param {Page} page */
async function reset(page) {
  await page.click('#reset');
  await inState(page, 'idle');
}

/** Until so many other runs are in the chart. @param {Page} page @param {number} n */
const untilOthers = (page, n) => page.waitForFunction((wanted) => Number(document.getElementById('chart')?.dataset.others) === wanted, n);

/** Until a field says so: settings come to the page after the run. @param {Page} page @param {string} id @param {string} value */
const untilValue = (page, id, value) =>
  page.waitForFunction(([name, wanted]) => /** @type {HTMLInputElement} */ (document.getElementById(name)).value === wanted, [id, value]);

/** The height of the section. @param {Page} page */
const tall = (page) => page.evaluate(() => document.getElementById('training')?.getBoundingClientRect().height);

test('the drawing comes with the first run, and nothing moves', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=5&tokens=5`);
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await ready(page);
  assert.equal(await page.locator('.uplot').count(), 0);
  const before = await page.locator('#chart').boundingBox();
  await runOnce(page);
  await untilPoints(page, 5);
  assert.ok(asked.some((path) => /plot-/.test(path)), asked.join());
  assert.deepEqual(await page.locator('#chart').boundingBox(), before);
  assert.ok(await page.isHidden('#runs'), 'one run needs no list');
  assertNoFaults(page);
});

test('runs stay when others begin: named, hidden, deleted, undone, brought back to go on', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=200&tokens=5`);
  await ready(page);
  await page.click('#start');
  await page.evaluate(pressAfter, 30);
  await inState(page, 'paused');
  const at = await page.getAttribute('#progress', 'aria-valuenow');
  await reset(page);
  await page.fill('#f-learning_rate', '0.001');
  await runOnce(page);
  await untilOthers(page, 1);
  const rows = page.locator('#runs li');
  assert.equal(await rows.count(), 2);
  await page.waitForFunction(() => /200 steps/.test(document.querySelector('#runs li:last-child')?.textContent ?? ''));
  assert.deepEqual(await page.locator('.run-words').allTextContents(), ['Learning rate 0.003', 'Learning rate 0.001']);
  assert.match(`${await rows.first().textContent()}`, new RegExp(`^${at} steps · \\d\\.\\d{3}`));

  await rows.first().getByRole('textbox').fill('fast');
  await page.keyboard.press('Enter');
  await page.hover('#chart', { position: { x: 90, y: 60 } });
  await page.waitForFunction(() => /step \d+ · batch .* · fast \d/.test(document.getElementById('chart-reading')?.textContent ?? ''));
  await page.waitForFunction(() => /; fast \d/.test(document.getElementById('chart')?.getAttribute('aria-label') ?? ''));
  await page.getByRole('button', { name: 'Hide: fast' }).click();
  await untilOthers(page, 0);
  await page.getByRole('button', { name: 'Show: fast' }).click();
  await untilOthers(page, 1);
  assert.deepEqual(await audit(page), []);

  await page.getByRole('button', { name: 'Delete: fast' }).click();
  await untilOthers(page, 0);
  assert.match((await notices(page))[0], /fast is deleted/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await untilOthers(page, 1);
  await page.getByRole('button', { name: 'Go on: fast' }).click();
  await inState(page, 'paused');
  assert.equal(await page.getAttribute('#progress', 'aria-valuenow'), at);
  await untilValue(page, 'f-learning_rate', '0.003');
  assert.equal(await rows.count(), 2);
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForFunction(() => /^200 steps/.test(document.querySelector('#runs li')?.textContent ?? ''));
  assertNoFaults(page);
});

test('an impatient reader: one run however often Start is pressed; what is put aside is told as it is, and comes back with its text', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=2000&eval_interval=0&tokens=5`);
  await ready(page);
  const name = await page.textContent('#text-name');
  await page.evaluate(() => [1, 2, 3].forEach(() => document.getElementById('start')?.click()));
  await untilPoints(page, 12);
  assert.deepEqual(await notices(page), []);
  await reset(page);
  const told = await untilNotice(page, /put aside/);
  const rows = page.locator('#runs li');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  assert.equal(told?.match(/of ([\d,]+) steps/)?.[1], (await page.textContent('.run-figures'))?.match(/^([\d,]+) steps/)?.[1]);
  await pasted(page, 'So it goes, and so it went. '.repeat(60));
  assert.notEqual(await page.textContent('#text-name'), name);
  await page.getByRole('button', { name: 'Delete: Run 1' }).click();
  await page.getByRole('button', { name: 'Bring it back' }).click();
  await inState(page, 'paused');
  assert.equal(await page.textContent('#text-name'), name);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForTimeout(400);
  assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.querySelector('input')?.value)), ['Run 1']);
  await page.click('#race');
  await page.waitForSelector('.race-words:not([hidden])');
  await page.evaluate(() => {
    document.getElementById('start')?.click();
    document.getElementById('race')?.click();
  });
  await page.waitForFunction(() => document.getElementById('race')?.textContent === 'Race');
  await page.waitForTimeout(300);
  assert.equal(await page.getAttribute('body', 'data-status'), 'paused', 'no race, no training');
  assertNoFaults(page);
});

test('two brought back at once come one after the other, nothing is lost, and the page stays awake', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&eval_interval=0&tokens=5`);
  await ready(page);
  for (const many of ['12', '9']) {
    await page.fill('#f-max_iters', many);
    await runOnce(page);
    await reset(page);
  }
  await page.fill('#f-max_iters', '2000');
  await page.click('#start');
  await untilOthers(page, 2);
  await untilPoints(page, 3);
  assert.deepEqual(await notices(page), [], 'that a run is put aside matters no more');
  await page.evaluate(() => {
    for (const button of document.querySelectorAll('#runs button[aria-label^="Go on"]:not([hidden])')) /** @type {HTMLElement} */ (button).click();
    document.getElementById('start')?.click();
  });
  await page.waitForFunction(() => document.getElementById('progress')?.getAttribute('aria-valuenow') === '9' && document.body.dataset.status === 'done');
  await untilValue(page, 'f-max_iters', '9');
  assert.equal(await page.locator('#runs li').count(), 3);
  await page.getByRole('button', { name: 'Go on: Run 3' }).click();
  await inState(page, 'paused');
  await page.click('#start');
  await untilPoints(page, 5);
  assertNoFaults(page);
});

test('the list of runs is asked for again where it did not arrive', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0&tokens=5`);
  const path = /\/runs-panel[^/]*\.js$/;
  await page.route(path, (route) => route.abort());
  await ready(page);
  await page.click('#start');
  await untilNotice(page, /runs-panel/);
  await page.unroute(path);
  await inState(page, 'training');
  await page.click('#start');
  await page.waitForSelector('#race:enabled');
});

test('a race: the fields describe the other, both train by turns, pause and reset act on both', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=400&tokens=5`);
  await ready(page);
  assert.ok(await page.isDisabled('#race'));
  await page.click('#start');
  await untilPoints(page, 12);
  await page.click('#race');
  await page.waitForSelector('.race-words:has-text("Run 1 keeps its settings")');
  assert.equal(await page.textContent('#start'), 'Start');
  await page.fill('#f-seed', '7');
  assert.ok(await page.isHidden('#pending'));
  await page.click('#start');
  await untilOthers(page, 1);
  await page.click('#start');
  await inState(page, 'paused');
  const figures = () => page.locator('.run-figures').allTextContents();
  await page.waitForTimeout(400);
  const still = await figures();
  await page.waitForTimeout(300);
  assert.deepEqual(await figures(), still);
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForFunction(() => /at 400 steps: Run [12] is .* lower\. After/.test(document.querySelector('.race-words')?.textContent ?? ''));
  assert.deepEqual((await figures()).map((words) => words.split(' · ')[0]), ['400 steps', '400 steps']);
  assert.deepEqual(await page.locator('.run-words').allTextContents(), ['Seed 1337', 'Seed 7']);
  await reset(page);
  await untilOthers(page, 2);
  assert.ok(await page.isHidden('.race-words'));
  assert.equal(await page.getByRole('button', { name: /^Go on:/ }).count(), 2);
  assertNoFaults(page);
});

test('the chart goes by steps or seconds, and shows a part of it by keys and mouse', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=120&tokens=5`);
  await ready(page);
  await runOnce(page);
  await untilPoints(page, 120);
  const all = page.locator('#chart-all');
  const height = await tall(page);
  await page.focus('#chart');
  const reading = async () => {
    await page.hover('#chart', { position: { x: 60, y: 80 } });
    await page.hover('#chart', { position: { x: 62, y: 80 } });
    await page.waitForFunction(() => /^(step|\d)/.test(document.getElementById('chart-reading')?.textContent ?? ''));
    return Number((await page.textContent('#chart-reading'))?.match(/[\d.]+/)?.[0]);
  };
  const whole = await reading();
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  assert.ok(await all.isVisible());
  const near = await reading();
  assert.ok(near > whole + 10, `${whole} to ${near}`);
  await page.keyboard.press('ArrowRight');
  assert.ok((await reading()) > near);
  await page.keyboard.press('Escape');
  assert.ok(await all.isHidden());
  assert.equal(await reading(), whole);
  const cursor = await page.locator('#chart .u-cursor-x').evaluate((line) => getComputedStyle(line).borderRightColor);
  assert.equal(cursor, 'rgb(137, 133, 143)', 'the page has its own colours here, though uPlot.min.css comes later');
  const box = /** @type {{x: number, y: number}} */ (await page.locator('#chart .u-over').boundingBox());
  await page.mouse.move(box.x + 100, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 300, box.y + 50, { steps: 4 });
  await page.mouse.up();
  assert.ok(await all.isVisible());
  assert.ok((await reading()) > whole + 10);
  await all.click();
  assert.ok(await all.isHidden());
  await page.click('#by-seconds');
  await page.waitForFunction(() => /training second/.test(document.getElementById('chart')?.getAttribute('aria-label') ?? ''));
  await reading();
  assert.match(`${await page.textContent('#chart-reading')}`, /^\d+\.\d s · /);
  assert.equal(await tall(page), height, 'nothing has moved');
  assertNoFaults(page);
});
