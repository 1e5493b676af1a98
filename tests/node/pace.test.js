// Long work in pieces: it rests as long as it is told to, and no longer than it is wanted.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../../wasm/src/client.js';
import { finished, paced } from '../../wasm/src/pace.js';

/** Pieces of some milliseconds of work each. @param {number} count @param {number} ms @returns {Generator<undefined, number, void>} */
function* work(count, ms) {
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    for (const start = performance.now(); performance.now() - start < ms;);
    yield;
  }
  return performance.now() - began;
}

test('at a quarter three times as long as the work is rested, and told', async () => {
  let rests = 0;
  const began = performance.now();
  await finished(work(20, 5), { share: () => 0.25, rested: (seconds) => (rests += seconds) });
  const took = performance.now() - began;
  assert.ok(rests > 0.25 && rests < took / 1000, `${rests} s of rest in ${took} ms`);
  assert.ok(took > 380, `${took} ms for 100 of work`);
});

test('at full effort nothing is rested, and what was worked before counts for nothing', async () => {
  let share = 1;
  /** @type {number[]} */
  const rests = [];
  function* pieces() {
    yield* work(20, 5);
    share = 0.5;
    yield* work(1, 1); // too little to rest for
  }
  await finished(pieces(), { share: () => share, rested: (seconds) => rests.push(seconds) });
  assert.deepEqual(rests, []);
});

test('an abort ends a rest', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const began = performance.now();
  await assert.rejects(async () => {
    for await (const _ of paced(work(10, 30), { signal: stop.signal, share: () => 0.01 }));
  }, { name: 'AbortError' });
  assert.ok(performance.now() - began < 1000);
});

test('the effort of a client slows training down and changes nothing else', async () => {
  const client = await connect({ threads: 1 });
  const config = { n_layer: 1, n_head: 1, n_embd: 16, block_size: 16, batch_size: 4, max_iters: 60, eval_interval: 0, warmup_iters: 0 };
  const text = 'the cat sat on the mat. '.repeat(100);
  const train = async () => {
    const run = await client.run({ text, config });
    let end;
    for await (const event of run.train()) end = event;
    await run.close();
    return /** @type {import('../../wasm/src/run.js').DoneEvent} */ (end);
  };
  try {
    await assert.rejects(client.effort(0), /RANGE|from 0\.01 to 1/);
    await assert.rejects(client.effort(NaN), /from 0\.01 to 1/);
    await train();
    const all = await train();
    await client.effort(0.1);
    await client.restart();
    const tenth = await train();
    assert.equal(tenth.digest, all.digest);
    assert.ok(tenth.tokens_per_second < 0.5 * all.tokens_per_second, `${tenth.tokens_per_second} of ${all.tokens_per_second} tokens/s`);
  } finally {
    client.close();
  }
});
