// When the page looks at a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

/** A module of the page, put together. @param {string} name @returns {Promise<any>} */
const ofPage = (name) => import(new URL(`../../build/page/${name}`, import.meta.url).href);
const [{ EARLY }, { Observer }] = await Promise.all(['looks.js', 'observer.js'].map(ofPage));

/** The steps of all looks at a run. @param {Record<string, number>} config */
function looks(config) {
  const session = /** @type {any} */ ({ step: 0, config, maxSteps: config.max_iters });
  const observer = new Observer(session, () => {});
  const found = [];
  while (session.step < session.maxSteps) found.push((session.step = observer.nextLook));
  return found;
}

test('a run is looked at early, then at even steps: those that are set, or a tenth of it', () => {
  const hundreds = (/** @type {number[]} */ ...numbers) => numbers.map((n) => 100 * n);
  assert.deepEqual(looks({ max_iters: 3000, eval_interval: 0 }), [...EARLY, ...hundreds(3, 6, 9, 12, 15, 18, 21, 24, 27, 30)]);
  assert.deepEqual(looks({ max_iters: 3000, eval_interval: 1000 }), [...EARLY, 1000, 2000, 3000]);
  assert.deepEqual(looks({ max_iters: 200, eval_interval: 0 }), [...EARLY, 200], 'not more often than at first');
});
