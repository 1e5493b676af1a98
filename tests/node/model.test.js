// The model as JavaScript sees it: weights, logits, and writing with a cache.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';

const folio = await load();
const V = 13;
const base = { vocab_size: V, n_layer: 2, n_head: 2, n_embd: 12, block_size: 8 };
const ids = Array.from({ length: 8 }, (_, i) => (i * 5 + 3) % V);

/** @param {Iterable<number | undefined>} pieces @returns {number[]} */
const written = (pieces) => [...pieces].filter((id) => id !== undefined);

/** A model whose weights are large enough for its logits to differ. @param {Record<string, unknown>} settings */
function lively(settings) {
  const model = folio.model({ ...base, ...settings });
  model.params.forEach((value, i, params) => (params[i] = value * 5 + Math.fround(Math.sin(i) / 7)));
  return model;
}

test('weights follow from the seed alone', async () => {
  const digests = await Promise.all([1, 1, 2].map((seed) => folio.model({ ...base, seed }).digest()));
  assert.match(digests[0], /^[0-9a-f]{64}$/);
  assert.equal(digests[0], digests[1]);
  assert.notEqual(digests[0], digests[2]);
});

test('tensors are views of the weights under their names', () => {
  const model = folio.model(base);
  const [wte] = model.tensors();
  assert.deepEqual([wte.name, wte.shape, wte.data.length], ['wte.weight', [V, 12], V * 12]);
  wte.data[0] = 42;
  assert.equal(model.params[0], 42);
  assert.equal(model.tensors().reduce((sum, { data }) => sum + data.length, 0), model.parameters);
});

for (const [name, settings] of Object.entries({
  'learned positions': {},
  'sinusoidal positions, layernorm with bias': { position: 'sinusoidal', bias: true },
  'rope, rmsnorm, qk_norm, swiglu, grouped heads': { position: 'rope', norm: 'rmsnorm', qk_norm: true, activation: 'swiglu', n_embd: 16, n_head: 4, n_kv_head: 2 },
  'alibi, relu2, one head': { position: 'alibi', activation: 'relu2', n_head: 1 },
  'no positions, embd_norm, untied': { position: 'none', embd_norm: true, tie_weights: false, init: 'zero_proj' },
  'convolutions, layers apart': { conv_size: 4, position: 'rope', n_layer: 3 },
  'sizes off every lane': { n_embd: 9, n_head: 3, vocab_size: 17, n_inner: 7 },
})) {
  test(`cached decoding equals the full forward bit for bit: ${name}`, () => {
    const model = lively(settings);
    const size = model.config.vocab_size;
    const full = model.logits(ids, 1, ids.length);
    for (const step of [1, 3, ids.length]) {
      const decoder = model.decoder();
      for (let at = 0; at < ids.length; at += step) {
        const part = ids.slice(at, at + step);
        decoder.feed(part);
        const last = at + part.length - 1;
        assert.deepEqual(decoder.logits.slice(), full.slice(last * size, (last + 1) * size), `fed by ${step}, token ${last}`);
      }
      decoder.close();
    }
  });
}

test('a batch of rows gives what each row gives alone', () => {
  const model = lively({});
  const both = model.logits([...ids, ...ids.toReversed()], 2, 8);
  assert.deepEqual(both.slice(0, 8 * V), model.logits(ids, 1, 8));
  assert.deepEqual(both.slice(8 * V), model.logits(ids.toReversed(), 1, 8));
});

test('greedy writing takes the largest logit of the full forward', () => {
  const model = lively({});
  let context = [3];
  for (const id of written(model.generate({ prompt: [3], tokens: 7, temperature: 0 }))) {
    const logits = model.logits(context, 1, context.length).slice(-V);
    assert.equal(id, logits.indexOf(Math.max(...logits)));
    context = [...context, id];
  }
});

test('the same seed writes the same, another something else', () => {
  const model = lively({});
  const write = (/** @type {number} */ seed) => written(model.generate({ prompt: [1], tokens: 40, seed }));
  assert.deepEqual(write(5), write(5));
  assert.notDeepEqual(write(5), write(6));
  assert.equal(write(5).length, 40);
});

test('past the end of the context it goes on from the last half of it', () => {
  const model = lively({});
  const text = [3, ...written(model.generate({ prompt: [3], tokens: 30, temperature: 0 }))];
  assert.equal(text.length, 31);
  // 3 and 7 more fill the 8 places and give token 8; then the last 4 of those 9 are fed afresh.
  const logits = model.logits(text.slice(5, 9), 1, 4).slice(-V);
  assert.equal(text[9], logits.indexOf(Math.max(...logits)));
});

