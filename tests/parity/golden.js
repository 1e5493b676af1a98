// golden.js - reads what golden.py wrote, and makes the parameters and batches that it does not store.
import { readFileSync, readdirSync } from 'node:fs';
import { word } from './philox.js';

const FOLDER = new URL('./golden/', import.meta.url);

/**
 * @typedef {object} Golden
 * @property {string} name
 * @property {Record<string, any>} config
 * @property {[string, number[], 'matrix' | 'embedding' | 'vector'][]} layout name, shape and optimizer group of each tensor
 * @property {number} loss of batch 0, in training
 * @property {{loss: number, lr: number, grad_norm: number}[]} steps
 * @property {Map<string, Float32Array>} tensors
 */

/** All goldens, by name. @returns {Golden[]} */
export function goldens() {
  return readdirSync(FOLDER).filter((file) => file.endsWith('.safetensors')).sort().map((file) => {
    const bytes = readFileSync(new URL(file, FOLDER));
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, start));
    const tensors = new Map(Object.entries(entries).map(([name, { data_offsets: [begin, end] }]) =>
      [name, new Float32Array(Uint8Array.from(bytes.subarray(start + begin, start + end)).buffer)]));
    const metadata = Object.fromEntries(Object.entries(__metadata__).map(([key, text]) => [key, JSON.parse(text)]));
    return /** @type {Golden} */ ({ name: file.replace('.safetensors', ''), ...metadata, tensors });
  });
}

/** Values of tensor `index` of the layout, as model.py draws them. @param {Golden} golden @param {number} index */
export function parameters(golden, index) {
  const [name, shape, group] = golden.layout[index];
  const scale = { embedding: 1, matrix: 0.5, vector: 0.5 }[group];
  const shift = group === 'vector' && name.endsWith('.weight') ? 1 : 0;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, e) => ((word(7, index, e) >>> 8) * 2 ** -24 - 0.5) * scale + shift);
}

/** The ids of batches 0 .. count - 1, one after the other: windows of block_size + 1 tokens, so that a stride of as many yields them. @param {Golden} golden @param {number} count */
export function batches({ config }, count) {
  const size = config.batch_size * (config.block_size + 1);
  return Uint32Array.from({ length: count * size }, (_, i) => word(11, Math.floor(i / size), i % size) % config.vocab_size);
}

/**
 * The first place where |got - want| > atol + rtol |want|, in words; null where there is none. A NaN is such a place.
 * @param {ArrayLike<number>} got @param {ArrayLike<number>} want @param {{atol: number, rtol: number}} tolerance
 */
export function difference(got, want, { atol, rtol }) {
  if (got.length !== want.length) return `${got.length} elements, reference ${want.length}`;
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i] - want[i]) <= atol + rtol * Math.abs(want[i]))) return `element ${i} is ${got[i]}, reference ${want[i]}`;
  }
  return null;
}
