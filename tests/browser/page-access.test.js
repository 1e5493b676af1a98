// The page for everyone: by keyboard alone, by a screen reader (axe-core's rules), at every width, under its strict CSP.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { TINY, assertNoFaults, inState, ready, setUp, steps, untilNotice, untilPoints } from './page.js';

const site = setUp();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [1440, 1024, 390];

/** What axe-core finds, in a line each. @param {import('./page.js').Page} page @returns {Promise<string[]>} */
async function audit(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap((/** @type {any} */ { id, help, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${help}: ${node.html.slice(0, 120)}`));
  });
}

/** Until no colour is on its way to another, in the page; some transitions never end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 300));

/** Every fold of the page, in the page. */
const openAll = () => document.querySelectorAll('details').forEach((fold) => (fold.open = true));

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe-core finds nothing in ${colorScheme}, before, during and after training, at every width`, { timeout: 120_000 }, async (t) => {
    const page = await site.open(t, `${TINY}&max_iters=60`, { colorScheme });
    await ready(page);
    assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
    const everywhere = async (/** @type {string} */ when) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(settled);
        assert.deepEqual(await audit(page), [], `${when}, ${width} px`);
      }
    };
    await everywhere('before');
    await page.click('#start');
    await untilPoints(page, 2);
    assert.deepEqual(await audit(page), [], 'during');
    await inState(page, 'done');
    await page.evaluate(openAll);
    await page.click('#text-paste');
    await page.fill('#f-dropout', '9');
    await page.click('#reset');
    await untilNotice(page, /put aside/);
    await everywhere('after, all open, with a notice and a fault');
    assertNoFaults(page);
  });
}

test('the audit can fail', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await page.evaluate(() => document.getElementById('prompt')?.insertAdjacentHTML('afterend', '<img src="icon.svg">'));
  assert.match((await audit(page)).join(), /image-alt/);
});

test('nothing is wider than the screen, at every width, with every fold open', async (t) => {
  const page = await site.open(t);
  await ready(page);
  for (const width of [...WIDTHS, 1280, 800, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(openAll);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
});

test('the keyboard alone: own text, a setting, start, pause, resume, a prompt', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=4000`);
  await ready(page);
  const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
  /** Presses Tab until that element has the focus, which must be seen. @param {string} id */
  const tabTo = async (id, key = 'Tab') => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press(key);
      if ((await focused()) !== id) continue;
      const outline = await page.evaluate(() => {
        const element = /** @type {HTMLElement} */ (document.activeElement);
        const outer = /** @type {HTMLElement} */ (element.matches('.file input') ? element.parentElement : element);
        return getComputedStyle(outer).outlineStyle;
      });
      return assert.equal(outline, 'solid', `${id} shows its focus`);
    }
    assert.fail(`Tab never reached ${id}`);
  };
  await tabTo('text-paste');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'text-own');
  await page.keyboard.insertText('what you write here is learned. '.repeat(100));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await untilNotice(page, /Your text it is/);
  await tabTo('f-n_layer');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.inputValue('#f-n_layer'), '3');
  await tabTo('start');
  await page.keyboard.press('Enter');
  await untilPoints(page, 5);
  await page.keyboard.press('Space');
  await inState(page, 'paused');
  assert.equal(await focused(), 'start', 'the focus stays');
  const at = await steps(page);
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n, at);
  await page.keyboard.press('Space');
  await inState(page, 'paused');
  await tabTo('prompt');
  await page.keyboard.type('what ');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('sample')?.textContent?.startsWith('what ') && document.querySelector('#write:not([aria-disabled])'));
  await tabTo('theme', 'Shift+Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.reload();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark', 'the choice is kept');
  assertNoFaults(page);
});

test('the policy stands in the page, forbids what it should, and a violation would be seen', async (t) => {
  const page = await site.open(t);
  await ready(page);
  const policy = `${await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content')}`;
  assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:/);
  assert.equal(await page.locator('[style]:not(.uplot, .uplot *, [id])').count(), 0, 'no inline style');
  assertNoFaults(page);
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<img src="https://example.org/x.png" alt="">'));
  await page.waitForFunction(() => performance.now() > 0);
  await page.waitForTimeout(200);
  assert.ok(page.faults.some((fault) => fault.startsWith('CSP: img-src')), page.faults.join());
});

test('a change of settings, a start and a pause are announced, and not more than that', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=300`);
  await ready(page);
  await page.evaluate(() => {
    const said = (/** @type {any} */ (globalThis).said = /** @type {string[]} */ ([]));
    const live = /** @type {HTMLElement} */ (document.getElementById('announce'));
    new MutationObserver(() => said.push(live.textContent ?? '')).observe(live, { childList: true });
  });
  await page.click('#start');
  await inState(page, 'done');
  const said = await page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (globalThis).said));
  assert.match(said[0], /Training/);
  assert.match(`${said.at(-1)}`, /Done: 300 steps/);
  assert.ok(said.length <= 6, said.join('\n'));
});
