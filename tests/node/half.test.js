// Halves: every one of them there and back, and what lies between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHalf, toHalf } from '../../wasm/src/checkpoint/half.js';

test('known halves', () => {
  for (const [bits, value] of [[0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [0x0001, 2 ** -24], [0x0400, 2 ** -14], [0x3555, 0.333251953125], [0x7c00, Infinity]]) {
    assert.equal(fromHalf(bits), value);
    assert.equal(toHalf(value), bits);
  }
  assert.ok(Object.is(fromHalf(0x8000), -0) && toHalf(-0) === 0x8000);
  assert.ok(Number.isNaN(fromHalf(toHalf(NaN))));
});

test('every half comes back, and halfway between two lies at the even one', () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [value, next] = [fromHalf(bits), fromHalf(bits + 1)];
    assert.equal(toHalf(value), bits);
    assert.equal(toHalf(-value), bits | 0x8000);
    const middle = (value + next) / 2;
    assert.equal(toHalf(middle), bits + (bits % 2));
    assert.equal(toHalf(middle - (next - value) / 8), bits);
    assert.equal(toHalf(middle + (next - value) / 8), bits + 1);
  }
  assert.equal(toHalf(65519.99609375), 0x7bff);
  assert.equal(toHalf(65520), 0x7c00);
});

test('as the engine rounds, where it has halves', { skip: !('f16round' in Math) }, () => {
  const { f16round } = /** @type {any} */ (Math);
  for (let i = 0; i < 20000; i++) {
    const value = Math.fround(Math.sin(i) * 2 ** ((i % 40) - 26));
    assert.equal(fromHalf(toHalf(value)), f16round(value));
  }
});
