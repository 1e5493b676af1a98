// Looks into a model: attention, stream, lens, embeddings and positions, beside what the model itself computes; the norms of a training step.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { softmax } from '../../wasm/src/inspect.js';
import { layerNorms } from '../../wasm/src/norms.js';

const folio = await load();
const V = 13;
const T = 7;
const base = { vocab_size: V, n_layer: 2, n_head: 2, n_embd: 12, block_size: 8, batch_size: 2 };
const ids = Array.from({ length: T }, (_, i) => (i * 5 + 3) % V);
const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(60);

/** A model whose weights are large enough for its heads to choose. @param {Record<string, unknown>} settings */
function lively(settings) {
  const model = folio.model({ ...base, ...settings });
  model.params.forEach((value, i, params) => (params[i] = value * 5 + Math.fround(Math.sin(i) / 3)));
  return model;
}

const KINDS = Object.entries({
  'learned positions': {},
  'bidirectional alibi': { causal: false, position: 'alibi' },
  'rope, rmsnorm, qk_norm, swiglu, grouped heads, convolutions': {
    position: 'rope', norm: 'rmsnorm', qk_norm: true, activation: 'swiglu', n_embd: 16, n_head: 4, n_kv_head: 2, conv_size: 3,
  },
  'sinusoidal positions, embd_norm, untied': { position: 'sinusoidal', embd_norm: true, tie_weights: false, bias: true },
  'no positions, relu2, one head, dropout': { position: 'none', activation: 'relu2', n_head: 1, dropout: 0.3 },
});

for (const [name, settings] of KINDS) {
  test(`the lens after the last block gives the model's own logits, bit for bit: ${name}`, async () => {
    const model = lively(settings);
    const inspector = await folio.inspector(model);
    const { attention, stream } = inspector.inspect(ids);
    const { n_layer: L, n_head: H, n_embd: C } = model.config;
    assert.deepEqual([attention.length, stream.length], [L * H * T * T, (L + 1) * T * C]);
    assert.deepEqual(inspector.lens(L), model.logits(ids, 1, T));
    assert.notDeepEqual(inspector.lens(0), inspector.lens(L));
    inspector.close();
    model.close();
  });
}

/**
 * The softmax of a model without normalisation weights, biases and positions, from its weights, in double precision.
 * @param {import('../../wasm/src/model.js').Model} model
 * @param {Float32Array} stream (T, C)
 * @param {number} layer
 */
function slowAttention(model, stream, layer) {
  const { n_embd: C, n_head: H, norm_eps: eps } = model.config;
  const hs = C / H;
  const weight = model.tensors().find(({ name }) => name === `h.${layer}.attn.c_attn.weight`)?.data ?? [];
  const rows = Array.from({ length: T }, (_, t) => {
    const x = [...stream.subarray(t * C, (t + 1) * C)];
    const mean = x.reduce((a, b) => a + b) / C;
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / C + eps);
    return Array.from({ length: 2 * C }, (_, o) => x.reduce((sum, value, i) => sum + (value - mean) * scale * weight[i * 3 * C + o], 0));
  });
  const all = [];
  for (let h = 0; h < H; h++) {
    for (let t = 0; t < T; t++) {
      const score = (/** @type {number[]} */ row) => {
        const key = row.slice(C + h * hs, C + (h + 1) * hs);
        return key.reduce((sum, k, i) => sum + k * rows[t][h * hs + i], 0) / Math.sqrt(hs);
      };
      const scores = rows.map((row, j) => (j > t ? -Infinity : score(row)));
      const exps = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = exps.reduce((a, b) => a + b);
      all.push(...exps.map((e) => e / total));
    }
  }
  return all;
}

test('attention is the softmax of queries and keys that are computed from the stream, slowly, in double precision', async () => {
  const model = lively({ position: 'none', norm_affine: false });
  const inspector = await folio.inspector(model);
  const { attention, stream } = inspector.inspect(ids);
  const { n_layer: L, n_head: H, n_embd: C } = model.config;
  for (let layer = 0; layer < L; layer++) {
    const wanted = slowAttention(model, stream.subarray(layer * T * C, (layer + 1) * T * C), layer);
    const got = attention.subarray(layer * H * T * T, (layer + 1) * H * T * T);
    wanted.forEach((p, i) => assert.ok(Math.abs(got[i] - p) < 2e-5, `layer ${layer}, place ${i}: ${got[i]}, ${p}`));
    assert.ok(wanted.some((p) => p > 0.6 && p < 0.99), 'the heads choose');
  }
});

