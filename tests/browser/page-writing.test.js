// The Writing section: what was likely and what was not, on the leaf and in words; where it stops; the strip, and two leaves side by side.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { load } from '../../wasm/src/folio.js';
import { openWriter } from '../../wasm/src/run.js';
import { bytes } from '../../www/format.js';
import { SHIPPED_BYTES } from '../../www/shipped-size.js';
import { COLOURS, TINY, assertNoFaults, audit, inState, longestTask, notices, pasted, ready, setUp, untilNotice } from './page.js';
import { serve } from './server.js';

const site = setUp();
const MODEL = new URL('../../models/shakespeare-char/model.safetensors', import.meta.url);

/** @typedef {import('./page.js').AnyPage} Page */

/** The page as it is written, whose modules a test can import one by one. @param {import('node:test').TestContext} t @param {string} [hash] */
async function openParts(t, hash = TINY) {
  const [server, context] = await Promise.all([serve(fileURLToPath(new URL('../../build/page', import.meta.url))), site.browser.newContext()]);
  t.after(() => Promise.all([server.close(), context.close()]));
  const page = await context.newPage();
  await page.goto(server.url + hash);
  await ready(page);
  return page;
}

/** Asks for a writing, which begins with the click, and waits until it is there. @param {Page} page */
async function write(page) {
  await page.click('#write');
  await page.waitForSelector('#write:not([aria-disabled])');
}

/** What stands below the leaf. @param {Page} page */
const reading = (page) => page.evaluate(() => ({
  line: document.getElementById('reading-line')?.textContent ?? '',
  list: [...document.querySelectorAll('#reading-list li')].map((row) => [...row.querySelectorAll('bdi, span')].map((part) => part.textContent).join('|')),
}));

/** The text under each shade, by its name. @param {Page} page */
const shaded = (page) => page.evaluate(() => Object.fromEntries([...CSS.highlights].map(([name, ranges]) => [name, [...ranges].map((range) =>
  (range.startContainer.textContent ?? '').slice(range.startOffset, range.endOffset)).join('')])));

/** @param {number} share */
const percent = (share) => (share >= 0.0995 ? `${Math.round(100 * share)}%` : share >= 0.00095 ? `${(100 * share).toFixed(1)}%` : '<0.1%');
const visible = (/** @type {string} */ text) => text.replaceAll('\n', '↵').replaceAll(' ', '␣');

test('what the model thought of each token, by keyboard and by pointer, is what the package says', async (t) => {
  const folio = await load();
  const writer = openWriter(folio, readFileSync(MODEL));
  const tokens = /** @type {import('../../wasm/src/writer.js').WrittenToken[]} */ (
    [...writer.pieces({ prompt: 'ROMEO:', tokens: 40, temperature: 0.7, topK: 4, topP: 0.9, seed: 3, details: 6 })].filter((token) => token));
  const page = await site.open(t, `${TINY}&tokens=40&temperature=0.7&top_k=4&top_p=0.9&sample_seed=3&prompt=ROMEO%3A`);
  await ready(page);
  await write(page);
  assert.equal(await page.textContent('#sample'), `ROMEO:${tokens.map(({ text }) => text).join('')}`);

  const expected = tokens.map(({ text, probability, chance, alternatives }) => ({
    start: `${visible(text)} ${percent(probability)}${percent(chance) === percent(probability) ? '' : `, drawn with ${percent(chance)}`}, the`,
    list: alternatives.map((one) => [visible(one.text), percent(one.probability),
      one.cut?.replace('_', ' ') ?? (percent(one.chance) === percent(one.probability) ? '' : percent(one.chance))].join('|')),
  }));
  const rows = expected.flatMap(({ list }) => list);
  for (const rule of ['top k', 'top p']) assert.ok(rows.some((row) => row.endsWith(rule)), rule);
  await page.focus('#leaf');
  assert.equal(await page.textContent('#announce'), 'The model has written.', 'nothing is announced before the reader asks');
  for (const { start, list } of expected) {
    await page.keyboard.press('ArrowRight');
    const told = await reading(page);
    assert.ok(told.line.startsWith(start), `${told.line} | ${start}`);
    assert.deepEqual(told.list, list);
  }
  for (let i = 1; i < 5; i++) await page.keyboard.press('ArrowLeft');
  const fifth = tokens.at(-5);
  assert.match(`${await page.textContent('#announce')}`, /^(“.*”|space|line end) (<?[\d.]+)%.*likeliest; .* left out by top k/);
  assert.equal((await shaded(page)).here, fifth?.text);
  await page.keyboard.press('Escape');
  assert.match((await reading(page)).line, /^Point at the text\. Its last: /);

  const place = await page.evaluate(() => {
    const node = document.getElementById('sample')?.lastChild;
    const range = document.createRange();
    range.setStart(/** @type {Node} */ (node), 4);
    range.setEnd(/** @type {Node} */ (node), 5);
    const { left, top, width, height } = range.getBoundingClientRect();
    return { x: left + 0.8 * width, y: top + height / 2 };
  });
  await page.mouse.move(place.x, place.y);
  assert.deepEqual((await reading(page)).list, expected[4].list);
  await page.mouse.move(place.x, place.y - 400);
  assert.match((await reading(page)).line, /^Point at the text\./);
  await page.mouse.click(place.x, place.y);
  await page.mouse.move(place.x, place.y - 400);
  assert.deepEqual((await reading(page)).list, expected[4].list, 'a click stays');
  assertNoFaults(page);

  const shades = await shaded(page);
  const level = (/** @type {number} */ p) => [0.5, 0.2, 0.05, 0.01].filter((least) => p < least).length;
  for (const shade of [1, 2, 3, 4]) {
    const text = tokens.filter(({ probability }) => level(probability) === shade).map((token) => token.text).join('');
    assert.equal(shades[`unlikely-${shade}`], text, `shade ${shade}`);
  }
  await page.click('#shade');
  assert.deepEqual(Object.keys(await shaded(page)), ['here']);
  await page.reload();
  await ready(page);
  await write(page);
  assert.equal(await page.getAttribute('#shade', 'aria-pressed'), 'false', 'the choice is kept');
  await page.click('#shade');
  assert.equal(Object.keys(await shaded(page)).length, 5);
});

