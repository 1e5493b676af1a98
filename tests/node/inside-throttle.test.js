// When the page looks into a model that trains: the share of the time that its looks take, and that evaluations come first.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Throttle } from '../../www/inside-throttle.js';

/**
 * A minute of steps of 5 ms, with an evaluation after every so many, and looks of `took` ms, during which training waits.
 * @param {{took: number, every: number}} how
 */
function minute({ took, every }) {
  const throttle = new Throttle();
  const looks = { steps: 0, evaluations: 0 };
  throttle.begin(0);
  throttle.end(took);
  let now = took;
  for (let step = 1000; now < 60_000; step++) {
    now += 5;
    const evaluated = step % every === 0;
    if (!throttle.isDue({ step, evaluated }, now)) continue;
    looks[evaluated ? 'evaluations' : 'steps']++;
    throttle.begin(now);
    now += took;
    throttle.end(now);
  }
  return { ...looks, share: ((looks.steps + looks.evaluations) * took) / now };
}

test('looks take a fortieth of the time at most, without evaluations, with rare ones and with many', () => {
  for (const took of [1, 10, 50, 200]) {
    for (const every of [Infinity, 2000, 200, 50, 1]) {
      const { share } = minute({ took, every });
      assert.ok(share <= 1 / 40, `${took} ms, every ${every} steps: ${share}`);
      assert.ok(share > 1 / 110, `${took} ms, every ${every} steps: ${share}`);
    }
  }
});

test('steps bring looks where evaluations are few, and no evaluation that comes seldom is without one', () => {
  const rare = minute({ took: 10, every: 1000 });
  assert.ok(rare.steps > 50 && rare.evaluations >= 11, JSON.stringify(rare));
  assert.equal(minute({ took: 10, every: 50 }).steps, 0);
  assert.equal(minute({ took: 10, every: Infinity }).evaluations, 0);
});

test('a young model is looked at after each evaluation, but no step brings a look while one is under way', () => {
  const throttle = new Throttle();
  throttle.begin(1);
  assert.ok(throttle.isDue({ step: 100, evaluated: true }, 10));
  assert.ok(!throttle.isDue({ step: 300, evaluated: true }, 10));
  assert.ok(!throttle.isDue({ step: 100, evaluated: false }, 10));
  throttle.end(101);
  assert.ok(throttle.isDue({ step: 100, evaluated: true }, 110));
  assert.ok(!throttle.isDue({ step: 100, evaluated: false }, 8100));
  assert.ok(throttle.isDue({ step: 100, evaluated: false }, 8101));
});
