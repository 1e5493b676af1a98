// The tokens of the Text section: the package's own, in colours, counted side by side, chosen for training, and the windows over them.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { before, test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { ENCODINGS } from '../../www/encodings.js';
import { COLOURS, TINY, assertNoFaults, audit, figure, inState, notices, openAll, pasted, ready, setUp, untilNotice } from './page.js';

const site = setUp();
const TEXT = readFileSync(new URL('../../models/mock-shakespeare.txt', import.meta.url), 'utf8');
const RANKS = new URL('../../build/ranks/', import.meta.url);
/** Characters of one to four bytes, and one of several code points. */
const MANY_BYTES = 'Grüße, 你好 👩‍💻!\n'.repeat(200);

/** @type {import('../../wasm/src/folio.js').Folio} */
let folio;
before(async () => {
  folio = await load();
});

/** The package's tokenizer as the page should have it. @param {string} name @param {string} text @param {number} [vocabSize] */
function tokenizer(name, text, vocabSize) {
  const encoding = ENCODINGS.find((known) => known.name === name);
  if (encoding) return folio.tokenizer.ranks(new Uint8Array(readFileSync(new URL(`${encoding.file}.ranks`, RANKS))), { encoding: name });
  return folio.tokenizer.train(/** @type {'char'} */ (name), text, { vocabSize });
}

/** Until the first lines are that tokenizer's. @param {import('./page.js').Page} page @param {string} name */
const untilShown = (page, name) => page.waitForSelector(`#tokens[data-whose="${name}"] [role=option]`);

/** What is drawn: text and id of each token. @param {import('./page.js').Page} page */
const drawn = (page) =>
  page.evaluate(() => [...document.querySelectorAll('#tokens [role=option]')].map((token) => ({
    text: token.textContent ?? '',
    id: Number(token.getAttribute('aria-label')?.match(/, id (\d+), (?:byte|\d+ bytes) [0-9a-f ]+…?$/)?.[1] ?? NaN),
  })));

/** A row of the table, as soon as its numbers are there. @param {import('./page.js').Page} page @param {string} name */
async function row(page, name) {
  await page.waitForFunction((key) => /^\d/.test(document.querySelector(`tr[data-tokenizer=${key}] td:nth-child(2)`)?.textContent ?? ''), name);
  const [tokens, ratio] = await page.locator(`tr[data-tokenizer=${name}] td`).allTextContents();
  return { tokens: Number(tokens.replaceAll(',', '')), ratio };
}

/** @param {import('./page.js').Page} page */
const openFold = (page) => page.click('#compare > summary');

for (const [name, size] of /** @type {[string, number?][]} */ ([['char'], ['byte'], ['word', 500], ['bpe', 400]])) {
  test(`the first lines in ${name} tokens are the beginning of the text, with the package's ids`, async (t) => {
    const page = await site.open(t, `#tokenizer=${name}${size ? `&vocab_size=${size}` : ''}`);
    await ready(page);
    for (const text of [TEXT, MANY_BYTES]) {
      if (text !== TEXT) await pasted(page, text);
      await page.waitForFunction((start) => document.getElementById('tokens')?.textContent?.startsWith(start), text.slice(0, 20));
      await untilShown(page, name);
      const tokens = await drawn(page);
      const joined = tokens.map((token) => token.text).join('');
      assert.ok(text.startsWith(joined) && joined.length > 40, `joined: ${JSON.stringify(joined)}`);
      const ids = tokenizer(name, text, size).encode(text);
      assert.deepEqual(tokens.map(({ id }) => id), [...ids.slice(0, tokens.length)]);
    }
    assertNoFaults(page);
  });
}