test('where tokens are parts of characters the text is whole, and each part can be looked at; a tap does too', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&tokenizer=byte&max_iters=100&tokens=120`, { hasTouch: true });
  await ready(page);
  await pasted(page, 'مرحبا بالعالم 你好\n'.repeat(600));
  await page.click('#start');
  await inState(page, 'done');
  const text = `${await page.textContent('#sample')}`;
  assert.match(text, /[\u0600-\u06ff]/);
  assert.doesNotMatch(text, /[\0-\x08\x0e-\x1f]/, 'what cannot be seen has a sign');
  await page.focus('#leaf');
  const seen = new Set();
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('ArrowRight');
    seen.add((await reading(page)).line.match(/^[0-9a-f]{2}(?= )/)?.[0]);
  }
  for (const kind of [/^[de]/, /^[89ab]/]) assert.ok([...seen].some((byte) => kind.test(`${byte}`)), `leading and later bytes: ${[...seen]}`);
  const { here } = await shaded(page);
  assert.ok(here.length > 0 && !/[\ud800-\udfff]$/.test(here), 'the whole character is marked');
  const place = await page.evaluate(() => {
    const node = /** @type {Text} */ (document.getElementById('sample')?.lastChild);
    const at = node.data.search(/[\u0600-\u06ff]/);
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const { left, top, width, height } = range.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  });
  await page.keyboard.press('Escape');
  await page.touchscreen.tap(place.x, place.y);
  assert.match((await reading(page)).line, /^[0-9a-f]{2} /);
  assertNoFaults(page);
});

test('each line of a leaf begins on its own side', async (t) => {
  const page = await openParts(t);
  const sides = await page.evaluate(async () => {
    // @ts-expect-error the page's own module
    const { Leaf } = await import('/leaf.js');
    const [box, sheet] = [document.getElementById('leaf'), document.getElementById('sample')];
    new Leaf(box, sheet, () => {}).show({ text: 'left\nمرحبا\nשלום\nleft \x1b\x7f\0' });
    const node = /** @type {Text} */ (sheet?.lastChild);
    const left = (/** @type {string} */ text) => {
      const range = document.createRange();
      range.setStart(node, node.data.indexOf(text));
      range.setEnd(node, node.data.indexOf(text) + text.length);
      const rect = range.getBoundingClientRect();
      return rect.left < /** @type {HTMLElement} */ (sheet).getBoundingClientRect().left + 10;
    };
    return { sides: ['left', 'مرحبا', 'שלום'].map(left), signs: node.data.slice(-3) };
  });
  assert.deepEqual(sides, { sides: [true, false, false], signs: '␛␡␀' });
});

test('it stops before the text that is set, a line end written as \\n', async (t) => {
  const page = await site.open(t, `${TINY}&prompt=ROMEO%3A`);
  await ready(page);
  await page.click('#writing .more > summary');
  await page.fill('#f-stop', '\\n\\n');
  await write(page);
  const text = `${await page.textContent('#sample')}`;
  assert.ok(text.startsWith('ROMEO:\n') && text.length > 8 && !text.slice(6).includes('\n\n'), text);
  await page.waitForFunction(() => location.hash.includes('stop='));
  assertNoFaults(page);
});

test('the strip tells steps and loss, the arrow keys go through it, and two samples stand side by side', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=30&tokens=100`);
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForSelector('#strip button:nth-of-type(4)');
  const strip = await page.locator('#strip button').allTextContents();
  assert.deepEqual(strip.map((words) => words?.replace(/\d\.\d{3}$/, 'x')), [1, 10, 25, 30].map((step) => `Step ${step}, loss x`));
  assert.equal(strip.at(-1)?.slice(-5), await page.textContent('#val-loss'));
  const last = await page.textContent('#sample');
  await page.focus('#strip [aria-pressed=true]');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.textContent('#sample-caption'), 'After 10 steps');
  assert.equal(await page.evaluate(() => document.activeElement?.querySelector('.steps')?.textContent), '10');
  assert.notEqual(await page.textContent('#sample'), last);
  const tenth = await page.textContent('#sample');
  await page.click('#compare-leaves');
  assert.deepEqual([await page.textContent('#sample-earlier'), await page.textContent('#sample')], [tenth, last]);
  const [one, other] = [await page.locator('#leaf-earlier').boundingBox(), await page.locator('#leaf').boundingBox()];
  assert.ok(one && other && one.x + one.width < other.x && one.y === other.y, 'side by side on a desk');
  await page.setViewportSize({ width: 390, height: 844 });
  const [upper, lower] = [await page.locator('#leaf-earlier').boundingBox(), await page.locator('#leaf').boundingBox()];
  assert.ok(upper && lower && upper.y + upper.height < lower.y && upper.x === lower.x, 'one below the other on a phone');
  await page.focus('#strip [aria-pressed=true]');
  await page.keyboard.press('Home');
  const captions = (await page.locator('#writing figcaption').allTextContents()).join();
  assert.match(captions, /^After one step · loss \d\.\d{3},After 30 steps · loss \d\.\d{3}$/);
  await page.click('#compare-leaves');
  assert.equal(await page.textContent('#sample-caption'), 'After one step');
  await page.click('#reset');
  await page.waitForFunction(() => document.getElementById('sample')?.textContent === '');
  assert.ok(await page.isHidden('#strip'));
  assertNoFaults(page);
});

