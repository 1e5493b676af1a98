/**
 * safetensors.js - the file format: 8 bytes of header length, a JSON header, the numbers. Pure; files come from anywhere, so all is checked.
 * Source: https://github.com/huggingface/safetensors, "Format". Folio reads and writes F32 and F16.
 */

import { FolioError } from '../error.js';
import { shownValue } from '../given.js';
import { fromHalf, toHalf } from './half.js';
import { parseJson } from './json.js';

/** @typedef {'F32' | 'F16'} Dtype how numbers stand in the file */
/** @typedef {{shape: number[], data: Float32Array, dtype?: Dtype}} Tensor dtype: F32, if not said */
/** @typedef {{metadata: Record<string, string>, tensors: Map<string, Tensor>}} Contents tensors in the header's order */
/** @typedef {{name: string, dtype: Dtype, shape: number[], begin: number, end: number}} Entry */

/** Bytes of a number. @type {Record<Dtype, number>} */
const SIZES = { F32: 4, F16: 2 };

/** Longer headers are refused, as the reference implementation does. */
const HEADER_LIMIT = 100_000_000;

/** @param {string} message what, where and why @returns {never} */
function refuse(message) {
  throw new FolioError('CHECKPOINT', 'safetensors', `safetensors: ${message}`);
}

/** A name from the file, fit for a message. @param {string} name */
const quote = (name) => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);

/**
 * @param {Uint8Array} bytes a whole file
 * @returns {Contents} the data are views of `bytes` where they are F32 and aligned, else copies
 */
export function parse(bytes) {
  if (!(bytes instanceof Uint8Array)) refuse(`the file is ${shownValue(bytes)}; it must be a Uint8Array`);
  const { text, start } = header(bytes);
  const json = parseJson(text, refuse);
  if (json === null || typeof json !== 'object' || Array.isArray(json)) refuse('the header is not a JSON object');
  const { __metadata__: metadata = {}, ...rest } = /** @type {Record<string, unknown>} */ (json);
  const entries = Object.entries(rest).map(([name, value]) => entry(name, value));
  cover(entries, bytes.length - start);
  const tensors = new Map(entries.map(({ name, dtype, shape, begin, end }) => [name, { shape, dtype, data: floats(bytes.subarray(start + begin, start + end), dtype) }]));
  return { metadata: strings(metadata), tensors };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{text: string, start: number}} start: of the numbers
 */
function header(bytes) {
  if (bytes.length < 8) refuse(`the file has ${bytes.length} bytes; its first 8 should hold the length of the header`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8 && bytes.length > 8 && bytes[8] !== 0x7b) refuse('this is no safetensors file: after its first 8 bytes there should be a {');
  if (length > HEADER_LIMIT) refuse(`the header should be ${length} bytes long, more than the ${HEADER_LIMIT} allowed`);
  if (length > bytes.length - 8) refuse(`the header should be ${length} bytes long, but only ${bytes.length - 8} follow: the file is cut off`);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length)), start: 8 + length };
  } catch {
    return refuse('the header is not UTF-8');
  }
}

/**
 * @param {unknown} metadata
 * @returns {Record<string, string>}
 */
function strings(metadata) {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return refuse('__metadata__ is not an object');
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') refuse(`__metadata__ ${quote(key)} is not a string`);
  }
  return /** @type {Record<string, string>} */ (metadata);
}

/** @param {unknown} value @returns {value is number} */
const isSize = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {Entry}
 */
function entry(name, value) {
  if (value === null || typeof value !== 'object') refuse(`tensor ${quote(name)} is not described by an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = /** @type {Record<string, unknown>} */ (value);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refuse(`tensor ${quote(name)} has an unknown property ${quote(unknown)}`);
  if (dtype !== 'F32' && dtype !== 'F16') return refuse(`tensor ${quote(name)} has dtype ${quote(String(dtype))}; Folio reads F32 and F16`);
  if (!Array.isArray(shape) || !shape.every(isSize)) return refuse(`the shape of tensor ${quote(name)} is not a list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return refuse(`data_offsets of tensor ${quote(name)} are not two positions`);
  }
  const [begin, end] = offsets;
  const size = shape.reduce((product, side) => product * side, SIZES[dtype]);
  if (!(begin <= end)) refuse(`tensor ${quote(name)} ends at ${end}, before it begins at ${begin}`);
  if (!Number.isSafeInteger(size) || size !== end - begin) {
    refuse(`tensor ${quote(name)} of shape ${shape.join(' x ') || '1'} takes ${size} bytes, but its data_offsets span ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Every byte of the data belongs to exactly one tensor.
 * @param {Entry[]} entries
 * @param {number} length
 */
function cover(entries, length) {
  let at = 0;
  let last = 'the header';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) refuse(`tensor ${quote(name)} begins at ${begin} and overlaps ${last}, which ends at ${at}`);
    if (begin > at) refuse(`there is a hole of ${begin - at} bytes between ${last} and tensor ${quote(name)}`);
    if (end > length) refuse(`tensor ${quote(name)} ends at ${end}, but there are only ${length} bytes of data: the file is cut off`);
    at = end;
    last = `tensor ${quote(name)}`;
  }
  if (at < length) refuse(`${length - at} bytes follow after ${last}, which should be the last`);
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** @param {Uint8Array} bytes @param {Dtype} dtype @returns {Float32Array} */
function floats(bytes, dtype) {
  if (dtype === 'F32' && LITTLE_ENDIAN && bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (dtype === 'F16') return Float32Array.from({ length: bytes.length / 2 }, (_, i) => fromHalf(view.getUint16(2 * i, true)));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/**
 * @param {Contents} contents
 * @returns {Uint8Array<ArrayBuffer>} a whole file; the numbers begin at a multiple of 8
 */
export function serialise({ metadata, tensors }) {
  /** @type {Record<string, unknown>} */
  const json = { __metadata__: metadata };
  let length = 0;
  for (const [name, { shape, data, dtype = 'F32' }] of tensors) {
    const end = length + SIZES[dtype] * data.length;
    json[name] = { dtype, shape, data_offsets: [length, end] };
    length = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(json));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + length);
  bytes.fill(0x20, 8, 8 + padded);
  bytes.set(text, 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  let at = 8 + padded;
  for (const { data, dtype = 'F32' } of tensors.values()) {
    if (dtype === 'F16') data.forEach((value, i) => view.setUint16(at + 2 * i, toHalf(value), true));
    else if (LITTLE_ENDIAN) bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else data.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    at += SIZES[dtype] * data.length;
  }
  return bytes;
}