test('a look takes the weights as they are then', async () => {
  const model = lively({});
  const inspector = await folio.inspector(model);
  inspector.inspect(ids);
  const before = inspector.lens(2);
  model.params.forEach((value, i, params) => (params[i] = value / 2));
  inspector.inspect(ids);
  assert.notDeepEqual(inspector.lens(2), before);
  assert.deepEqual(inspector.lens(2), model.logits(ids, 1, T));
});

test('norms are those of the stream and of what each branch adds to it', async () => {
  const model = lively({});
  const inspector = await folio.inspector(model);
  const { norms, stream } = inspector.inspect(ids);
  const C = 12;
  const rms = (/** @type {ArrayLike<number>} */ x) => Math.sqrt(Array.from(x).reduce((sum, value) => sum + value ** 2, 0) / x.length);
  for (let layer = 0; layer < 2; layer++) {
    for (let t = 0; t < T; t++) {
      const row = (/** @type {number} */ l) => stream.subarray((l * T + t) * C, (l * T + t + 1) * C);
      const [attention, mlp, after] = [0, 1, 2].map((kind) => norms[(layer * 3 + kind) * T + t]);
      assert.ok(Math.abs(after - rms(row(layer + 1))) < 1e-5);
      const added = rms(row(layer + 1).map((value, i) => value - row(layer)[i]));
      assert.ok(attention > 0 && mlp > 0 && added <= attention + mlp + 1e-5 && added >= Math.abs(attention - mlp) - 1e-5);
    }
  }
});

test('a look at a text tells its tokens, and the likeliest to follow with the model\'s own probabilities', async () => {
  const tokenizer = folio.tokenizer.train('char', TEXT);
  const model = lively({ vocab_size: tokenizer.vocabSize + 3 });
  const inspector = await folio.inspector(model);
  const look = inspector.look(tokenizer, 'the fox jumps', { top: 4 });
  assert.equal([...look.ids].map((id) => look.texts[id]).join(''), 'the fox ');
  assert.ok(look.cut);
  const logits = model.logits(look.ids, 1, 8);
  const size = model.config.vocab_size;
  for (let t = 0; t < 8; t++) {
    const probabilities = softmax(logits.subarray(t * size, (t + 1) * size));
    const order = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 4);
    const at = (2 * 8 + t) * 4;
    assert.deepEqual([...look.lensIds.subarray(at, at + 4)], order);
    order.forEach((id, i) => assert.equal(look.lens[at + i], Math.fround(probabilities[id])));
  }
  assert.ok(!inspector.look(tokenizer, 'fox').cut);
  assert.throws(() => inspector.look(tokenizer, ''), { code: 'EMPTY' });
  assert.throws(() => inspector.look(tokenizer, 'é'), { code: 'UNKNOWN_CHAR' });
});

test('embeddings are those of the tokens that the tokenizer has', async () => {
  const tokenizer = folio.tokenizer.train('char', TEXT);
  const inspector = await folio.inspector(lively({ vocab_size: tokenizer.vocabSize + 3 }));
  const { points, shares, count, texts } = inspector.embeddings(tokenizer);
  assert.deepEqual([points.length, count, Object.keys(texts).length], [2 * tokenizer.vocabSize, tokenizer.vocabSize, tokenizer.vocabSize]);
  assert.ok(shares[0] >= shares[1] && shares[1] > 0 && shares[0] + shares[1] <= 1);
  assert.equal(inspector.embeddings(tokenizer, { most: 5 }).points.length, 10);
});

test('positions: a table with its cosines, or what they do by distance, or nothing', async () => {
  const positions = async (/** @type {Record<string, unknown>} */ settings) => (await folio.inspector(lively(settings))).positions();
  const learned = await positions({});
  assert.deepEqual([learned.table?.length, learned.similarity?.length, learned.near], [8 * 12, 64, null]);
  for (let i = 0; i < 8; i++) assert.ok(Math.abs(/** @type {Float32Array} */ (learned.similarity)[i * 9] - 1) < 1e-6);
  const long = await positions({ block_size: 600, n_layer: 1 });
  assert.deepEqual([long.every, long.count, long.table?.length], [3, 200, 200 * 12]);
  const alibi = await positions({ position: 'alibi' });
  assert.ok(alibi.near);
  alibi.near.forEach((value, i) => assert.ok(Math.abs(value - Math.exp(-(2 ** (i < 8 ? -4 : -8)) * (i % 8))) < 1e-6));
  for (const [position, pairs] of /** @type {[string, number][]} */ ([['rope', 3], ['sinusoidal', 6]])) {
    const { near } = await positions({ position });
    near?.forEach((value, i) => {
      let want = 0;
      for (let p = 0; p < pairs; p++) want += Math.cos((i % 8) * 10000 ** (-p / pairs)) / pairs;
      assert.ok(Math.abs(value - want) < 1e-5, `${position} ${i}: ${value}, ${want}`);
    });
    assert.equal(near?.length, 16);
  }
  assert.deepEqual(await positions({ position: 'none' }), { kind: 'none', near: null, table: null, similarity: null, every: 1, count: 8 });
});