test('the newest samples keep what is known of their tokens, and what is stored of a run goes without', async (t) => {
  const page = await openParts(t);
  const seen = await page.evaluate(async () => {
    // @ts-expect-error the page's own module
    const { History } = await import('/history.js');
    const history = new History();
    for (const step of [1, 2, 3]) history.addSample({ step, text: 'text', asked: false, tokens: Array.from({ length: 15_000 }, () => ({})) });
    const lengths = (/** @type {any} */ { samples }) => samples.map((/** @type {any} */ { tokens }) => tokens?.length ?? null);
    history.addVal(2, 1.5);
    history.addLoss(2, 1.75);
    return { all: lengths(history), two: lengths(history.upTo(2)), facts: history.facts().samples, losses: [1, 2, 3].map((step) => history.lossAt(step)) };
  });
  assert.deepEqual([seen.all, seen.two], [[null, 15_000, 15_000], [null, 15_000]]);
  assert.deepEqual(seen.facts, [1, 2, 3].map((step) => ({ step, text: 'text', asked: false })));
  assert.deepEqual(seen.losses, [null, 1.5, 1.75], 'of the validation part, or of the batches');
});

test('the size of the model that comes with Folio is said before it is fetched, and no other is taken', async (t) => {
  const { size } = statSync(MODEL);
  const page = await site.open(t, TINY);
  await ready(page);
  assert.equal(SHIPPED_BYTES, size);
  assert.ok((await page.textContent('#sample-caption'))?.includes(`(${bytes(size)})`));
  const said = new RegExp(`it is larger than its ${size.toLocaleString('en')} bytes`);
  for (const [sent, words] of /** @type {[number, RegExp][]} */ ([[size + 1, said], [1000, /it ended after 1,000 of [\d,]+ bytes/]])) {
    await page.route('**/model/model.safetensors', (route) => route.fulfill({ body: Buffer.alloc(sent) }));
    await page.selectOption('#from', 'shipped');
    await untilNotice(page, words);
    assert.equal(await page.inputValue('#from'), 'new');
    await page.unroute('**/model/model.safetensors');
  }
  assert.equal((await notices(page)).length, 2);
});

