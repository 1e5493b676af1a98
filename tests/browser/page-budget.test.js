// How long a run takes, in words before it starts and as a setting; numerics; and what is told of a run that goes wrong.
// alone: it measures times
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { TINY, assertNoFaults, inState, notices, openAll, pasted, ready, setUp, steps, untilNotice, untilPoints } from './page.js';
import { serve } from './server.js';

const site = setUp();

/** Until the status line says so; its words. @param {import('./page.js').Page} page @param {RegExp} words */
async function untilStatus(page, words) {
  const found = page.locator('#status').filter({ hasText: words });
  await found.waitFor();
  return `${await found.textContent()}`;
}

test('a run for seconds: as many steps as fit, a pause that does not count, and a link to the same run by its steps', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&for=seconds&budget=4&tokens=5`);
  await ready(page);
  await openAll(page);
  assert.equal(await page.isVisible('#f-max_iters'), false);
  assert.equal(await page.inputValue('#f-budget'), '4');
  assert.match(await untilStatus(page, /in 4 s/), /^Ready when you are: about [\d,]+ steps in 4 s here\.$/);
  await page.click('#start');
  await untilNotice(page, /^(About [\d,]+ steps fit|Steps take (longer|less time) than was measured: about [\d,]+ fit) into 4 s here\.$/);
  await untilPoints(page, 2);
  const began = performance.now();
  await page.click('#start');
  await inState(page, 'paused');
  const at = await steps(page);
  await page.waitForTimeout(3000);
  assert.equal(await page.isVisible('#pending'), false);
  await page.click('#start');
  await inState(page, 'done');
  const took = (performance.now() - began) / 1000 - 3;
  const done = await steps(page);
  t.diagnostic(`measured: ${done} steps, ${took.toFixed(1)} s after the pause was asked for, without it`);
  assert.ok(done > at, `the pause has taken nothing: ${at} steps before, ${done} in the end`);
  assert.ok(took < 8, `${took} s`);
  assert.match(`${await page.textContent('#gflops')}`, /^\d+(\.\d)? GFLOP\/s$/);
  await page.click('#share');
  await page.waitForSelector('dialog[open]');
  const link = new URL(await page.inputValue('#share-link'));
  const pairs = new URLSearchParams(link.hash.slice(1));
  assert.deepEqual([pairs.get('max_iters'), pairs.has('for'), pairs.has('budget'), pairs.has('digest')], [String(done), false, false, true]);
  assertNoFaults(page);
});

test('where steps take longer or shorter than was measured, what was told of them is told anew', async (t) => {
  const parts = await serve(fileURLToPath(new URL('../../build/page', import.meta.url))); // modules that can be imported one by one
  t.after(() => parts.close());
  const page = await site.browser.newPage();
  t.after(() => page.close());
  await page.goto(parts.url);
  await ready(page);
  const told = await page.evaluate(async () => {
    const [{ followMoves }, { PLAN, planned }, { notice }] = await Promise.all(['estimate', 'training-panel', 'notices'].map((name) => import(`/${name}.js`)));
    const session = Object.assign(new EventTarget(), { maxSteps: 100, source: { seconds: 4 } });
    followMoves(session);
    const fire = (/** @type {string} */ type, detail = {}) => session.dispatchEvent(new CustomEvent(type, { detail }));
    const shown = () => [...document.querySelectorAll('#notices .notice p')].map(({ textContent }) => textContent);
    fire('step'); // of a run for steps
    const plan = { steps: 100, budget: 4 };
    notice(planned(plan), { kind: PLAN });
    fire('planned', plan);
    fire('step');
    const all = [shown()];
    for (const maxSteps of [50, 60]) {
      session.maxSteps = maxSteps;
      fire('step');
      all.push(shown());
    }
    /** @type {HTMLElement} */ (document.querySelector('.notice button')).click();
    session.maxSteps = 70;
    fire('step');
    return [...all, shown()];
  });
  assert.deepEqual(told, [
    ['About 100 steps fit into 4 s here.'],
    ['Steps take longer than was measured: about 50 fit into 4 s here.'],
    ['Steps take less time than was measured: about 60 fit into 4 s here.'],
    [],
  ]);
});

test('the time that a run will take is told, and follows the settings', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  assert.match(await untilStatus(page, /about/), /^Ready when you are: about \d+ s here\.$/);
  await openAll(page);
  assert.match(`${await page.textContent('#f-n_head-doc')}`, /divides “Channels”$/, 'settings have the names of the page');
  await page.fill('#f-max_iters', '100000000');
  assert.match(await untilStatus(page, /days/), /^Ready when you are: about \d+ days here\.$/);
  await page.selectOption('#f-preset', 'gpt2');
  await untilStatus(page, /: longer than anybody waits here\.$/);
  await page.selectOption('#f-preset', 'tiny');
  await page.fill('#f-n_head', '3');
  await untilStatus(page, /^Not ready: .*n_embd must be divisible by n_head/);
  await page.fill('#f-n_head', '2');
  await pasted(page, 'ab');
  await untilStatus(page, /^Not ready: the text has 2 characters, which is too short for a context of 32\.$/);
  await page.click('#text-default');
  await page.fill('#f-max_iters', '40');
  await page.selectOption('#f-for', 'seconds');
  await untilStatus(page, /steps in 1 min here/);
  await page.waitForFunction(() => location.hash.includes('for=seconds'));
  await page.selectOption('#f-for', 'steps');
  await page.click('#start');
  await inState(page, 'done');
  assert.equal(await page.textContent('#status'), 'Done: 40 steps');
  assertNoFaults(page);
});

test('fast numerics come with the page, and a link asks for them', async (t) => {
  const page = await site.open(t, TINY);
  await ready(page);
  await openAll(page);
  await untilStatus(page, /about/);
  const anew = /has to be loaded anew for fast numerics/;
  await page.selectOption('#f-numerics', 'fast');
  await untilNotice(page, anew);
  await page.selectOption('#f-numerics', 'exact');
  assert.deepEqual(await notices(page), [], 'these the page has');
  await page.selectOption('#f-numerics', 'fast');
  await untilNotice(page, anew);
  await page.waitForFunction(() => location.hash.includes('numerics=fast'));
  await page.click('text=Load it anew');
  await page.waitForFunction(() => /fast numerics/.test(`${document.getElementById('engine')?.textContent}`));
  await ready(page);
  assert.equal(await page.inputValue('#f-numerics'), 'fast');
  const other = await site.open(t, '#v=1&preset=tiny&numerics=fast&max_iters=20');
  await ready(other);
  assert.match(`${await other.textContent('#engine')}`, /fast numerics/);
  assert.equal(await other.inputValue('#f-numerics'), 'fast');
  assertNoFaults(page);
  assertNoFaults(other);
});

test('of a rate far too high is told once', async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=250&learning_rate=0.3&grad_clip=0`);
  await ready(page);
  await untilStatus(page, /about/);
  await page.click('#start');
  await untilNotice(page, /the learning rate is probably far too high/);
  await inState(page, 'done');
  assert.equal((await notices(page)).filter((words) => /far too high/.test(words)).length, 1);
  assertNoFaults(page);
});
