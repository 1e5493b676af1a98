// A run survives its tab: reloaded, killed, without room, without any storage, in two tabs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { launchFirefox } from './engines.js';
import { KINDS, dice, killAgain } from './kills.js';
import { TINY, assertNoFaults, figure, inState, notices, paste, pressAfter, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();
const LONG = `${TINY}&max_iters=20000&eval_interval=0`;
const NO_FILES = 'navigator.storage.getDirectory = () => Promise.reject(new DOMException("no", "SecurityError"));';
const NO_DATABASE = 'indexedDB.open = () => { throw new DOMException("no", "SecurityError"); };';

/** The worker that stores begins with these lines. @param {string} lines @returns {(page: import('playwright-core').Page) => Promise<unknown>} */
const withWorker = (lines) => async (page) => {
  const body = `${lines}\n${await readFile(new URL('../../build/site/storage-worker.js', import.meta.url), 'utf8')}`;
  await page.route('**/storage-worker.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
};

/** Trains a little and pauses: what is stored then. @param {import('playwright-core').Page} page */
async function trained(page) {
  await page.click('#start');
  await page.evaluate(pressAfter, 20);
  await inState(page, 'paused');
  return steps(page);
}

/** Until that step is stored. @param {import('playwright-core').Page} page @param {number} step */
const untilKept = (page, step) => page.waitForFunction((n) => document.getElementById('kept-words')?.textContent?.endsWith(`step ${n}.`), step.toLocaleString('en'));

/** A button of a notice. @param {import('./page.js').Page} page @param {string} name */
const button = (page, name) => page.locator('#notices').getByRole('button', { name });

test('killed four ways, it goes on from what was stored, to the same digest', { timeout: 120_000 }, async () => {
  assert.deepEqual(await killAgain(site.browser, site.url, { kinds: [...KINDS], random: dice(1), steps: 200 }), []);
});

test('a storing worker that could not be started is started with the next call', async (t) => {
  const before = (/** @type {import('playwright-core').Page} */ page) => page.addInitScript(() => {
    let refused = 0;
    globalThis.Worker = class extends Worker {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        if (/storage-worker/.test(String(url)) && refused++ < 2) throw new Error('not now');
        super(url, options);
      }
    };
  });
  const page = await site.open(t, LONG, { before });
  await ready(page);
  await untilKept(page, await trained(page));
  assertNoFaults(page);
});

test('a run that is over before the part that stores has arrived is stored', async (t) => {
  let open = () => {};
  const gate = new Promise((resolve) => (open = () => resolve(undefined)));
  const page = await site.open(t, `${TINY}&max_iters=30`, { before: (made) => made.route('**/keep-*.js', (route) => gate.then(() => route.continue())) });
  await ready(page);
  await page.click('#start');
  await inState(page, 'done');
  assert.ok(await page.isHidden('#kept-words'));
  open();
  await untilKept(page, 30);
  assertNoFaults(page);
});

for (const [where, lines] of [['the file system', ''], ['the database, where there is no file system', NO_FILES]]) {
  test(`a reload offers the run out of ${where}; it goes on with text, settings, chart and samples, or is forgotten`, { timeout: 60_000 }, async (t) => {
    const page = await site.open(t, `${LONG}&temperature=0.5`, { before: withWorker(lines) });
    await ready(page);
    await paste(page, 'the cat sat on the mat. '.repeat(300));
    const at = await trained(page);
    await untilKept(page, at);
    const samples = await page.locator('#strip button').count();
    await page.evaluate(() => sessionStorage.clear());
    await page.goto('about:blank');
    await page.goto(site.url);
    const words = `${await untilNotice(page, /A run is kept/)}`;
    assert.match(words, new RegExp(`^A run is kept: Your text, step ${at} of 20,000, loss \\d\\.\\d{3}, today at `));
    assert.equal(await page.getAttribute('body', 'data-status'), 'idle', 'nothing begins without a click');
    await button(page, 'Go on').click();
    await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
    assert.equal(await page.textContent('#text-name'), 'Your text');
    assert.equal(await page.inputValue('#f-temperature'), '0.5');
    assert.equal(await page.inputValue('#f-n_embd'), '32');
    assert.ok((await page.locator('#strip button').count()) >= samples);
    await untilPoints(page, at + 1);
    await page.reload();
    await untilNotice(page, /A run is kept/);
    await button(page, 'Forget it').click();
    await page.waitForFunction(() => !document.querySelector('#notices .notice'));
    await page.reload();
    await ready(page);
    await page.waitForFunction(() => document.getElementById('forget')?.hidden);
    assert.deepEqual(await notices(page), []);
    assertNoFaults(page);
  });
}

test('what a living tab trains is not offered to another, nor forgotten by it; when it is gone, it is offered', { timeout: 60_000 }, async (t) => {
  const one = await site.open(t, LONG);
  const at = await trained(one);
  await untilKept(one, at);
  const two = await one.context().newPage();
  await two.goto(site.url + LONG);
  await ready(two);
  const other = await trained(two);
  await untilKept(two, other);
  assert.deepEqual(await notices(two), []);
  await one.close();
  const three = await two.context().newPage();
  await three.goto(site.url + LONG);
  const offer = three.locator('#notices .notice').filter({ hasText: 'A run is kept' });
  assert.match(`${await offer.textContent()}`, new RegExp(`step ${at} of`));

  await three.click('#forget');
  await untilNotice(three, /^Nothing is kept any more\.$/);
  const next = await trained(three);
  await untilKept(three, next); // that was meant for what had been kept
  await three.click('#forget');
  await untilNotice(three, /This run is not kept either/);
  await three.click('#start');
  await three.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n + 20, next);
  await three.click('#start');
  await inState(three, 'paused');
  assert.ok(await three.isHidden('#kept-words'));
  await two.close();
  await three.reload();
  await untilNotice(three, new RegExp(`A run is kept: .* step ${other} of`)); // what another tab had was not forgotten
});

