// The drawing of the model: fetched when opened, opened by keyboard, and the model of the settings at every moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { short } from '../../www/format.js';
import { COLOURS, TINY, assertNoFaults, audit, openAll, ready, setUp } from './page.js';

const site = setUp();

/** What is drawn: the blocks in order, and what the open ones say. @param {import('./page.js').Page} page */
const drawn = (page) => page.evaluate(() => [...document.querySelectorAll('#anatomy .block')].map((block) => ({
  id: /** @type {HTMLElement} */ (block).dataset.block,
  gist: block.querySelector('.block-gist')?.textContent,
  open: block.querySelector('button')?.getAttribute('aria-expanded') === 'true',
  facts: block.querySelector('.block-facts:not([hidden])')?.textContent ?? '',
})));

/** Until the gist of a block is that. @param {import('./page.js').Page} page @param {string} id @param {string} gist */
const untilGist = (page, id, gist) =>
  page.waitForFunction(([block, words]) => document.querySelector(`[data-block="${block}"] .block-gist`)?.textContent === words, [id, gist]);

test('by keyboard alone: the drawing opens, a block opens to its tensors, and both follow the settings', async (t) => {
  const page = await site.open(t, TINY);
  /** @type {string[]} */
  const fetched = [];
  page.on('request', (request) => fetched.push(request.url()));
  await ready(page);
  assert.ok(!fetched.some((url) => /anatomy-panel/.test(url)), 'not before it is asked for');
  const late = await page.evaluate(() => {
    const named = [...document.querySelectorAll('link[rel=modulepreload]')].map((link) => /** @type {HTMLLinkElement} */ (link).href);
    return performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.includes('/folio/') && /\/chunk-[^/]*\.js$/.test(name) && !named.includes(name));
  });
  assert.deepEqual(late, [], 'what it shares with the page comes beside the page, not after it');
  await page.focus('#parts > summary');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#anatomy .block');
  assert.ok(fetched.some((url) => /anatomy-panel/.test(url)));
  const ids = async () => (await drawn(page)).map(({ id }) => id);
  assert.deepEqual((await ids()).slice(0, 4), ['tokens', 'wte', 'wpe', 'ln_1']);
  assert.ok((await drawn(page)).every(({ open }) => !open));
  for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement?.parentElement?.dataset.block)) !== 'mlp'; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const mlp = async () => (await drawn(page)).find(({ id }) => id === 'mlp');
  const channels = Number(await page.inputValue('#f-n_embd'));
  assert.ok((await mlp())?.open);
  assert.match(`${(await mlp())?.facts}`, new RegExp(`mlp\\.c_fc\\.weight${channels} × ${4 * channels}mlp\\.c_proj\\.weight${4 * channels} × ${channels}$`));
  const wide = 2 * channels;
  await page.fill('#f-n_embd', String(wide));
  await untilGist(page, 'mlp', `${wide} → ${4 * wide} → ${wide}`);
  assert.match(`${(await mlp())?.facts}`, new RegExp(`mlp\\.c_fc\\.weight${wide} × ${4 * wide}mlp`), 'an open block stays open and tells the new sizes');
  await page.selectOption('#f-activation', 'swiglu');
  await untilGist(page, 'mlp', `${wide} → 2 × ${4 * wide} → ${wide}`);
  await page.selectOption('#f-position', 'rope');
  await page.waitForFunction(() => !document.querySelector('[data-block=wpe]'));
  await page.click('#parts + .more > summary');
  await page.fill('#f-conv_size', '3');
  await page.waitForSelector('[data-block="attn.conv"] + [data-block="attn.qkv"]');
  assert.ok((await mlp())?.open);
  await page.focus('[data-block=mlp] button');
  await page.evaluate(() => document.querySelector('#f-embd_norm')?.dispatchEvent(new MouseEvent('click')));
  await page.waitForSelector('[data-block=embd_norm]');
  assert.equal(await page.evaluate(() => document.activeElement?.parentElement?.dataset.block), 'mlp', 'the focus stays where it was');
  await page.keyboard.press('Space');
  assert.ok(!(await mlp())?.open);
  assertNoFaults(page);
});

test('the parameters of the blocks are those of the model, and so are the shares of the bar', async (t) => {
  for (const hash of ['', '#preset=nanogpt-cpu', '#preset=gpt2']) {
    const page = await site.open(t, hash);
    await ready(page);
    await page.click('#parts > summary');
    await page.waitForSelector('#anatomy .block');
    await page.evaluate(() => document.querySelectorAll('#anatomy button').forEach((button) => /** @type {HTMLElement} */ (button).click()));
    const sum = await page.evaluate(() => [...document.querySelectorAll('#anatomy dt')].filter(({ textContent }) => textContent === 'Parameters')
      .map((dt) => Number(dt.nextElementSibling?.firstChild?.textContent?.replaceAll(',', '')) || 0).reduce((a, b) => a + b, 0));
    assert.equal(await page.textContent('#model-parameters'), short(sum));
    const bar = await page.evaluate(() => [...document.querySelectorAll('#shares > span')].map((piece) => piece.getBoundingClientRect().width));
    const percents = (await page.locator('#shares-words > li').allTextContents()).map((words) => Number(words.match(/(\d+)%/)?.[1]));
    assert.equal(bar.length, percents.length);
    const width = bar.reduce((a, b) => a + b, 0);
    bar.forEach((piece, i) => assert.ok(Math.abs((100 * piece) / width - percents[i]) <= 1.01, `${piece} of ${width} is ${percents[i]}%`));
    assertNoFaults(page);
  }
});

test('settings that say nothing have no field, nor a heading', async (t) => {
  const page = await site.open(t, '#preset=nanogpt-cpu');
  await ready(page);
  await openAll(page);
  const headings = () => page.evaluate(() => [...document.querySelectorAll('.more h3')].filter((h3) => /** @type {HTMLElement} */ (h3).offsetHeight).map((h3) => h3.textContent));
  assert.ok(!(await headings()).includes('Muon'));
  assert.ok(await page.locator('#f-muon_momentum').isHidden());
  await page.selectOption('#f-optimizer', 'muon');
  assert.ok((await headings()).includes('Muon'));
  assert.ok(await page.locator('#f-muon_momentum').isVisible());
  assert.ok(await page.locator('#f-rope_theta').isHidden());
  await page.selectOption('#f-position', 'rope');
  assert.ok(await page.locator('#f-rope_theta').isVisible());
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe-core finds nothing in the open drawing in ${colorScheme}, and nothing is wider than 320 px`, async (t) => {
    const page = await site.open(t, '#n_kv_head=1&dropout=0.1', { colorScheme });
    await ready(page);
    for (const width of [1440, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await openAll(page);
      await page.waitForSelector('#anatomy .block');
      await page.evaluate(() => document.querySelectorAll('#anatomy button[aria-expanded=false]').forEach((button) => /** @type {HTMLElement} */ (button).click()));
      assert.deepEqual(await audit(page, '#model', colorScheme === 'dark' ? COLOURS : undefined), [], `${width} px`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }
    assertNoFaults(page);
  });
}
