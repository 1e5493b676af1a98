// What is told of each written token: softmax of the logits, what the sampler made of it, and that asking changes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { load } from '../../wasm/src/folio.js';
import { explainPick } from '../../wasm/src/probabilities.js';

const folio = await load();
const V = 23;
const T = 12;

/** A model whose logits differ. */
const model = folio.model({ vocab_size: V, n_layer: 2, n_head: 2, n_embd: 12, block_size: T });
model.params.forEach((value, i, params) => (params[i] = value * 5 + Math.fround(Math.sin(i) / 7)));

/** @template T @param {Iterable<T | undefined>} pieces @returns {T[]} */
const all = (pieces) => [...pieces].filter((piece) => piece !== undefined);

/** @param {ArrayLike<number>} logits */
function softmax(logits) {
  const values = Array.from(logits);
  const most = Math.max(...values);
  const weights = values.map((value) => Math.exp(value - most));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** @param {number} a @param {number} b @param {string} [words] */
const near = (a, b, words = '') => assert.ok(Math.abs(a - b) <= 1e-12 + 1e-12 * Math.abs(b), `${words} ${a} is not ${b}`);

const HOW = fc.record({
  temperature: fc.oneof(fc.constantFrom(0, 1, 1e-3, 50), fc.double({ min: 0.05, max: 4, noNaN: true })),
  topK: fc.nat({ max: V + 2 }),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 1e-6, max: 1, noNaN: true })),
  minP: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  repetitionPenalty: fc.oneof(fc.constant(1), fc.double({ min: 0.3, max: 4, noNaN: true })),
  seed: fc.nat(),
  vocabulary: fc.oneof(fc.constant(V), fc.integer({ min: 2, max: V })),
});

test('a token\'s probability is the softmax of the logits of a full forward, and its rank its place in it', () => {
  let context = [3, 1, 4];
  for (const { id, probability, rank, alternatives } of all(model.generate({ prompt: context, tokens: T - 3, temperature: 1.5, details: V }))) {
    const expected = softmax(model.logits(context, 1, context.length).slice(-V));
    near(probability, expected[id]);
    assert.equal(rank, 1 + expected.filter((p, other) => p > expected[id] || (p === expected[id] && other < id)).length);
    assert.deepEqual(alternatives.map((one) => one.id), expected.map((_, i) => i).sort((a, b) => expected[b] - expected[a] || a - b));
    for (const one of alternatives) near(one.probability, expected[one.id]);
    context = [...context, id];
  }
});

test('over random settings: the ids are those without details, what was picked was not cut, and the chances are a distribution', () => {
  fc.assert(fc.property(HOW, fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 20 }), (how, prompt) => {
    const plain = all(model.generate({ prompt, tokens: 16, ...how }));
    const told = all(model.generate({ prompt, tokens: 16, ...how, details: V }));
    assert.deepEqual(told.map(({ id }) => id), plain);
    for (const { id, cut, chance, alternatives } of told) {
      assert.equal(cut, null, `${id} was picked, and is told to be cut by ${cut}`);
      assert.ok(chance > 0);
      near(alternatives.reduce((sum, one) => sum + one.chance, 0), 1, 'the sum of the chances');
      for (const one of alternatives) assert.equal(one.cut === null, one.chance > 0, JSON.stringify(one));
    }
  }), { numRuns: 300 });
});

test('each rule is named where it leaves a token out, the first that does', () => {
  const logits = Float32Array.from([4, 3, 2, 1, 0]);
  const cuts = (/** @type {object} */ how, /** @type {number[]} */ history = []) =>
    explainPick(logits, history, 0, { details: 5, ...how }).alternatives.map(({ cut }) => cut);
  assert.deepEqual(cuts({ temperature: 0 }), [null, ...Array(4).fill('temperature')]);
  assert.deepEqual(cuts({ temperature: 1e-3 }), [null, ...Array(4).fill('temperature')], 'so cold that nothing is left of their weight');
  assert.deepEqual(cuts({ topK: 2 }), [null, null, 'top_k', 'top_k', 'top_k']);
  assert.deepEqual(cuts({ topK: 3, topP: 0.8 }), [null, null, 'top_p', 'top_k', 'top_k'], '0.665 + 0.245 reach 0.8 of what top-k left');
  assert.deepEqual(cuts({ minP: 0.1 }), [null, null, null, 'min_p', 'min_p']);
  assert.deepEqual(cuts({ vocabulary: 3 }), [null, null, null, 'vocabulary', 'vocabulary']);
  assert.deepEqual(cuts({ topK: 1, repetitionPenalty: 2 }, [0, 0]), ['top_k', null, 'top_k', 'top_k', 'top_k'], 'the likeliest was there before');
  const { alternatives } = explainPick(logits, [0, 0, 3], 1, { details: 4, repetitionPenalty: 2 });
  assert.deepEqual(alternatives.map(({ penalised }) => penalised), [true, false, false, true]);
});

test('temperature and cuts give the chances that they should', () => {
  const logits = Float32Array.from([2, 1, 0, -1]);
  const { alternatives } = explainPick(logits, [], 0, { details: 4, temperature: 0.5, topK: 3 });
  const expected = softmax([4, 2, 0]);
  alternatives.forEach(({ chance }, i) => near(chance, expected[i] ?? 0));
});

test('as often as its chance says a token is picked', () => {
  const how = { temperature: 1.3, topK: 9, topP: 0.95, minP: 0.03, repetitionPenalty: 1.2, details: V };
  const N = 4000;
  const counts = new Map();
  const [first] = all(model.generate({ prompt: [5], tokens: 1, ...how }));
  for (let seed = 0; seed < N; seed++) {
    const [id] = all(model.generate({ prompt: [5], tokens: 1, ...how, seed, details: undefined }));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const { id, chance } of first.alternatives) {
    const expected = N * chance;
    assert.ok(Math.abs((counts.get(id) ?? 0) - expected) <= 5 * Math.sqrt(expected * (1 - chance)) + 1e-9, `${id}: ${counts.get(id)} of ${expected}`);
  }
});

test('infinities and what is no number among the logits are no number nowhere', () => {
  const logits = Float32Array.from([NaN, 1, -Infinity, 2]);
  const { id, rank, alternatives } = explainPick(logits, [], 3, { details: 9 });
  assert.deepEqual([id, rank, alternatives.map((one) => one.id)], [3, 1, [3, 1, 0, 2]]);
  assert.deepEqual(alternatives.slice(2).map(({ probability, chance, cut }) => [probability, chance, cut]), [[0, 0, null], [0, 0, null]]);
  assert.equal(explainPick(Float32Array.from([Infinity, 0]), [], 0, { details: 0 }).probability, 1);
});

test('a wrong number of details is named', () => {
  for (const details of [-1, 1.5, NaN, /** @type {any} */ ('3')]) {
    const message = `generate: details=${typeof details === 'string' ? `'${details}'` : details} is not allowed: it must be a whole number from 0`;
    assert.throws(() => all(model.generate({ prompt: [1], details })), { code: 'RANGE', op: 'generate', message });
  }
  assert.deepEqual(all(model.generate({ prompt: [1], tokens: 1, details: 0 }))[0].alternatives, []);
});
