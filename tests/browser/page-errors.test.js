// What goes wrong on the page is told by name and reason, and nothing is lost by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TINY, assertNoFaults, inState, paste, pressAfter, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();

/** The name of the newest error, which is not shown. @param {import('./page.js').Page} page */
const nameOf = (page) => page.getAttribute('.notice.bad', 'data-name');

test('a text shorter than block_size', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  await paste(page, 'too short');
  await page.click('#start');
  await untilNotice(page, /too short for block_size/);
  assert.equal(await nameOf(page), 'TOO_SHORT');
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
  await page.evaluate(pressAfter, 10);
  await inState(page, 'paused');
  const at = await steps(page);
  await page.setInputFiles('#checkpoint-file', { name: 'x.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('not a checkpoint') });
  await untilNotice(page, /./);
  assert.equal(await nameOf(page), 'CHECKPOINT');
  await inState(page, 'paused');
  await page.click('#start');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
  assertNoFaults(page);
});

test('a checkpoint longer than any that fits is refused by its size, unread', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  await page.evaluate(() => {
    Object.defineProperty(Blob.prototype, 'size', { get: () => 6e9 });
    Blob.prototype.arrayBuffer = () => Promise.reject(new Error('it was read'));
  });
  await page.setInputFiles('#checkpoint-file', { name: 'long.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.alloc(8) });
  assert.equal(await untilNotice(page, /./), 'long.safetensors has 6.00 GB; a checkpoint of at most 2.15 GB can be opened in a tab.');
  assertNoFaults(page);
});

test('a model too big for memory is told with its bytes before it is made', async (t) => {
  const page = await site.open(t, '#n_layer=96&n_embd=8192&n_head=8');
  await ready(page);
  await page.waitForSelector('#model-fault:not([hidden])');
  assert.match(`${await page.textContent('#model-fault')}`, /^Training this model takes \d.*(GB|TB)/);
  await page.click('#start');
  await untilNotice(page, /\d/);
  assert.equal(await nameOf(page), 'MEMORY');
  await inState(page, 'idle');
  assertNoFaults(page);
});

test('settings that do not go together, and values out of range, are told where they stand', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await page.fill('#f-n_head', '7');
  await page.waitForSelector('#model-fault:not([hidden])');
  assert.match(`${await page.textContent('#model-fault')}`, /n_embd must be divisible by n_head/);
  await page.fill('#f-n_head', '4');
  await page.waitForSelector('#model-fault', { state: 'hidden' });
  await page.fill('#f-dropout', '2');
  assert.match(`${await page.textContent('#f-dropout-fault')}`, /Dropout is 2; it must be from 0 to 0\.95/);
  assert.equal(await page.getAttribute('#f-dropout', 'aria-invalid'), 'true');
  await page.focus('#f-n_head');
  assert.equal(await page.inputValue('#f-dropout'), '0', 'what was wrong never counted');
  assert.ok(await page.isVisible('#f-dropout-fault'), 'why stays');
  const before = await page.inputValue('#f-n_layer');
  await page.locator('#f-n_layer').selectText();
  await page.locator('#f-n_layer').pressSequentially('5000');
  await page.focus('#f-n_head');
  assert.equal(await page.inputValue('#f-n_layer'), before, 'not its first digits either');
  assert.match(`${await page.textContent('#f-n_layer-fault')}`, /Layers is 5000; it must be from 1 to 96/);
  const box = async (/** @type {string} */ of) => /** @type {{x: number, y: number, width: number, height: number}} */ (await page.locator(of).boundingBox());
  const [line, group, below] = [await box('#f-n_layer-fault'), await box('.fields-model'), await box('#f-dropout')];
  assert.equal(line.width, group.width, 'a line across the group');
  assert.ok(line.height < 30 && line.y + line.height < below.y, 'that covers nothing');
  await page.fill('#f-n_head', '2');
  assert.ok(await page.isHidden('#f-n_layer-fault'));
  assertNoFaults(page);
});

test('a prompt with a character the model does not know', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=20`);
  await ready(page);
  await page.fill('#prompt', 'Ж');
  await page.click('#start');
  await inState(page, 'done');
  assert.match(`${await untilNotice(page, /Ж/)}`, /writes from nothing until “Let it go on from” is changed\.$/);
  assert.equal(await page.locator('#notices .notice').count(), 1, 'told once');
  assert.deepEqual(await page.locator('#strip .steps').allTextContents(), ['1', '10', '20']);
  await page.click('#write');
  await page.waitForSelector('.notice[data-name=UNKNOWN_CHAR]');
  await page.fill('#prompt', 'a');
  await page.click('#write');
  await page.waitForFunction(() => (document.getElementById('sample')?.textContent?.length ?? 0) > 50);
  assertNoFaults(page);
});

test('a worker that died and could not be replaced is replaced by Start, as soon as that can be', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0&tokenizer=byte`);
  await page.click('#start');
  await untilPoints(page, 10);
  await page.waitForSelector('#tokens[data-whose=byte]');
  await page.route('**/*.wasm', (route) => route.abort());
  await page.workers()[0].evaluate(() => self.close());
  await inState(page, 'idle');
  await page.unroute('**/*.wasm');
  await page.click('#start');
  await inState(page, 'training');
  await untilPoints(page, 3);
  await page.click('#start');
  await page.selectOption('#f-tokenizer', 'char');
  await page.waitForSelector('#tokens[data-whose=char]');
  await page.selectOption('#f-tokenizer', 'byte');
  await page.waitForSelector('#tokens[data-whose=byte]');
});

test('a preset that does not arrive leaves the one before, by name too', async (t) => {
  const page = await site.open(t, TINY);
  await page.route('**/presets/gpt2.json', (route) => route.abort());
  await ready(page);
  const width = await page.inputValue('#f-n_embd');
  await page.selectOption('#f-preset', 'gpt2');
  await untilNotice(page, /The preset gpt2 did not arrive/);
  await page.waitForFunction(() => /** @type {HTMLSelectElement} */ (document.getElementById('f-preset')).value === 'tiny');
  assert.equal(await page.inputValue('#f-n_embd'), width);
  await page.fill('#f-seed', '5');
  await page.waitForFunction(() => location.hash.includes('seed=5'));
  assert.match(new URL(page.url()).hash, /preset=tiny/);
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
