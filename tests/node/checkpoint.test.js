// Checkpoints: what is in them, and that no damage goes unnoticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, save } from '../../wasm/src/checkpoint/checkpoint.js';
import { crc32 } from '../../wasm/src/checkpoint/crc32.js';
import { parse, serialise } from '../../wasm/src/checkpoint/safetensors.js';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

const folio = await load();
const run = openRun(folio, { text: TEXT, config: { ...SMALL, n_layer: 1, n_embd: 4, block_size: 4 } });
run.parts.trainer.stepOnce();
const whole = run.checkpoint();
const weights = run.checkpoint({ optimizer: false });

/** @param {Uint8Array} bytes @param {RegExp} message */
const refused = (bytes, message) => assert.throws(() => openWriter(folio, bytes), { name: 'FolioError', code: 'CHECKPOINT', message });

/** The file with something else in it, and a checksum to match. @param {(contents: import('../../wasm/src/checkpoint/safetensors.js').Contents) => void} change */
function changed(change) {
  const contents = parse(weights.slice());
  change(contents);
  const { checksum: _, ...rest } = contents.metadata;
  const shapes = [...contents.tensors].map(([name, { shape }]) => [name, shape]);
  let crc = crc32(new TextEncoder().encode(JSON.stringify([Object.entries(rest), shapes])));
  for (const { data } of contents.tensors.values()) crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  contents.metadata.checksum = crc.toString(16).padStart(8, '0');
  return serialise(contents);
}

/** @param {string} key @param {(value: any) => unknown} change */
const withMetadata = (key, change) => changed(({ metadata }) => {
  metadata[key] = JSON.stringify(change(JSON.parse(metadata[key])));
});

test('CRC-32 gives its check value', () => assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926));

test('a checkpoint is what it says: GPT-2 names, the optimizer beside them, all in order', () => {
  const { metadata, tensors } = parse(whole);
  const names = folio.layout(run.config).map(({ name }) => name);
  assert.deepEqual([...tensors.keys()], ['', 'exp_avg.', 'exp_avg_sq.'].flatMap((prefix) => names.map((name) => prefix + name)));
  assert.equal(metadata.format, 'pt');
  assert.equal(metadata.step, '1');
  assert.deepEqual(JSON.parse(metadata.config), run.config);
  assert.deepEqual(JSON.parse(metadata.tokenizer), run.parts.tokenizer.toJSON());
});

test('with muon the matrices have their momentum in it, and no second moment', () => {
  const other = openRun(folio, { text: TEXT, config: { ...SMALL, n_layer: 1, n_embd: 4, block_size: 4, optimizer: 'muon' } });
  other.parts.trainer.stepOnce();
  const { tensors } = parse(other.checkpoint());
  for (const { name, group } of folio.layout(other.config)) {
    assert.ok(tensors.get(`exp_avg.${name}`)?.data.some((value) => value !== 0), name);
    assert.equal(tensors.has(`exp_avg_sq.${name}`), group !== 'matrix', name);
  }
});

test('what is read is what was saved', () => {
  const { config, step, resumable, tensors, tokenizer } = read(folio, whole);
  assert.deepEqual(config, run.config);
  assert.deepEqual(tokenizer, run.parts.tokenizer.toJSON());
  assert.deepEqual([step, resumable, read(folio, weights).resumable], [1, true, false]);
  for (const { name, shape, data } of run.parts.model.tensors()) assert.deepEqual(tensors.get(name), { shape, data: data.slice(), dtype: 'F32' });
  assert.deepEqual(openWriter(folio, weights).model.params.slice(), run.parts.model.params.slice());
});

test('the same run gives the same file', () => assert.deepEqual(run.checkpoint(), whole));

test('save takes a model that was never trained', () => {
  const tokenizer = folio.tokenizer.train('char', 'abc');
  const model = folio.model({ ...SMALL, vocab_size: 3 });
  assert.equal(read(folio, save(model, tokenizer)).step, 0);
});

test('cut off at every length', () => {
  for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length), /^safetensors: /);
});

test('flipped in every byte of the header, and of the numbers', () => {
  const bytes = weights.slice();
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    for (const flip of at < 8 ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : [1 << (at % 8), 0x20, 255]) {
      bytes[at] = byte ^ flip;
      refused(bytes, /^(safetensors|checkpoint): /);
    }
    bytes[at] = byte;
  }
  assert.doesNotThrow(() => openWriter(folio, bytes).close());
});