test('5,000 tokens, written or shown, in lines or in one, leave the page awake', { timeout: 60_000 }, async (t) => {
  const page = await openParts(t, `${TINY}&tokens=5000`);
  const longest = (/** @type {() => Promise<unknown>} */ work) => longestTask(site.browser, page, work);
  const took = { written: await longest(() => write(page)), lines: 0, 'one line': 0 };
  assert.equal((await page.textContent('#sample'))?.length, 5000);
  for (const shape of /** @type {const} */ (['lines', 'one line'])) {
    took[shape] = await longest(() => page.evaluate(async (broken) => {
      // @ts-expect-error the page's own module
      const { Leaf } = await import('/leaf.js');
      const sheet = document.getElementById('sample');
      const leaf = new Leaf(document.getElementById('leaf'), sheet, () => {});
      const textOf = (/** @type {number} */ i) => (broken && i % 10 === 9 ? '\n' : ['lo', 'rem ', 'ipsu', 'm'][i % 4]);
      const tokens = Array.from({ length: 5000 }, (_, i) => ({ text: textOf(i), probability: ((i * 7919) % 1000) / 1000 }));
      const text = tokens.map((token) => token.text).join('');
      leaf.show({ text, tokens });
      while ((sheet?.textContent?.length ?? 0) < text.length) await new Promise((resolve) => requestAnimationFrame(resolve));
      leaf.show(null);
    }, shape === 'lines'));
  }
  t.diagnostic(`measured: longest tasks ${JSON.stringify(took)} ms`);
  for (const [what, ms] of Object.entries(took)) assert.ok(ms < 50, `${what}: a task of ${ms} ms`);
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe-core finds nothing in ${colorScheme}, with two leaves and a marked token, whose contrast is 4.5`, { timeout: 60_000 }, async (t) => {
    const page = await site.open(t, `${TINY}&max_iters=10&top_k=3`, { colorScheme });
    await page.click('#start');
    await inState(page, 'done');
    await page.click('#compare-leaves');
    await page.focus('#leaf');
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    for (const width of [1440, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => document.querySelectorAll('#writing details').forEach((fold) => fold.setAttribute('open', '')));
      assert.deepEqual(await audit(page, '#writing', colorScheme === 'dark' ? COLOURS : undefined), [], `${width} px`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }
    const contrast = await page.evaluate(() => {
      const leaf = /** @type {Element} */ (document.getElementById('sample'));
      const luminance = (/** @type {string} */ colour) => {
        const parts = (colour.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255);
        const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const { color, backgroundColor } = getComputedStyle(leaf, '::highlight(here)');
      const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
      const shades = [1, 2, 3, 4].map((shade) => getComputedStyle(leaf, `::highlight(unlikely-${shade})`).backgroundColor);
      return { here: (high + 0.05) / (low + 0.05), shades };
    });
    assert.ok(contrast.here >= 4.5, `${contrast.here}`);
    assert.deepEqual(contrast.shades, Array(4).fill('rgba(0, 0, 0, 0)'), 'shades stand below the letters, not behind them');
    assertNoFaults(page);
  });
}

test('what is told of a token has room on a phone: long tokens, rules by name', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=60&eval_interval=0&tokens=40&tokenizer=bpe&temperature=0`, { viewport: { width: 390, height: 844 } });
  await ready(page);
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForSelector('#reading-list .cut .sampled:text-is("temp.")');
  const cut = await page.evaluate(() => [...document.querySelectorAll('#reading-list li')].flatMap((row) => {
    const { right } = row.getBoundingClientRect();
    return [...row.querySelectorAll('span')].filter((part) => part.scrollWidth > part.clientWidth || part.getBoundingClientRect().right > right + 0.5).map((part) => part.textContent);
  }));
  assert.deepEqual(cut, []);
  await page.fill('#f-temperature', '0.5');
  await page.click('#write');
  await page.waitForSelector('#reading-list .sampled:not(:empty)');
  const room = await page.evaluate(() => {
    const told = /** @type {HTMLElement} */ (document.querySelector('#reading-list li:not(.cut) .sampled'));
    told.textContent = '<0.1%';
    return told.clientWidth - told.scrollWidth;
  });
  assert.ok(room >= 0, 'the longest share fits');
  assertNoFaults(page);
});
