// Principal components against NumPy's SVD (pca.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { principalComponents } from '../../wasm/src/pca.js';
import { openWriter } from '../../wasm/src/run.js';
import { difference } from './golden.js';
import { word } from './philox.js';

/** @type {{name: string, n: number, size: number, points: number[], shares: number[]}[]} */
const CASES = JSON.parse(readFileSync(new URL('golden/pca.json', import.meta.url), 'utf8'));
const CLOSE = { atol: 1e-4, rtol: 0 };

const shipped = openWriter(await load(), new Uint8Array(readFileSync(new URL('../../models/shakespeare-char/model.safetensors', import.meta.url))));

/** @param {number} index @param {{name: string, n: number, size: number}} golden @returns {ArrayLike<number>} */
function rowsOf(index, { name, n, size }) {
  if (name === 'shipped') return shipped.model.tensors()[0].data;
  return Float64Array.from({ length: n * size }, (_, e) => ((word(13, index, e) >>> 8) * 2 ** -24 - 0.5) * 0.9 ** (e % size));
}

CASES.forEach((golden, index) => {
  test(`${golden.name}: every point and share`, () => {
    const { points, shares } = principalComponents(rowsOf(index, golden), golden.n, golden.size);
    assert.equal(difference(points, golden.points, CLOSE), null);
    assert.equal(difference(shares, golden.shares, CLOSE), null);
  });
});

test('the comparison sees a direction turned round, and one for the other', () => {
  const { points } = CASES[0];
  const turned = points.map((x, i) => (i % 2 ? -x : x));
  const swapped = points.map((_, i) => points[i ^ 1]);
  for (const wrong of [turned, swapped]) assert.notEqual(difference(wrong, points, CLOSE), null);
});

test('rows that are all the same stand at 0, and a third direction is at right angles to the first two', () => {
  assert.deepEqual(principalComponents([1, 2, 1, 2, 1, 2], 3, 2), { points: new Float64Array(6), shares: new Float64Array(2) });
  const rows = rowsOf(0, CASES[0]);
  const { points } = principalComponents(rows, 40, 12, 3);
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) {
    let sum = 0;
    for (let i = 0; i < 40; i++) sum += points[i * 3 + a] * points[i * 3 + b];
    assert.ok(Math.abs(sum) < 1e-6);
  }
});

test('the same rows give the same bits', () => {
  const rows = rowsOf(2, CASES[2]);
  assert.deepEqual(principalComponents(rows, 200, 64), principalComponents(rows, 200, 64));
});