test('what cannot be looked at is said', async () => {
  const model = lively({});
  const inspector = await folio.inspector(model);
  assert.throws(() => inspector.lens(1), { code: 'ARGUMENT', message: /no inspection yet/ });
  assert.throws(() => inspector.inspect([]), { code: 'ARGUMENT', message: /0 ids; there must be 1 to block_size=8/ });
  assert.throws(() => inspector.inspect(Array(9).fill(1)), { code: 'ARGUMENT' });
  assert.throws(() => inspector.inspect([V]), { code: 'TOKEN', message: /vocab_size is 13/ });
  assert.throws(() => inspector.inspect([0.5]), { code: 'TOKEN' });
  inspector.inspect(ids);
  for (const layer of [-1, 3, 0.5, NaN]) assert.throws(() => inspector.lens(layer), { code: 'ARGUMENT', message: /none of 0 to 2/ });
  inspector.close();
  assert.throws(() => inspector.inspect(ids), { code: 'CLOSED' });
  const large = folio.model({ ...base, n_layer: 40, n_head: 12, block_size: 2048 });
  const over = await folio.inspector(large);
  assert.throws(() => over.inspect(Array(2048).fill(0)), { code: 'MEMORY', message: /40 layers with 12 heads over 2048 tokens/ });
  over.close();
  large.close();
});

test('norms of gradients and weights by layer, once a step is whole', () => {
  const config = folio.config({ ...base, tie_weights: false });
  const model = folio.model(config);
  const trainer = folio.trainer(model, folio.dataset(config, Uint32Array.from({ length: 400 }, (_, i) => (i * 7) % V)), config);
  assert.equal(layerNorms(model, trainer), null);
  const { grad_norm } = trainer.stepOnce();
  const norms = layerNorms(model, trainer);
  assert.ok(norms);
  assert.deepEqual([norms.step, norms.names], [1, ['embeddings', 'block 1', 'block 2', 'head']]);
  assert.ok(Math.abs(Math.hypot(...norms.gradients) - grad_norm) < 1e-6 * grad_norm);
  const block = model.tensors().filter(({ name }) => name.startsWith('h.1.')).flatMap(({ data }) => [...data]);
  assert.ok(Math.abs(norms.weights[2] - Math.sqrt(block.reduce((sum, value) => sum + value ** 2, 0))) < 1e-6);
  trainer.advance();
  assert.equal(layerNorms(model, trainer), null);
  trainer.restart();
  assert.equal(layerNorms(model, trainer), null);
  trainer.stepOnce();
  assert.equal(layerNorms(model, trainer)?.step, 2);
});

test('in a worker: the same looks of a run that trains, and of a writer', async () => {
  const client = await connect({ threads: 1 });
  after(() => client.close());
  const config = { n_layer: 2, n_head: 2, n_embd: 16, block_size: 16, batch_size: 4, max_iters: 30, eval_interval: 0 };
  const run = await client.run({ text: TEXT, config });
  const inspector = await run.inspector();
  assert.equal(await inspector.norms(), null);
  for await (const event of run.train({ steps: 5 })) if (event.event === 'step') await inspector.look('the quick');
  assert.equal((await inspector.norms())?.step, 5);
  const look = await inspector.look('the quick', { top: 3 });
  assert.deepEqual([look.attention.length, look.lens.length, look.norms.length], [2 * 2 * 81, 3 * 9 * 3, 2 * 3 * 9]);
  await assert.rejects(inspector.look('É'), { code: 'UNKNOWN_CHAR' });
  const writer = await client.open(await run.checkpoint());
  const other = await writer.inspector();
  assert.deepEqual(await other.look('the quick', { top: 3 }), look);
  assert.deepEqual(await other.embeddings(), await inspector.embeddings());
  assert.deepEqual(await other.positions(), await inspector.positions());
  assert.equal(await other.norms(), null);
  const before = await run.digest();
  assert.equal(before, await writer.digest(), 'looking changes nothing');
  await Promise.all([inspector.close(), other.close(), run.close(), writer.close()]);
  await assert.rejects(other.look('the'), { code: 'CLOSED' });
});

test('nobody loads its module before somebody looks, and one that does not arrive is asked for again', async () => {
  const none = await load({ inspectWasm: new Uint8Array([1, 2, 3]) });
  const model = none.model(base);
  await assert.rejects(none.inspector(model), { code: 'WASM' });
  await assert.rejects(none.inspector(model), { code: 'WASM', message: /no WebAssembly module/ });
  model.close();
  none.close();
});