test('files of others are told so', () => {
  const { tensors } = parse(weights.slice());
  refused(serialise({ metadata: { format: 'pt' }, tensors }), /__metadata__ has no 'folio': this file was not written by Folio/);
  refused(new TextEncoder().encode('<!doctype html><title>Not here</title>'), /this is no safetensors file: after its first 8 bytes there should be a \{/);
});

test('tensors missing, too many, of another shape, not numbers', () => {
  refused(changed(({ tensors }) => tensors.delete('h.0.mlp.c_fc.weight')), /tensor 'h\.0\.mlp\.c_fc\.weight' is missing/);
  refused(changed(({ tensors }) => tensors.set('extra', { shape: [1], data: Float32Array.of(1) })), /tensor 'extra' does not belong/);
  refused(changed(({ tensors }) => tensors.set('exp_avg.wte.weight', { shape: [1], data: Float32Array.of(1) })), /tensor 'exp_avg\.\S+' (is missing|has shape)/);
  refused(changed(({ tensors }) => {
    const tensor = /** @type {any} */ (tensors.get('wte.weight'));
    tensor.shape = tensor.shape.toReversed();
  }), /tensor 'wte\.weight' has shape 4 x \d+, should be \d+ x 4/);
  for (const value of [NaN, Infinity, -Infinity]) {
    refused(changed(({ tensors }) => tensors.get('wte.weight')?.data.fill(value, 3, 4)), /tensor 'wte\.weight' holds -?(NaN|Infinity) at 3/);
  }
});

test('settings that are none', () => {
  refused(withMetadata('config', (config) => ({ ...config, n_hed: 1 })), /no setting 'n_hed'/);
  refused(withMetadata('config', (config) => ({ ...config, n_head: 3 })), /n_embd must be divisible by n_head/);
  refused(withMetadata('config', (config) => ({ ...config, activation: 'gel' })), /activation='gel'/);
  for (const n_layer of [0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 63, 1e308, null, '1', []]) {
    refused(withMetadata('config', (config) => ({ ...config, n_layer })), /config: n_layer=/);
  }
  for (const value of [null, 3, [], 'text']) refused(withMetadata('config', () => value), /config is not a JSON object/);
  refused(changed(({ metadata }) => (metadata.config = '{')), /config is not a JSON object/);
  refused(withMetadata('config', (config) => ({ ...config, n_layer: 2 })), /'h\.1\.ln_1\.weight' is missing/);
});

test('settings of a model that no memory can hold', () => {
  const huge = withMetadata('config', (config) => ({ ...config, n_layer: 256, n_embd: 16384 }));
  assert.throws(() => openWriter(folio, huge), { code: 'MEMORY', message: /the model needs \d{12,} bytes/ });
});

test('tokenizers that are none, or not the model\'s', () => {
  refused(withMetadata('tokenizer', () => ({ kind: 'wordpiece' })), /tokenizer: .*'wordpiece'/);
  refused(withMetadata('tokenizer', () => ({ kind: 'char', vocabulary: 'aa' })), /tokenizer: .*vocabulary/);
  refused(withMetadata('tokenizer', () => ({ kind: 'byte' })), /the tokenizer has 256 tokens, but the model only knows \d+/);
  refused(withMetadata('tokenizer', () => 3), /tokenizer is not a JSON object/);
});

test('steps that are no number', () => {
  for (const step of ['-1', '1.5', '', 'one', '1e3', ' 1', '9007199254740993', '9'.repeat(30)]) {
    refused(changed(({ metadata }) => (metadata.step = step)), /step '.*' is no number of steps/);
  }
});

test('after all refusals no memory is lost', () => {
  const damaged = weights.slice();
  damaged[damaged.length - 1] ^= 1;
  const tries = () => {
    refused(damaged, /damaged/);
    refused(withMetadata('tokenizer', () => ({ kind: 'byte' })), /256/);
    assert.throws(() => openRun(folio, { text: `${TEXT}€`, checkpoint: whole }), { code: 'UNKNOWN_CHAR' });
    assert.throws(() => openRun(folio, { text: TEXT, checkpoint: weights }), { code: 'CHECKPOINT' });
  };
  tries();
  const before = folio.info().memory_bytes;
  for (let i = 0; i < 100; i++) tries();
  assert.equal(folio.info().memory_bytes, before);
});