test('both runs of a race are kept; the newest is offered, the older one on request', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=60&eval_interval=0&tokens=5`);
  await page.click('#start');
  await inState(page, 'done');
  const first = await figure(page, 'val-loss');
  await page.click('#race');
  await page.waitForSelector('.race-words:not([hidden])');
  await page.fill('#f-seed', '7');
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForFunction(() => /at 60 steps/.test(document.querySelector('.race-words')?.textContent ?? ''));
  await page.waitForSelector('#kept-words[aria-busy=false]'); // a run is done once its last is on its way to the disk
  await page.click('#race'); // ends it, and the figures are the last ones
  await page.waitForSelector('.race-words', { state: 'hidden' });
  const both = await page.locator('.run-figures').allTextContents();
  await page.reload();
  const offers = page.locator('#notices .notice').filter({ hasText: 'A run is kept' });
  await button(page, 'Show an older one').click();
  assert.equal(await offers.count(), 2);
  const words = await offers.allTextContents();
  for (const figures of both) assert.ok(words.some((offer) => offer.includes(`loss ${figures.match(/validation (.*)$/)?.[1]}`)), `${words.join()} has not ${figures}`);
  await offers.filter({ hasText: `loss ${first.toFixed(3)}` }).getByRole('button', { name: 'Bring it back' }).click();
  await inState(page, 'done');
  assert.equal(await figure(page, 'val-loss'), first);
  await page.waitForSelector('#chart[data-levels="uniform unigram bigram trigram"]');
  assert.equal(await page.inputValue('#f-seed'), '1337');
  assertNoFaults(page);
});

test('without room it is told once, and training goes on', { timeout: 60_000 }, async (t) => {
  const full = `const { write } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.write = function (bytes, at) {
      if (bytes.length > 100) throw new DOMException("full", "QuotaExceededError");
      return write.call(this, bytes, at);
    };`;
  const page = await site.open(t, LONG, { before: withWorker(full) });
  const at = await trained(page);
  await untilNotice(page, /space that this browser has for the page is full: the run is not kept/);
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n + 20, at);
  await page.click('#start');
  await inState(page, 'paused');
  assert.equal((await notices(page)).length, 1);
  assertNoFaults(page);
});

test('with no storage at all it is told once, quietly, and all else works', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, LONG, { before: withWorker(NO_FILES + NO_DATABASE) });
  const at = await trained(page);
  await untilNotice(page, /This browser lets the page keep nothing: the run ends with its tab/);
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n + 20, at);
  await page.click('#start');
  await inState(page, 'paused');
  await page.click('#write');
  await page.waitForSelector('#write:not([aria-disabled])');
  assert.equal((await notices(page)).length, 1);
  assertNoFaults(page);
});

test('Firefox goes on after a reload, to the checkpoint of a run that was not interrupted', { timeout: 120_000 }, async (t) => {
  const browser = await launchFirefox();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const done = () => page.waitForSelector('body[data-status=done]', { timeout: 60_000 });
  /** Of the file that Download gives. */
  const digest = () => page.evaluate(() => new Promise((resolve) => {
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const hashed = /** @type {Blob} */ (blob).arrayBuffer().then((bytes) => crypto.subtle.digest('SHA-256', bytes));
      resolve(hashed.then((hash) => [...new Uint8Array(hash)].join()));
      return createObjectURL(new Blob());
    };
    document.getElementById('download')?.click();
  }));
  await page.goto(`${site.url}${TINY}&max_iters=300&eval_interval=0&tokens=20`);
  await page.waitForSelector('body[data-ready]');
  await page.click('#start');
  await done();
  const expected = await digest();
  await page.click('#reset');
  await page.waitForSelector('body[data-status=idle]');
  await page.click('#start');
  await page.evaluate(pressAfter, 60);
  await page.waitForSelector('body[data-status=paused]');
  const at = await page.$eval('#progress', (element) => Number(element.getAttribute('aria-valuenow')));
  await page.waitForFunction((n) => document.getElementById('kept-words')?.textContent?.endsWith(`step ${n}.`), {}, at);
  await page.reload();
  await page.waitForSelector('#notices .notice');
  const words = await page.$eval('#notices .notice p', (element) => element.textContent);
  assert.match(`${words}`, new RegExp(`A run is kept: .*, step ${at} of 300`));
  await page.$eval('#notices .notice button', (element) => /** @type {HTMLElement} */ (element).click());
  await done();
  assert.equal(await digest(), expected);
});