test('the table says what encode() says; encodings are fetched only when asked for', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, '#tokenizer=bpe&vocab_size=512');
  /** @type {string[]} */
  const fetched = [];
  page.on('request', (request) => request.url().includes('/ranks/') && fetched.push(request.url().replace(/.*\//, '')));
  await ready(page);
  await openFold(page);
  const check = async (/** @type {string} */ name, /** @type {number} */ size) => {
    const { length } = tokenizer(name, TEXT, size).encode(TEXT);
    assert.deepEqual(await row(page, name), { tokens: length, ratio: (Buffer.byteLength(TEXT) / length).toFixed(2) }, name);
  };
  await check('char', 0);
  await check('byte', 0);
  await check('word', 4096);
  await check('bpe', 512);
  assert.deepEqual(fetched, [], 'nothing is fetched unasked');
  for (const { name, file } of ENCODINGS) {
    await page.click(`tr[data-tokenizer=${name}] td button`);
    await check(name, 0);
    await untilShown(page, name);
    assert.equal(fetched.at(-1), `${file}.ranks`);
    const ids = tokenizer(name, TEXT).encode(TEXT.slice(0, 4096));
    const tokens = await drawn(page);
    assert.deepEqual(tokens.map(({ id }) => id), [...ids.slice(0, tokens.length)]);
  }
  assert.equal(fetched.length, ENCODINGS.length, 'each once');
  await page.fill('#f-vocab_size', '300');
  await page.waitForFunction(() => document.querySelector('tr[data-tokenizer=bpe] .size')?.textContent === 'of 300');
  await check('bpe', 300);
  await pasted(page, MANY_BYTES);
  await page.waitForFunction((n) => document.querySelector('tr[data-tokenizer=byte] td')?.textContent === n, Buffer.byteLength(MANY_BYTES).toLocaleString('en'));
  assert.equal((await row(page, 'o200k_base')).tokens, tokenizer('o200k_base', '').encode(MANY_BYTES).length);
  assert.equal(fetched.length, ENCODINGS.length, 'another text needs no other file');
  assertNoFaults(page);
});

test('the size that is said before is that of the file', () => {
  for (const { file, bytes } of ENCODINGS) assert.equal(statSync(new URL(`${file}.ranks`, RANKS)).size, bytes, file);
});

test('tokens that do not arrive are told of, and can be asked for again', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await openFold(page);
  await row(page, 'bpe');
  await page.route('**/ranks/**', (route) => route.abort());
  await page.click('tr[data-tokenizer=gpt2] td button');
  await untilNotice(page, /The tokens of gpt2 did not arrive/);
  await page.waitForFunction(() => document.querySelector('tr[data-tokenizer=gpt2] td button')?.textContent?.startsWith('Fetch 371 kB'));
  await page.unroute('**/ranks/**');
  await page.click('tr[data-tokenizer=gpt2] td button');
  await row(page, 'gpt2');
});

for (const [name, size] of /** @type {[string, number][]} */ ([['bpe', 300], ['word', 200], ['byte', 256]])) {
  test(`${name} trains and writes on the page, and the model's size is that of its vocabulary`, { timeout: 60_000 }, async (t) => {
    const page = await site.open(t, `${TINY}&max_iters=30&tie_weights=true`);
    await ready(page);
    await page.selectOption('#f-tokenizer', name);
    if (name !== 'byte') await page.fill('#f-vocab_size', String(size));
    else assert.ok(await page.locator('#f-vocab_size').isHidden(), 'a vocabulary that cannot be chosen has no field');
    await untilShown(page, name);
    const width = Number(await page.inputValue('#f-n_embd'));
    await page.click('#start');
    await inState(page, 'done');
    await page.waitForFunction(() => (document.getElementById('sample')?.textContent?.length ?? 0) > 30);
    const first = Number(await page.textContent('#table tbody tr:first-child td'));
    assert.ok(Math.abs(first - Math.log(size)) < 0.4, `first loss ${first}, ln ${size} is ${Math.log(size)}`);
    const said = Number((await page.textContent('#model-parameters'))?.replaceAll(',', ''));
    await page.selectOption('#f-tokenizer', 'char');
    const characters = new Set(TEXT).size;
    const small = `${(said - (size - characters) * width).toLocaleString('en')}`;
    await page.waitForFunction((words) => document.getElementById('model-parameters')?.textContent === words, small);
    assert.ok((await figure(page, 'val-loss')) < first);
    assertNoFaults(page);
  });
}