test('a prompt longer than the context counts by its end', () => {
  const model = lively({});
  const long = Array.from({ length: 100 }, (_, i) => i % V);
  assert.deepEqual(written(model.generate({ prompt: long, tokens: 5 })), written(model.generate({ prompt: long.slice(-8), tokens: 5 })));
});

test('a context of one token is enough', () => {
  const model = lively({ block_size: 1 });
  assert.equal(written(model.generate({ prompt: [1], tokens: 5 })).length, 5);
});

test('ids the tokenizer does not have are not written', () => {
  const model = lively({});
  assert.ok(written(model.generate({ prompt: [1], tokens: 60, temperature: 3, vocabulary: 4 })).every((id) => id < 4));
});

test('topK = 1 is greedy, and the filters only narrow the choice', () => {
  const model = lively({});
  const write = (/** @type {object} */ how) => written(model.generate({ prompt: [2], tokens: 7, ...how }));
  const greedy = write({ temperature: 0 });
  for (const how of [{ topK: 1 }, { topP: 1e-9 }, { minP: 1 }]) assert.deepEqual(write(how), greedy, JSON.stringify(how));
  assert.equal(write({ topK: 3, topP: 0.9, minP: 0.05, repetitionPenalty: 1.2 }).length, 7);
});

test('a wish out of range is named, and no other', () => {
  const model = lively({});
  const bad = { temperature: [-1, NaN], topK: [-1], topP: [0, 2], minP: [1.5], repetitionPenalty: [0], seed: [-1] };
  for (const [name, values] of Object.entries(bad)) {
    const option = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const value of values) {
      const message = new RegExp(`outside its range: ${option}=${value} \\([^=]*\\)$`);
      assert.throws(() => written(model.generate({ prompt: [1], tokens: 2, [name]: value })), { code: 'RANGE', message }, `${name} ${value}`);
    }
  }
});

test('ids that are no whole numbers are named, and so is a wrong number of tokens', () => {
  const model = lively({});
  for (const id of [1.5, -1, NaN, 2 ** 32, /** @type {any} */ ('a')]) {
    const message = new RegExp(`id ${typeof id === 'string' ? `'${id}'` : id} at place 1 is no token: ids are whole numbers from 0`);
    assert.throws(() => model.logits([1, id], 1, 2), { code: 'TOKEN', op: 'model.logits', message });
    assert.throws(() => model.logits(Float32Array.of(1, 1.5), 1, 2), { code: 'TOKEN', message: /id 1\.5 at place 1/ });
    assert.throws(() => written(model.generate({ prompt: [1, id] })), { code: 'TOKEN', op: 'generate', message });
    assert.throws(() => model.decoder().feed([1, id]), { code: 'TOKEN', op: 'decoder.feed', message });
    assert.throws(() => folio.dataset({ block_size: 2, vocab_size: 9 }, [1, id, ...Array(50).fill(1)]), { code: 'TOKEN', op: 'dataset', message });
  }
  for (const tokens of [-1, 2.5, NaN, Infinity, /** @type {any} */ ('7')]) {
    assert.throws(() => written(model.generate({ prompt: [1], tokens })), { code: 'RANGE', op: 'generate', message: `generate: tokens=${typeof tokens === 'string' ? `'${tokens}'` : tokens} is not allowed: it must be a whole number from 0` });
  }
  assert.deepEqual(written(model.generate({ prompt: [1], tokens: 0 })), []);
  assert.deepEqual(model.logits(Uint16Array.of(1, 2), 1, 2), model.logits([1, 2], 1, 2));
});

test('a model that sees the future cannot write', () => {
  assert.throws(() => written(lively({ causal: false }).generate({ prompt: [1] })), { code: 'NOT_CAUSAL' });
});

test('ids and sizes are checked', () => {
  const model = lively({});
  assert.throws(() => model.logits([V], 1, 1), { code: 'TOKEN', message: /vocab_size=13/ });
  assert.throws(() => model.logits(Array(9).fill(0), 1, 9), { code: 'ARGUMENT', message: /T=9, block_size=8/ });
  assert.throws(() => model.logits([], 0, 0), { code: 'ARGUMENT' });
  assert.throws(() => written(model.generate({ prompt: [V] })), { code: 'TOKEN' });
  const decoder = model.decoder();
  assert.throws(() => decoder.feed([]), { code: 'ARGUMENT' });
  assert.throws(() => decoder.pick({ index: 0 }), { code: 'ARGUMENT' });
  decoder.feed(ids);
  assert.throws(() => decoder.feed([1]), { code: 'FULL', message: /1 more tokens after 8 of 8/ });
});
