// Going on from a file's model with the text that stands on the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { TINY, assertNoFaults, figure, inState, notices, pasted, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();
const MODEL = '**/model/*.safetensors';
/** Another text, with two characters that Shakespeare has not. */
const OWN = 'the cat sat on the mat and the dog sat on the log: 7 times, says the manual for the household. §\n'.repeat(40);

/** Files of that name arrive late. @param {string} name */
const late = (name) => (/** @type {import('playwright-core').Page} */ page) =>
  page.route(`**/${name}`, async (route) => {
    await sleep(500);
    await route.continue();
  });

/** @type {{name: string, mimeType: string, buffer: Buffer} | undefined} */
let file;

/** A tiny model, trained on the page by whoever asks first, as the file that it downloads. @param {import('node:test').TestContext} t */
async function trained(t) {
  if (file) return file;
  const page = await site.open(t, `${TINY}&max_iters=120`);
  await page.click('#start');
  await inState(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  const buffer = await readFile(`${await download.path()}`);
  await page.context().close();
  return (file = { name: 'mine.safetensors', mimeType: 'application/octet-stream', buffer });
}

test('a file that has learnt another text goes on with the one on the page: both losses, samples before and after', async (t) => {
  const mine = await trained(t);
  const page = await site.open(t, TINY, { before: late('fine-tune-settings*') });
  await ready(page);
  assert.deepEqual(await page.locator('#from option').allTextContents(), ['a new model', 'the model that comes with Folio (1.62 MB)']);
  await pasted(page, OWN);
  await page.setInputFiles('#checkpoint-file', mine);
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
  await page.locator('#strip .steps').filter({ hasText: /^200$/ }).waitFor();
  assert.equal(await page.textContent('#strip .steps'), '0');
  const captions = () => page.locator('#writing figcaption').allTextContents();
  assert.match((await captions()).join(), /^Before it learns this text · loss \d\.\d{3},After 200 steps · loss \d\.\d{3}$/, 'side by side');
  assert.ok(await page.isVisible('#leaf-earlier'));
  assert.notEqual(await page.textContent('#sample-earlier'), await page.textContent('#sample'));
  await page.click('#compare-leaves');
  assert.ok(await page.isHidden('#leaf-earlier'));
  await page.click('#strip button:first-child');
  assert.equal(await page.textContent('#sample-caption'), 'Before it learns this text');
  assertNoFaults(page);
});

test('a run that was resumed from a file can begin anew from it, and a new model is a choice away', async (t) => {
  const mine = await trained(t);
  const page = await site.open(t, '#seed=4'); // another preset
  await ready(page);
  await page.setInputFiles('#checkpoint-file', mine);
  await untilNotice(page, /mine\.safetensors is open: 120 steps, [\d,]+ parameters\.$/);
  assert.equal(await steps(page), 120);
  assert.equal(await page.inputValue('#from'), 'new');
  assert.doesNotMatch(`${await page.textContent('#sample-caption')}`, /trained already/, 'the file writes');
  assert.ok(await page.isHidden('#pending'), 'the settings are those of the file');
  await page.fill('#f-seed', '5');
  assert.match(`${await page.textContent('#pending')}`, /Start again, and/, 'what the button of a run that is done says');
  await pasted(page, OWN);
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

test('a file without the optimizer\'s state is a model to begin from, and no fault', async (t) => {
  const read = (/** @type {string} */ path) => readFile(new URL(`../../models/${path}`, import.meta.url), 'utf8');
  const run = openRun(await load(), { text: await read('mock-shakespeare.txt'), config: JSON.parse(await read('presets/tiny.json')) });
  const buffer = Buffer.from(await run.checkpoint({ optimizer: false }));
  const page = await site.open(t, TINY);
  await ready(page);
  await page.setInputFiles('#checkpoint-file', { name: 'exported.safetensors', mimeType: 'application/octet-stream', buffer });
  await untilNotice(page, /exported\.safetensors is open: .* Start lets it learn the text that stands here\.$/);
  assert.equal(await page.locator('.notice.bad').count(), 0);
  assert.equal(await page.inputValue('#from'), 'file');
  assertNoFaults(page);
});

test('settings that contradict the file are named, and the run stays away', async (t) => {
  const mine = await trained(t);
  const page = await site.open(t, TINY);
  await ready(page);
  await pasted(page, OWN);
  await page.setInputFiles('#checkpoint-file', mine);
  await untilNotice(page, /another than it has learnt/);
  await page.fill('#f-n_layer', '3');
  await page.click('#start');
  await untilNotice(page, /n_layer=3 contradicts the checkpoint, whose model has n_layer=2/);
  await inState(page, 'idle');
  assertNoFaults(page);
});

test('Start waits for the model that was chosen a moment before', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=30`, { before: late('*.safetensors') });
  await ready(page);
  await pasted(page, OWN);
  await page.selectOption('#from', 'shipped');
  await page.click('#start');
  await untilNotice(page, /new characters: .*'§'/); // a new model has none
  assert.equal(await page.inputValue('#from'), 'shipped');
  assertNoFaults(page);
});

test('a model that was chosen and taken back arrives without a word, and leaves a run that trains as it is', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0`);
  const held = new Promise((resolve) => page.route(MODEL, resolve));
  await ready(page);
  await page.selectOption('#from', 'shipped');
  const route = /** @type {import('playwright-core').Route} */ (await held);
  await page.selectOption('#from', 'new');
  await page.click('#start');
  await inState(page, 'training');
  await Promise.all([page.waitForResponse(MODEL).then((response) => response.finished()), route.continue()]);
  await page.waitForTimeout(300);
  assert.deepEqual([await page.getAttribute('body', 'data-status'), await notices(page)], ['training', []]);
  assertNoFaults(page);
});

test('a model that does not arrive is not gone on from, and leaves a run that trains as it is', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0`);
  await page.route(MODEL, (route) => route.fulfill({ status: 404, body: 'not here' }));
  await ready(page);
  await page.click('#start');
  await inState(page, 'training');
  await page.selectOption('#from', 'shipped');
  const told = await untilNotice(page, /did not arrive/);
  await page.waitForTimeout(300);
  assert.deepEqual([await page.getAttribute('body', 'data-status'), await notices(page), await page.inputValue('#from')], ['training', [told], 'new']);
});

test('another text does not become that of the run that is there, which is told where the text is brought and beside the run', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0&tokens=5`);
  await ready(page);
  await pasted(page, OWN);
  assert.equal((await notices(page)).length, 1, 'no run, no word');
  await page.click('#text-default');
  await page.click('#start');
  await untilPoints(page, 3);
  await page.click('#start');
  await inState(page, 'paused');
  assert.ok(await page.isHidden('#pending'));
  await pasted(page, OWN);
  await untilNotice(page, /^The run that is there keeps the text that it began with/);
  assert.equal(await page.textContent('#pending'), 'The text has changed since this run began. Reset, and the next run uses it.');
  await page.click('#text-default');
  assert.ok(await page.isHidden('#pending'));
  assert.deepEqual((await notices(page)).filter((words) => /keeps the text/.test(words)), [], 'taken back');
  await pasted(page, OWN);
  await page.click('.notice button:text-is("Reset")');
  await inState(page, 'idle');
  assert.ok(await page.isHidden('#pending'));
  await page.click('.notice button:text-is("Bring it back")');
  await inState(page, 'paused');
  assert.match(`${await page.textContent('#text-name')}`, /Shakespeare/, 'the text comes back with the run');
  assert.ok(await page.isHidden('#pending'));
  assert.deepEqual((await notices(page)).filter((words) => /keeps the text/.test(words)), []);
  assertNoFaults(page);
});
