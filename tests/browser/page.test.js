// The page: it trains, shows it, stops, goes on, and takes a text of one's own.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { TINY, assertNoFaults, figure, inState, notices, pasted, points, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();
/** Text that is quickly learned. */
const OWN = 'the cat sat on the mat and the dog sat on the log. '.repeat(80);

test('loss falls, and the figures say so', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=150`);
  const names = await page.locator('.figures-run > :not([hidden]) > dt').evaluateAll((all) => all.map((name) => name.getBoundingClientRect().top));
  assert.deepEqual(names.map((top) => Math.abs(top - names[0]) < 0.5), Array(6).fill(true), `their names stand on one line: ${names}`);
  await page.click('#start');
  await untilPoints(page, 1);
  await inState(page, 'done');
  const rows = await page.locator('#table tbody tr').allTextContents();
  const [first, last] = [await page.textContent('#table tbody tr:first-child td'), await page.textContent('#table tbody tr:last-child td')];
  assert.ok(Math.abs(Number(first) - Math.log(await vocabulary(page))) < 0.3, `first loss ${first}`);
  assert.ok(Number(last) < Number(first) - 0.7, `from ${first} to ${last}: ${rows}`);
  assert.equal(await steps(page), 150);
  assert.ok((await figure(page, 'val-loss')) < Number(first) - 0.7);
  for (const id of ['rate', 'norm', 'speed']) assert.match((await page.textContent(`#${id}`)) ?? '', /\d/, id);
  assertNoFaults(page);
});

/** Different characters of the text. @param {import('./page.js').Page} page */
const vocabulary = async (page) => Number((await page.textContent('#text-facts'))?.match(/(\d+) different/)?.[1]);

test('the chart shows what counting gives, in lines and in words, for the run that is there', async (t) => {
  const folio = await load();
  const file = (/** @type {string} */ path) => readFile(new URL(`../../models/${path}`, import.meta.url), 'utf8');
  const run = openRun(folio, { text: await file('mock-shakespeare.txt'), config: { ...JSON.parse(await file('presets/tiny.json')) } });
  const wanted = Object.entries((await run.baselines()) ?? {}).map(([name, { val_loss }]) => `${name} ${val_loss.toFixed(3)}`);
  assert.equal(wanted.length, 4);

  const page = await site.open(t, `${TINY}&max_iters=5`);
  assert.ok(await page.isHidden('#levels'));
  await page.click('#start');
  await page.waitForSelector('#chart[data-levels="uniform unigram bigram trigram"]');
  assert.equal(await page.textContent('#levels-list'), wanted.join(' · '));
  assert.ok(await page.isVisible('#levels'));
  await inState(page, 'done');
  await page.click('#reset');
  await page.waitForFunction(() => document.getElementById('levels')?.hidden);
  await page.click('#step');
  await page.waitForSelector('#levels:not([hidden])');
  await page.waitForFunction((words) => document.getElementById('levels-list')?.textContent === words, wanted.join(' · '));
  assertNoFaults(page);
});

test('a sample appears as it learns, streams, and the same seed writes the same', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=30&tokens=200`);
  await page.click('#start');
  await page.waitForFunction(() => (document.getElementById('sample')?.textContent?.length ?? 0) > 20);
  await inState(page, 'done');
  assert.deepEqual(await page.locator('#strip .steps').allTextContents(), ['1', '10', '25', '30']);
  const write = async () => {
    await page.evaluate(() => {
      const leaf = /** @type {HTMLElement} */ (document.getElementById('sample'));
      const lengths = (/** @type {any} */ (globalThis).lengths = /** @type {number[]} */ ([]));
      new MutationObserver(() => lengths.push(leaf.textContent?.length ?? 0)).observe(leaf, { childList: true, characterData: true, subtree: true });
    });
    await page.click('#write');
    await page.waitForSelector('#hush', { state: 'hidden' });
    await page.waitForSelector('#write:not([aria-disabled])');
    return page.textContent('#sample');
  };
  await page.fill('#prompt', 'the ');
  const once = await write();
  assert.ok(once?.startsWith('the ') && once.length > 150, `${once}`);
  assert.ok((await page.evaluate(() => new Set(/** @type {any} */ (globalThis).lengths).size)) > 3, 'it came in pieces');
  assert.equal(await write(), once);
  await page.fill('#f-sample_seed', '2');
  assert.notEqual(await write(), once);
  assertNoFaults(page);
});

test('step does exactly one step; reset can be undone', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  for (const done of [1, 2, 3]) {
    await page.click('#step');
    await page.waitForSelector(`#progress[aria-valuenow="${done}"]`);
    await inState(page, 'paused');
  }
  await untilPoints(page, 3);
  await page.click('#reset');
  await inState(page, 'idle');
  assert.equal(await steps(page), 0);
  await page.click('text=Bring it back');
  await page.waitForSelector('#progress[aria-valuenow="3"]');
  await page.waitForFunction(() => Number(document.getElementById('chart')?.dataset.points) === 3);
  assertNoFaults(page);
});

