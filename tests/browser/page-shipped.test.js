// The model that comes with Folio, on the page: it writes before any training, is fetched only when asked for, and can be gone on from.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, figure, inState, pasted, ready, setUp, untilNotice } from './page.js';

const site = setUp();
const MODEL = '**/model/model.safetensors';

/** @param {import('./page.js').Page} page @param {RegExp} words */
const untilCaption = (page, words) =>
  page.waitForFunction((source) => new RegExp(source).test(document.getElementById('sample-caption')?.textContent ?? ''), words.source);

/** @param {import('./page.js').Page} page */
const written = async (page) => `${await page.textContent('#sample')}`;

test('before any training it writes, in words; nothing of it is fetched before', async (t) => {
  const page = await site.open(t, TINY);
  let fetched = 0;
  page.on('request', (request) => {
    if (request.url().includes('/model/')) fetched++;
  });
  await ready(page);
  assert.equal(fetched, 0);
  await page.fill('#prompt', 'ROMEO:');
  await page.click('#write');
  await untilCaption(page, /^By the model that comes with Folio: \d\.\d million parameters, [\d,]+ steps/);
  await page.waitForSelector('#hush', { state: 'hidden' });
  const text = await written(page);
  assert.equal(text.slice(0, 6), 'ROMEO:');
  assert.ok((text.match(/\b(the|and|to|of|my|I|you|that|a|in)\b/g) ?? []).length >= 5, text);
  await page.click('#write');
  await page.waitForSelector('#hush', { state: 'hidden' });
  assert.deepEqual([await written(page), fetched], [text, 1]);
  assertNoFaults(page);
});

test('Stop stops it, and Start takes the pen from it', async (t) => {
  const page = await site.open(t, `${TINY}&tokens=5000`);
  await ready(page);
  /** The page itself presses a button as soon as something is written: nobody else may come in time. @param {string} button */
  const writeUntil = async (button) => {
    await page.evaluate((id) => {
      const sheet = /** @type {HTMLElement} */ (document.getElementById('sample'));
      document.getElementById('write')?.click();
      new MutationObserver((_, observer) => {
        if ((sheet.textContent?.length ?? 0) <= 60) return;
        observer.disconnect();
        document.getElementById(id)?.click();
      }).observe(sheet, { childList: true, characterData: true, subtree: true });
    }, button);
    await page.waitForSelector('#hush', { state: 'hidden' });
  };
  await writeUntil('hush');
  assert.ok((await written(page)).length < 4900);
  await writeUntil('start');
  await untilCaption(page, /^After/);
  await page.click('#start');
  assertNoFaults(page);
});

for (const [what, answer, words] of /** @type {const} */ ([
  ['is not there', { status: 404, body: 'not here' }, /The model that comes with Folio did not arrive \(\/model\/model\.safetensors: 404/],
  ['is damaged', { status: 200, body: 'no model' }, /safetensors: /],
])) {
  test(`where it ${what} the page says so, and the reader's own writes`, async (t) => {
    const page = await site.open(t, TINY);
    await page.route(MODEL, (route) => route.fulfill(answer));
    await ready(page);
    await page.click('#write');
    await untilNotice(page, words);
    await untilCaption(page, /^Untrained, as you asked/);
  });
}

test('it goes on from there with another text', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=6`);
  await ready(page);
  await pasted(page, 'the cat sat on the mat and the dog sat on the log, says the manual for the household.\n'.repeat(200));
  await page.selectOption('#from', 'shipped');
  await untilNotice(page, /Start lets the model that comes with Folio learn/);
  await page.fill('#f-max_iters', '10');
  await page.fill('#f-batch_size', '2');
  await page.click('#start');
  await inState(page, 'done');
  const lossIn = (/** @type {string} */ row) => page.textContent(`#table tbody tr:${row} td:last-child`);
  const [first, last] = [Number(await lossIn('first-child')), Number(await lossIn('last-child'))];
  assert.ok(first < 3.5 && last < first, `from ${first} to ${last}`);
  assert.ok((await figure(page, 'loss')) < 3);
  assertNoFaults(page);
});
