// Going on from a file's model with the text that stands on the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { TINY, assertNoFaults, figure, inState, ready, setUp, steps, untilNotice } from './page.js';

const site = setUp();
/** Another text, with two characters that Shakespeare has not. */
const OWN = 'the cat sat on the mat and the dog sat on the log: 7 times, says the manual for the household. §\n'.repeat(40);

/** Trains a tiny model on the page and downloads it. @param {import('node:test').TestContext} t */
async function trained(t) {
  const page = await site.open(t, `${TINY}&max_iters=120`);
  await page.click('#start');
  await inState(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  const buffer = await readFile(`${await download.path()}`);
  await page.context().close();
  return { name: 'mine.safetensors', mimeType: 'application/octet-stream', buffer };
}

/** @param {import('./page.js').Page} page */
async function takeOwn(page) {
  await page.click('#text-paste');
  await page.fill('#text-own', OWN);
  await page.click('#text-form button');
  await untilNotice(page, /Your text it is/);
}

test('a file that has learnt another text goes on with the one on the page: both losses, samples before and after', async (t) => {
  const file = await trained(t);
  const page = await site.open(t, TINY);
  await ready(page);
  assert.deepEqual(await page.locator('#from option').allTextContents(), ['a new model', 'the model that comes with Folio']);
  await takeOwn(page);
  await page.setInputFiles('#checkpoint-file', file);
  await untilNotice(page, /mine\.safetensors is open: 120 steps, .* another than it has learnt/);
  await inState(page, 'idle');
  assert.equal(await page.inputValue('#from'), 'file');
  assert.deepEqual([await page.inputValue('#f-max_iters'), await page.inputValue('#f-learning_rate')], ['200', '0.0009']);
  await page.fill('#f-learning_rate', '0.002');
  await page.click('#start');
  await untilNotice(page, /\d new characters: .*'§'; vocabulary \d+ -> \d+/);
  await inState(page, 'done');
  assert.equal(await steps(page), 200);
  const lossIn = (/** @type {string} */ row) => page.textContent(`#table tbody tr:${row} td:last-child`);
  const [first, last] = [await lossIn('first-child'), await lossIn('last-child')];
  assert.ok(Number(last) < Number(first) - 0.3, `validation loss from ${first} to ${last}`);
  const [, before, after] = `${await page.textContent('#old-loss')}`.match(/^(\d\.\d+) → (\d\.\d+)$/) ?? [];
  assert.ok(Number(after) > Number(before), `the old text is forgotten a little: ${before}, ${after}`);
  const strip = await page.locator('#strip button').allTextContents();
  assert.deepEqual([strip[0], strip.at(-1)], ['0', '200']);
  await page.click('#strip button:first-child');
  assert.equal(await page.textContent('#sample-caption'), 'Before it learns this text');
  assertNoFaults(page);
});

test('a run that was resumed from a file can begin anew from it, and a new model is a choice away', async (t) => {
  const file = await trained(t);
  const page = await site.open(t, `${TINY}&seed=4`);
  await ready(page);
  await page.setInputFiles('#checkpoint-file', file);
  await untilNotice(page, /mine\.safetensors is open: 120 steps, [\d,]+ parameters\.$/);
  assert.equal(await steps(page), 120);
  assert.equal(await page.inputValue('#from'), 'new');
  await takeOwn(page);
  await page.selectOption('#from', 'file');
  await inState(page, 'idle');
  await untilNotice(page, /The run of .* steps is put aside/);
  await page.click('#step');
  await page.waitForSelector('#progress[aria-valuenow="1"]');
  await inState(page, 'paused');
  assert.ok((await figure(page, 'loss')) < 3.5, 'the first loss is not that of a new model');
  await page.selectOption('#from', 'new');
  await inState(page, 'idle');
  await page.fill('#f-max_iters', '5');
  await page.click('#start');
  await inState(page, 'done');
  assert.ok((await figure(page, 'loss')) > 3, 'the first losses are those of a new model');
  assert.ok(await page.isHidden('#old-figure'));
  assertNoFaults(page);
});

test('settings that contradict the file are named, and the run stays away', async (t) => {
  const file = await trained(t);
  const page = await site.open(t, TINY);
  await ready(page);
  await takeOwn(page);
  await page.setInputFiles('#checkpoint-file', file);
  await untilNotice(page, /another than it has learnt/);
  await page.fill('#f-n_layer', '3');
  await page.click('#start');
  await untilNotice(page, /n_layer=3 contradicts the checkpoint, whose model has n_layer=2/);
  await inState(page, 'idle');
  assertNoFaults(page);
});