test('bpe with fewer than 257 tokens is answered at its field, in a link, and when it becomes too few', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=5&tokenizer=bpe&vocab_size=256`);
  await ready(page);
  assert.match((await notices(page)).join(), /Left out of the link: vocab_size is 256; it must be from 257/);
  assert.equal(await page.inputValue('#f-vocab_size'), '1024');
  await page.fill('#f-vocab_size', '256');
  assert.equal(await page.textContent('#f-vocab_size-fault'), 'Vocabulary is 256; it must be from 257 to 1048576.');
  assert.equal(await page.getAttribute('#f-vocab_size', 'aria-invalid'), 'true');
  await page.selectOption('#f-tokenizer', 'word');
  await page.fill('#f-vocab_size', '100');
  assert.ok(await page.locator('#f-vocab_size-fault').isHidden(), '100 words are enough');
  await page.focus('#f-tokenizer');
  await page.selectOption('#f-tokenizer', 'bpe');
  assert.equal(await page.inputValue('#f-vocab_size'), '1024', 'what cannot be is not kept');
  await page.click('#start');
  await inState(page, 'done');
  assert.doesNotMatch((await notices(page)).join(), /RANGE/);
});

test('by keyboard alone: one tab stop for all tokens, arrows to each, id and bytes in words', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await untilShown(page, 'char');
  for (let i = 0; i < 10 && !(await page.evaluate(() => document.activeElement?.matches('#tokens [role=option]'))); i++) await page.keyboard.press('Tab');
  const { id } = (await drawn(page))[0];
  const told = () => page.textContent('#token-reading');
  assert.equal(await told(), `${TEXT[0]} id ${id}, byte ${TEXT.charCodeAt(0).toString(16)}`);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
  const third = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  assert.equal(third, `“${TEXT[2]}”, id ${(await drawn(page))[2].id}, byte ${TEXT.charCodeAt(2).toString(16)}`);
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.evaluate(() => {
    const [first, here] = [document.querySelector('#tokens [role=option]'), document.activeElement];
    return Number(here?.getBoundingClientRect().top) > Number(first?.getBoundingClientRect().bottom) - 4;
  }), 'the line below');
  await page.keyboard.press('End');
  assert.equal(await page.evaluate(() => document.activeElement?.nextElementSibling), null);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'f-tokenizer', 'one more Tab leaves them');
  await page.hover('#tokens [role=option]:nth-child(2)');
  assert.match(`${await told()}`, new RegExp(`^${TEXT[1]} id \\d+, byte `));
  assertNoFaults(page);
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe-core finds nothing in ${colorScheme}, with tokens, brackets and all rows, and nothing is wider than 320 px`, { timeout: 60_000 }, async (t) => {
    const page = await site.open(t, '#tokenizer=bpe&vocab_size=300&batching=epoch&block_size=16&stride=6', { colorScheme });
    await ready(page);
    await openFold(page);
    await page.click('tr[data-tokenizer=o200k_base] td button');
    await row(page, 'o200k_base');
    for (const width of [1440, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await openAll(page);
      assert.deepEqual(await audit(page, '#text', colorScheme === 'dark' ? COLOURS : undefined), [], `${width} px`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }
    assertNoFaults(page);
  });
}

test('another tokenizer, another text and a dead worker, at any time: what is shown at last is what was chosen at last', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000`);
  await ready(page);
  await openFold(page);
  await page.setInputFiles('#text-file', { name: 'long.txt', mimeType: 'text/plain', buffer: Buffer.from(TEXT.repeat(10)) });
  await untilNotice(page, /long\.txt it is/);
  for (const name of ['bpe', 'word', 'char', 'bpe', 'word']) {
    await page.selectOption('#f-tokenizer', name);
    await page.waitForTimeout(200);
  }
  assert.equal((await row(page, 'word')).tokens, tokenizer('word', TEXT.repeat(10), 4096).encode(TEXT.repeat(10)).length);
  await untilShown(page, 'word');
  await page.click('#text-default');
  await page.click('#start');
  await inState(page, 'training');
  await page.selectOption('#f-tokenizer', 'bpe');
  await untilShown(page, 'bpe');
  assert.deepEqual(await notices(page).then((all) => all.filter((words) => /worker/i.test(words))), [], 'no run is lost for it');
  await page.workers()[0].evaluate(() => self.close());
  await untilNotice(page, /goes on from the checkpoint/);
  await page.fill('#f-vocab_size', '300');
  await page.waitForFunction(() => document.querySelector('tr[data-tokenizer=bpe] .size')?.textContent === 'of 300');
  assertNoFaults(page);
});

test('the windows of an epoch are drawn over the tokens they hold; random ones are told of', async (t) => {
  let page = await site.open(t, '#block_size=32');
  await ready(page);
  const words = (/** @type {RegExp} */ wanted) => page.waitForFunction((source) => new RegExp(source).test(document.getElementById('windows-words')?.textContent ?? ''), wanted.source);
  await words(/^A step reads 16 random windows of 32\.$/);
  assert.equal(await page.locator('.window').count(), 0);
  page = await site.open(t, '#block_size=32&batching=epoch&stride=16');
  const ids = folio.tokenizer.train('char', TEXT).encode(TEXT);
  const config = folio.config({ vocab_size: new Set(TEXT).size, block_size: 32, batching: 'epoch', stride: 16 });
  const { windows } = folio.dataset(config, ids);
  await words(new RegExp(`^Windows of 32 tokens, one every 16, overlapping: ${windows.toLocaleString('en')} in an epoch; the first`));
  const places = await page.evaluate(() => {
    const left = (/** @type {Element|null} */ element) => Math.round(element?.getBoundingClientRect().left ?? NaN);
    const tokens = document.querySelectorAll('#tokens [role=option]');
    const begins = [...document.querySelectorAll('.window.begins')];
    return { begins: begins.map(left), starts: begins.map((_, i) => left(tokens[16 * i])), drawn: Number(document.getElementById('windows')?.dataset.windows) };
  });
  assert.deepEqual(places.begins, places.starts);
  assert.equal(places.begins.length, places.drawn);
  assertNoFaults(page);
});
