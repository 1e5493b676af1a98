// Windows and batches, over the boundary of JavaScript. What PyTorch would give is checked in tests/core.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { SMALL } from './text.js';

const folio = await load();
const ids = Uint32Array.from({ length: 1000 }, (_, i) => i);
const config = folio.config({ ...SMALL, vocab_size: 1000, block_size: 8, batch_size: 4 });

test('targets are the inputs shifted by one, all from the training part', () => {
  const dataset = folio.dataset(config, ids);
  assert.deepEqual([dataset.tokens, dataset.nTrain, dataset.blockSize, dataset.batchSize], [1000, 900, 8, 4]);
  for (let i = 0; i < 50; i++) {
    const { inputs, targets, rows } = dataset.batch(i);
    assert.equal(rows, 4);
    assert.equal(inputs.length, 32);
    inputs.forEach((id, at) => assert.equal(targets[at], id + 1));
    assert.ok(Math.max(...targets) < 900);
  }
});

test('a batch is a function of seed and number', () => {
  const [one, same, other] = [config, config, { ...config, seed: 5 }].map((settings) => folio.dataset(settings, ids).batch(7));
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
});

test('validation windows follow each other without overlap', () => {
  const dataset = folio.dataset(config, ids);
  assert.equal(dataset.valWindows, Math.floor(99 / 8));
  const { inputs } = dataset.valBatch(0, dataset.valWindows);
  inputs.forEach((id, at) => assert.equal(id, 900 + at));
  assert.throws(() => dataset.valBatch(dataset.valWindows, 1), { code: 'ARGUMENT', message: /windows 12 to 12 of 12/ });
});

test('an epoch without drop_last ends with a smaller batch', () => {
  const dataset = folio.dataset({ ...config, batching: 'epoch', shuffle: false, drop_last: false }, ids);
  const last = dataset.batch(dataset.batches - 1);
  assert.equal(last.rows, dataset.windows - 4 * (dataset.batches - 1));
  assert.equal(last.inputs.length, 8 * last.rows);
});

test('a text too short for block_size is answered with the numbers', () => {
  assert.throws(() => folio.dataset(config, ids.slice(0, 9)), { code: 'TOO_SHORT', message: /9 tokens, block_size=8/ });
  assert.throws(() => folio.dataset(config, ids.slice(0, 40)), { code: 'VAL_TOO_SHORT', message: /40 tokens, block_size=8, val_fraction=0.1/ });
  assert.throws(() => folio.dataset(config, []), { code: 'EMPTY' });
});

test('an id that the model does not know is refused', () => {
  assert.throws(() => folio.dataset({ ...config, vocab_size: 999 }, ids), { code: 'TOKEN', message: /vocab_size=999/ });
});

test('a number of a batch is a whole number from 0', () => {
  const dataset = folio.dataset(config, ids);
  for (const index of [-1, NaN, Infinity]) assert.throws(() => dataset.batch(index), { code: 'ARGUMENT' });
  assert.equal(dataset.batch(2 ** 52).rows, 4);
});
