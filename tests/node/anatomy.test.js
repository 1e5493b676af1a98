// The page's drawing of a model, as a list: all parameters of the layout are in it, whatever the settings, and its shapes and sums are the model's.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { anatomyOf } from '../../www/anatomy.js';
import { PARTS, partOf, sharesOf } from '../../www/shares.js';

const folio = await load();

/** Numbers from 0 to 1, the same in every run. @param {number} seed */
function numbers(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** @param {() => number} random */
function anyConfig(random) {
  const pick = (/** @type {any[]} */ ...from) => from[Math.floor(random() * from.length)];
  const n_head = pick(1, 2, 3, 4, 8);
  const divisors = [0, 1, 2, 3, 4, 8].filter((n) => n === 0 || n_head % n === 0);
  return folio.config({
    n_head, n_kv_head: pick(...divisors), n_embd: n_head * pick(2, 8, 16), n_layer: pick(1, 2, 5), n_inner: pick(0, 7, 64), block_size: pick(1, 16, 64),
    batch_size: pick(1, 12), vocab_size: pick(1, 63, 500), conv_size: pick(0, 1, 2, 4), dropout: pick(0, 0.25),
    position: pick('learned', 'sinusoidal', 'rope', 'alibi', 'none'), norm: pick('layernorm', 'rmsnorm'), activation: pick('gelu', 'relu', 'relu2', 'swiglu'),
    ...Object.fromEntries(['norm_affine', 'causal', 'qk_norm', 'embd_norm', 'tie_weights', 'bias'].map((name) => [name, random() < 0.5])),
  });
}

test('every tensor of every layout is in one block, once, and the parameters add up', () => {
  const random = numbers(7);
  for (let i = 0; i < 400; i++) {
    const config = anyConfig(random);
    const layout = folio.layout(config);
    const { parameters } = folio.memory(config);
    const blocks = anatomyOf(config, layout);
    const told = JSON.stringify(config);
    assert.equal(blocks.reduce((sum, block) => sum + block.parameters, 0), parameters, told);
    assert.ok(Math.abs(blocks.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9, told);
    const names = blocks.flatMap(({ tensors, times, lane }) => tensors.flatMap(({ name }) => Array.from({ length: times }, (_, n) => (lane === 'stream' ? name : `h.${n}.${name}`))));
    assert.deepEqual(names.sort(), layout.map(({ name }) => name).sort(), told);
    for (const { tensors, times, parameters: all } of blocks) {
      assert.equal(all, times * tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0), told);
    }
    assert.equal(new Set(blocks.map(({ id }) => id)).size, blocks.length, 'each id once');
    for (const { title, doc } of blocks) assert.match(doc, /\.$/, title);
  }
});

test('the parts of the bar are those of the blocks', () => {
  const random = numbers(3);
  for (let i = 0; i < 100; i++) {
    const config = anyConfig(random);
    const layout = folio.layout(config);
    const shares = sharesOf(layout);
    const blocks = anatomyOf(config, layout);
    for (const part of PARTS) assert.equal(blocks.reduce((sum, block) => sum + (block.part === part ? block.parameters : 0), 0), shares[part], part);
    for (const { part, lane, tensors } of blocks) for (const { name } of tensors) assert.equal(partOf(lane === 'stream' ? name : `h.0.${name}`), part);
  }
});

test('a tensor that no block knows would be missed', () => {
  const config = folio.config();
  const layout = [...folio.layout(config), { name: 'h.0.attn.gate.weight', shape: [3], size: 3 }];
  assert.notEqual(anatomyOf(config, layout).reduce((sum, { parameters }) => sum + parameters, 0), folio.memory(config).parameters + 3);
});

test('a multiply-add for every weight of the products, and attention by the tokens it sees', () => {
  const random = numbers(11);
  for (let i = 0; i < 100; i++) {
    const config = anyConfig(random);
    const blocks = anatomyOf(config, folio.layout(config));
    const weights = (/** @type {string} */ id) => blocks.filter((block) => block.id === id).flatMap(({ tensors, times }) => tensors.map(({ shape, size }) => (shape.length > 1 ? times * size : 0))).reduce((a, b) => a + b, 0);
    for (const { id, macs } of blocks) {
      if (['attn.qkv', 'attn.proj', 'mlp', 'attn.conv', 'mlp.conv'].includes(id)) assert.equal(macs, weights(id), id);
      else if (id === 'head') assert.equal(macs, Number(config.vocab_size) * Number(config.n_embd));
      else if (id !== 'attn') assert.equal(macs, 0, id);
    }
    // Every query of a window with every key that it sees, by channels, and the same again for the values.
    const T = Number(config.block_size);
    let pairs = 0;
    for (let query = 0; query < T; query++) for (let key = 0; key < T; key++) if (key <= query || !config.causal) pairs++;
    assert.equal(blocks.find(({ id }) => id === 'attn')?.macs, (2 * pairs * Number(config.n_embd) * Number(config.n_layer)) / T);
  }
});

test('what goes on is what comes in: shapes from block to block', () => {
  const config = folio.config({ n_head: 4, n_kv_head: 2, n_embd: 32, activation: 'swiglu', tie_weights: false, vocab_size: 50, block_size: 16, batch_size: 3 });
  const blocks = anatomyOf(config, folio.layout(config));
  const of = (/** @type {string} */ id) => blocks.find((block) => block.id === id);
  assert.deepEqual(blocks.map(({ id }) => id), ['tokens', 'wte', 'wpe', 'ln_1', 'attn.qkv', 'attn', 'attn.proj', 'attn.add', 'ln_2', 'mlp', 'mlp.add', 'ln_f', 'head', 'loss']);
  assert.deepEqual(of('attn.qkv')?.flow, [3, 16, 64]);
  assert.deepEqual(of('attn.qkv')?.tensors.map(({ name, shape }) => [name, ...shape]), [['attn.c_attn.weight', 32, 64]]);
  assert.deepEqual(of('attn')?.heads, { queries: 4, keys: 2 });
  assert.equal(of('mlp')?.gist, '32 → 2 × 128 → 32');
  assert.deepEqual(of('head')?.flow, [3, 16, 50]);
  assert.match(`${of('loss')?.doc}`, /3\.91 for one that knows nothing/);
  assert.match(`${of('attn')?.doc}`, /2 heads share a key and value/);
});

test('what is not there has no block, and what changes the words changes them', () => {
  const blocks = (/** @type {Record<string, unknown>} */ partial) => {
    const config = folio.config(partial);
    return anatomyOf(config, folio.layout(config));
  };
  const ids = (/** @type {Record<string, unknown>} */ partial) => blocks(partial).map(({ id }) => id);
  assert.ok(!ids({ position: 'rope' }).includes('wpe'));
  assert.match(`${blocks({ position: 'rope' }).find(({ id }) => id === 'attn')?.doc}`, /turned by an angle/);
  assert.ok(!ids({ conv_size: 1 }).includes('attn.conv') && ids({ conv_size: 2 }).includes('mlp.conv'));
  assert.ok(ids({ embd_norm: true }).includes('embd_norm'));
  assert.match(`${blocks({ tie_weights: true }).find(({ id }) => id === 'head')?.gist}`, /^tied/);
  assert.match(`${blocks({ causal: false }).find(({ id }) => id === 'attn')?.doc}`, /all tokens in the window/);
});
