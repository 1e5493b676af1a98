// The page for everyone: by keyboard alone, by a screen reader (axe-core's rules), at every width, under its strict CSP.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { COLOURS, TINY, assertNoFaults, audit, inState, openAll, ready, setUp, steps, untilNotice, untilPoints } from './page.js';
import { LINK, STATES } from './states.js';

const site = setUp();
const WIDTHS = [1440, 1024, 390];

/** Until what has changed is drawn, in the page. */
const settled = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`axe-core finds nothing in ${colorScheme}, in every state, at every width`, { timeout: 180_000 }, async (t) => {
    const page = await site.open(t, LINK, { colorScheme, reducedMotion: 'reduce' }); // no colour is on its way to another
    await ready(page);
    assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
    const rules = colorScheme === 'dark' ? COLOURS : undefined; // what the others find does not depend on it
    for (const [state, bring] of STATES) {
      await bring(page);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(settled);
        assert.deepEqual(await audit(page, 'html', rules), [], `${state}, ${width} px`);
      }
      await page.setViewportSize({ width: WIDTHS[0], height: 900 });
    }
    assertNoFaults(page);
  });
}

test('the audit can fail', async (t) => {
  const page = await site.open(t);
  await ready(page);
  await page.evaluate(() => document.getElementById('prompt')?.insertAdjacentHTML('afterend', '<img src="icon.svg">'));
  assert.match((await audit(page)).join(), /image-alt/);
  assert.deepEqual(await audit(page, 'html', COLOURS), []);
  await page.evaluate(() => (/** @type {HTMLElement} */ (document.querySelector('h2')).style.color = '#ccc'));
  assert.match((await audit(page, 'html', COLOURS)).join(), /^color-contrast/);
});

test('nothing is wider than the screen, at every width, with every fold open', async (t) => {
  const page = await site.open(t);
  await ready(page);
  for (const width of [...WIDTHS, 1280, 800, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await openAll(page);
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
  assert.match(policy, / connect-src 'self' https:;/); // the text at an address that a reader asks for; the tests count every other request
  assert.doesNotMatch(policy.replace("connect-src 'self' https:;", ''), /unsafe-inline|'unsafe-eval'|\*|https?:/);
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
