/**
 * weights.js - a trained model, small enough for a link: one byte a number, with a scale for each row. It can write, nearly as well as before; its
 * digest is another, and training cannot go on from it exactly.
 *
 *   CRC-32 of the rest; length of the header; the header, JSON {config, tokenizer, step, text}, as in a checkpoint's __metadata__;
 *   then for each tensor of the layout its rows' scales as halves, and its numbers as multiples of them from -127 to 127.
 */

import { crc32 } from '../checkpoint/crc32.js';
import { seal } from '../checkpoint/checkpoint.js';
import { fromHalf, toHalf } from '../checkpoint/half.js';
import { parseJson } from '../checkpoint/json.js';
import { parse } from '../checkpoint/safetensors.js';
import { FolioError } from '../error.js';
import { turn } from '../platform.js';
import { concat } from '../tokenizer/strings.js';
import { pack, unpack } from './packed.js';

/** @typedef {{name: string, shape: number[], size: number}} Entry of a layout */
/** @typedef {(config: Record<string, unknown>) => Promise<Entry[]> | Entry[]} LayoutOf checks a config: client.layout or folio.layout */

/** Most bytes of unpacked weights, where nobody says: those of a link. */
export const WEIGHTS_LIMIT = 1 << 20;

/** Bytes before the header. */
const START = 8;
const MOST = 127;
const KEYS = ['config', 'tokenizer', 'step', 'text'];

/** @param {string} message what, where and why @returns {never} */
function refuse(message) {
  throw new FolioError('LINK', 'link', `link: ${message}`);
}

/** Rows that have a scale each: a tensor of one dimension is one row. @param {number[]} shape */
const rowsOf = (shape) => (shape.length > 1 ? shape[0] : 1);

/** Characters that a model of so many numbers takes, about: packing gains next to nothing. @param {number} parameters */
export const packedLength = (parameters) => Math.round(1.4 * parameters);

/**
 * @param {Uint8Array} checkpoint a safetensors file
 * @returns {Promise<string>}
 */
export async function packWeights(checkpoint) {
  const { metadata, tensors } = parse(checkpoint);
  const { names, header } = headerOf(metadata, tensors);
  const parts = [header];
  for (const name of names) {
    const { shape, data } = /** @type {import('../checkpoint/safetensors.js').Tensor} */ (tensors.get(name));
    parts.push(quantise(name, data, rowsOf(shape)));
    await turn();
  }
  const body = concat(parts);
  const bytes = new Uint8Array(START - 4 + body.length);
  bytes.set(body, START - 4);
  new DataView(bytes.buffer).setUint32(0, crc32(body), true);
  return pack(bytes);
}

/** @param {Record<string, string>} metadata @param {Map<string, unknown>} tensors */
function headerOf(metadata, tensors) {
  const kept = KEYS.filter((key) => Object.hasOwn(metadata, key)).map((key) => [key, metadata[key]]);
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(kept)));
  const header = new Uint8Array(4 + text.length);
  new DataView(header.buffer).setUint32(0, text.length, true);
  header.set(text, 4);
  return { header, names: [...tensors.keys()].filter((name) => !/^(exp_avg|exp_avg_sq|latest)\./.test(name)) };
}

/** @param {string} name @param {Float32Array} data @param {number} rows */
function quantise(name, data, rows) {
  const length = data.length / rows;
  const bytes = new Uint8Array(2 * rows + data.length);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * length, (row + 1) * length);
    const half = toHalf(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / MOST);
    const scale = fromHalf(half);
    if (!Number.isFinite(scale)) refuse(`tensor '${name}' has a number that is too large for it`);
    view.setUint16(2 * row, half, true);
    for (let i = 0; scale && i < length; i++) {
      view.setInt8(2 * rows + row * length + i, Math.max(-MOST, Math.min(MOST, Math.round(values[i] / scale))));
    }
  }
  return bytes;
}

/**
 * @param {string} packed
 * @param {LayoutOf} layoutOf
 * @param {number} [most] bytes to be unpacked
 * @returns {Promise<Uint8Array<ArrayBuffer>>} a checkpoint without the optimizer's state; rejects with a FolioError
 */
export async function unpackWeights(packed, layoutOf, most = WEIGHTS_LIMIT) {
  const bytes = await unpack(packed, most);
  const view = new DataView(bytes.buffer);
  if (bytes.length < START) return refuse(`its weights have ${bytes.length} bytes, which is too few`);
  if (view.getUint32(0, true) !== crc32(bytes.subarray(4))) return refuse('its weights are damaged: the checksum is another');
  const begin = START + view.getUint32(4, true);
  if (begin > bytes.length) return refuse('its weights are cut off');
  const metadata = readHeader(bytes.subarray(START, begin));
  const config = parseJson(metadata.config, refuse);
  if (!config || typeof config !== 'object' || Array.isArray(config)) return refuse('the config of its weights is not an object');
  const layout = await layoutOf(/** @type {Record<string, unknown>} */ (config));
  const needed = layout.reduce((sum, { shape, size }) => sum + size + 2 * rowsOf(shape), begin);
  if (needed !== bytes.length) return refuse(`its weights have ${bytes.length} bytes, and a model of their config has ${needed}`);
  /** @type {Map<string, import('../checkpoint/safetensors.js').Tensor>} */
  const tensors = new Map();
  let at = begin;
  for (const { name, shape, size } of layout) {
    const rows = rowsOf(shape);
    const end = at + 2 * rows + size;
    tensors.set(name, { shape, data: restored(view, at, rows, size) });
    at = end;
    await turn();
  }
  return seal(metadata, tensors);
}

/** @param {Uint8Array} bytes @returns {Record<string, string>} */
function readHeader(bytes) {
  const json = parseJson(new TextDecoder().decode(bytes), refuse);
  if (!json || typeof json !== 'object' || Array.isArray(json)) return refuse('the header of its weights is not an object');
  const found = new Map(Object.entries(json));
  const strings = KEYS.every((key) => (key === 'text' && !found.has(key)) || typeof found.get(key) === 'string');
  if (!strings) return refuse(`the header of its weights lacks one of ${KEYS.join(', ')}`);
  return Object.fromEntries(KEYS.filter((key) => found.has(key)).map((key) => [key, String(found.get(key))]));
}

/** @param {DataView} view @param {number} at @param {number} rows @param {number} size */
function restored(view, at, rows, size) {
  const data = new Float32Array(size);
  const length = size / rows;
  for (let row = 0; row < rows; row++) {
    const scale = fromHalf(view.getUint16(at + 2 * row, true));
    for (let i = row * length; i < (row + 1) * length; i++) data[i] = scale * view.getInt8(at + 2 * rows + i);
  }
  return data;
}
