// Batches against PyTorch's Dataset and DataLoader: the same windows, in the same order where nothing is shuffled.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';

/** @typedef {{n: number, block_size: number, stride: number, batch_size: number, shuffle: boolean, drop_last: boolean, batches: number[][][]}} Case */

const folio = await load();
/** @type {Case[]} */
const CASES = JSON.parse(readFileSync(new URL('golden/dataloader.json', import.meta.url), 'utf8'));
const epochs = new Set(CASES.map(({ block_size, stride, shuffle }) => `${block_size} ${stride} ${shuffle}`));
const sorted = (/** @type {number[][]} */ rows) => [...rows].sort((a, b) => a[0] - b[0]);

test('there are goldens for (4, stride 1), (4, 4), (256, 128), shuffled and not', () => {
  for (const windows of ['4 1', '4 4', '256 128']) for (const shuffle of [true, false]) assert.ok(epochs.has(`${windows} ${shuffle}`));
});

for (const { batches: wanted, n, ...settings } of CASES) {
  const { block_size: T, stride, shuffle, drop_last } = settings;
  const config = folio.config({ ...settings, batching: 'epoch', vocab_size: n, val_fraction: 0 });

  /** Rows of a batch as the golden has them. @param {import('../../wasm/src/dataset.js').Dataset} dataset @param {number} index */
  const read = (dataset, index) => {
    const { inputs, targets, rows } = dataset.batch(index);
    return Array.from({ length: rows }, (_, row) => {
      const [x, y] = [inputs, targets].map((ids) => ids.subarray(row * T, (row + 1) * T));
      x.forEach((id, t) => assert.ok(id === x[0] + t && y[t] === id + 1));
      return [x[0], x[T - 1], y[0], y[T - 1]];
    });
  };

  for (const [bits, ids] of /** @type {const} */ ([[32, Uint32Array.from({ length: n }, (_, i) => i)], [16, Uint16Array.from({ length: n }, (_, i) => i)]])) {
    test(`block_size ${T}, stride ${stride}${shuffle ? ', shuffled' : ''}${drop_last ? ', drop_last' : ''}, ids of ${bits} bits`, () => {
      const dataset = folio.dataset(config, ids);
      assert.equal(dataset.batches, wanted.length);
      for (const first of [0, dataset.batches]) {
        const got = wanted.map((_, index) => read(dataset, first + index));
        if (!shuffle) assert.deepEqual(got, wanted);
        assert.deepEqual(got.map(({ length }) => length), wanted.map(({ length }) => length));
        const [ours, theirs] = [got.flat(), wanted.flat()];
        assert.equal(new Set(ours.map(String)).size, ours.length, 'a window came twice in an epoch');
        if (shuffle) assert.notDeepEqual(ours, sorted(ours));
        if (!drop_last) assert.deepEqual(sorted(ours), sorted(theirs));
      }
      dataset.close();
    });
  }
}

test('an epoch can be entered anywhere', () => {
  const config = folio.config({ block_size: 4, stride: 1, batch_size: 8, batching: 'epoch', vocab_size: 103, val_fraction: 0 });
  const ids = Uint32Array.from({ length: 103 }, (_, i) => i);
  const through = folio.dataset(config, ids);
  const all = Array.from({ length: 30 }, (_, index) => through.batch(index));
  for (const index of [29, 7, 13]) assert.deepEqual(folio.dataset(config, ids).batch(index), all[index]);
});
