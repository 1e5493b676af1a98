// What goes wrong on the page is told by name and reason, and nothing is lost by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, inState, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();

/** @param {import('./page.js').Page} page @param {string} text */
async function paste(page, text) {
  await page.click('#text-paste');
  await page.fill('#text-own', text);
  await page.click('#text-form button');
}

test('a text shorter than block_size', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  await paste(page, 'too short');
  await page.click('#start');
  assert.match(`${await untilNotice(page, /too short for block_size/)}`, /^TOO_SHORT /);
  await inState(page, 'idle');
  assert.equal(await page.textContent('#text-name'), 'Your text', 'the text is still there');
  await page.click('#text-default');
  await page.click('#start');
  await untilPoints(page, 3);
  assertNoFaults(page);
});

test('an empty text and a file that is no text leave the one before in place', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  const before = await page.textContent('#text-facts');
  await paste(page, '');
  await untilNotice(page, /Your text is empty/);
  await page.setInputFiles('#text-file', { name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0xff, 0xfe]) });
  await untilNotice(page, /cat\.png is not UTF-8 text/);
  await page.setInputFiles('#text-file', { name: 'none.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
  await untilNotice(page, /none\.txt is empty/);
  assert.equal(await page.textContent('#text-facts'), before);
  assertNoFaults(page);
});

test('a file that is no checkpoint leaves the run as it was', async (t) => {
  const page = await site.open(t, TINY);
  await page.click('#start');
  await untilPoints(page, 10);
  await page.click('#start');
  await inState(page, 'paused');
  const at = await steps(page);
  await page.setInputFiles('#checkpoint-file', { name: 'x.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('not a checkpoint') });
  assert.match(`${await untilNotice(page, /./)}`, /^CHECKPOINT /);
  await inState(page, 'paused');
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
  assertNoFaults(page);
});

test('a model too big for memory is told with its bytes before it is made', async (t) => {
  const page = await site.open(t, '#n_layer=96&n_embd=8192&n_head=8');
  await ready(page);
  await page.waitForSelector('#model-fault:not([hidden])');
  assert.match(`${await page.textContent('#model-fault')}`, /MEMORY.*\d+ (GB|TB)/);
  await page.click('#start');
  assert.match(`${await untilNotice(page, /MEMORY/)}`, /\d/);
  await inState(page, 'idle');
  assertNoFaults(page);
});

test('settings that do not go together, and values out of range, are told where they stand', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await page.fill('#f-n_head', '7');
  await page.waitForSelector('#model-fault:not([hidden])');
  assert.match(`${await page.textContent('#model-fault')}`, /HEADS.*n_embd must be divisible by n_head/);
  await page.fill('#f-n_head', '4');
  await page.waitForSelector('#model-fault', { state: 'hidden' });
  await page.fill('#f-dropout', '2');
  assert.match(`${await page.textContent('#f-dropout-fault')}`, /Dropout is 2; it must be from 0 to 0\.95/);
  assert.equal(await page.getAttribute('#f-dropout', 'aria-invalid'), 'true');
  await page.focus('#f-n_head');
  assert.equal(await page.inputValue('#f-dropout'), '0', 'what was wrong never counted');
  assertNoFaults(page);
});

test('a prompt with a character the model does not know', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=20`);
  await page.click('#start');
  await inState(page, 'done');
  await page.fill('#prompt', 'Ж');
  await page.click('#write');
  assert.match(`${await untilNotice(page, /Ж/)}`, /^UNKNOWN_CHAR /);
  await page.fill('#prompt', 'a');
  await page.click('#write');
  await page.waitForFunction(() => (document.getElementById('sample')?.textContent?.length ?? 0) > 50);
  assertNoFaults(page);
});

for (const [what, path] of [['text', '**/data/text.txt'], ['preset', '**/presets/shakespeare.json'], ['module', '**/*.wasm']]) {
  test(`without its ${what} the page says which file is missing`, async (t) => {
    const page = await site.open(t);
    await page.route(path, (route) => route.fulfill({ status: 404, contentType: 'text/html', body: '<h1>not here</h1>' }));
    await page.reload();
    assert.match(`${await untilNotice(page, /404/)}`, /text\.txt|shakespeare|\.wasm/);
    await page.click('#start');
    await page.waitForTimeout(100);
    assert.ok(page.faults.every((fault) => fault.includes('404')), page.faults.join('\n'));
  });
}