test('reload of the link restores the state', async (t) => {
  const page = await site.open(t);
  await ready(page);
  const usual = await page.inputValue('#f-n_embd');
  await page.fill('#f-n_layer', '2');
  await page.fill('#f-seed', '7');
  await page.fill('#f-learning_rate', '2e-3');
  await page.selectOption('#f-activation', 'gelu');
  await page.fill('#prompt', 'To be & not=#?');
  await page.fill('#f-temperature', '0.5');
  await page.waitForFunction(() => location.hash.includes('temperature=0.5'));
  const link = page.url();
  assert.ok(!link.includes('n_embd') && !link.includes('preset'), `defaults are left out: ${link}`);
  await page.reload();
  await ready(page);
  assert.equal(page.url(), link);
  const values = Object.fromEntries(await Promise.all(['n_layer', 'seed', 'learning_rate', 'activation', 'temperature', 'n_embd'].map(async (name) => [name, await page.inputValue(`#f-${name}`)])));
  assert.deepEqual(values, { n_layer: '2', seed: '7', learning_rate: '0.002', activation: 'gelu', temperature: '0.5', n_embd: usual });
  assert.equal(await page.inputValue('#prompt'), 'To be & not=#?');
  assertNoFaults(page);
});

test('the same link gives the same run', async (t) => {
  const losses = [];
  for (let i = 0; i < 2; i++) {
    const page = await site.open(t, `${TINY}&max_iters=40&seed=5`);
    await page.click('#start');
    await inState(page, 'done');
    losses.push(await page.textContent('#val-loss'));
  }
  assert.match(`${losses[0]}`, /^\d\.\d{3}$/);
  assert.equal(losses[0], losses[1]);
});

test('a killed worker is replaced and training goes on from the last checkpoint, to the same end', { timeout: 120_000 }, async (t) => {
  // Long enough that a checkpoint is kept before the worker dies.
  const link = `${TINY}&max_iters=700&eval_interval=500`;
  const whole = await site.open(t, link);
  await whole.click('#start');
  await inState(whole, 'done');
  const expected = await whole.textContent('#val-loss');

  const page = await site.open(t, link);
  await page.click('#start');
  await untilPoints(page, 60);
  await page.click('#start');
  await inState(page, 'paused'); // a pause keeps a checkpoint
  const kept = await steps(page);
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n + 20, kept);
  await page.workers()[0].evaluate(() => self.close());
  const words = `${await untilNotice(page, /goes on from the checkpoint/)}`;
  const [, reached, from] = (words.match(/stopped at step ([\d,]+) .*checkpoint of step ([\d,]+)/) ?? []).map((n) => Number(n.replace(',', '')));
  assert.equal(await page.locator('.notice').getAttribute('data-name'), 'WORKER_DIED');
  assert.equal((await notices(page)).length, 1, 'told once');
  assert.ok(from >= kept && from <= reached, words);
  await inState(page, 'done');
  await untilPoints(page, 690); // every step once, but for a few on their way when it was paused
  assert.ok((await points(page)) < 710);
  assert.equal(await page.textContent('#val-loss'), expected);
  assertNoFaults(page);
});

test('own text trains: pasted, dropped and from a file', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=120`);
  await ready(page);

  await pasted(page, OWN);
  assert.equal(await vocabulary(page), new Set(OWN).size);
  await page.click('#start');
  await inState(page, 'done');
  assert.ok((await figure(page, 'val-loss')) < 1.2, 'a text that repeats itself is learned by heart');
  await page.reload();
  await ready(page);
  assert.equal(await page.textContent('#text-name'), 'Your text', 'a reload keeps it');

  const transfer = await page.evaluateHandle((text) => {
    const made = new DataTransfer();
    made.items.add(new File([text], 'dropped.txt', { type: 'text/plain' }));
    return made;
  }, `${OWN}!`);
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await untilNotice(page, /dropped\.txt it is/);
  await page.setInputFiles('#text-file', { name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from(`${OWN}?!`) });
  await untilNotice(page, /chosen\.txt it is/);
  const told = async () => (await notices(page)).filter((words) => / it is: /.test(words)).length;
  assert.equal(await told(), 1, 'in place of the one before');
  await page.click('#start');
  await untilPoints(page, 5);
  assert.equal(await told(), 0, 'it has begun');
  await page.click('#text-default');
  assert.match(`${await page.textContent('#text-name')}`, /Shakespeare/);
  assertNoFaults(page);
});

test('a checkpoint goes out as a file and comes back at the same step', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=50`);
  await page.click('#start');
  await inState(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.equal(download.suggestedFilename(), 'folio-step-50.safetensors');
  const buffer = await readFile(await download.path());

  const fresh = await site.open(t);
  await ready(fresh);
  await fresh.setInputFiles('#checkpoint-file', { name: 'mine.safetensors', mimeType: 'application/octet-stream', buffer });
  await untilNotice(fresh, /mine\.safetensors is open: 50 steps/);
  assert.equal(await fresh.inputValue('#f-n_embd'), '32');
  await fresh.click('#write');
  await fresh.waitForFunction(() => (document.getElementById('sample')?.textContent?.length ?? 0) > 100);
  assertNoFaults(fresh);
});
