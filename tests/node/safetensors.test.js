// The safetensors format against everything that a file can do wrong. Every refusal is a FolioError CHECKPOINT that names what and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, serialise } from '../../wasm/src/checkpoint/safetensors.js';

/** A file with any header, true or not. @param {unknown} header JSON text or a value @param {number} [data] bytes after it @param {bigint} [length] */
function file(header, data = 0, length) {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** @param {number[]} shape @param {number} begin @param {number} end */
const f32 = (shape, begin, end) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

/** @param {Uint8Array} bytes @param {RegExp} message */
const refused = (bytes, message) => assert.throws(() => parse(bytes), { name: 'FolioError', code: 'CHECKPOINT', op: 'safetensors', message });

/** @type {import('../../wasm/src/checkpoint/safetensors.js').Contents} */
const good = {
  metadata: { format: 'pt', 'a key': 'a "value" \\ with {braces}: 🎭' },
  tensors: new Map([
    ['b', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-40, NaN, Infinity), dtype: 'F32' }],
    ['a', { shape: [], data: Float32Array.of(7), dtype: 'F32' }],
    ['empty', { shape: [0, 4], data: new Float32Array(0), dtype: 'F32' }],
  ]),
};

test('what was written is read, in the same order', () => assert.deepEqual(parse(serialise(good)), good));

test('the numbers stand at a multiple of 8, the header is padded with spaces', () => {
  const bytes = serialise(good);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(length % 8, 0);
  assert.equal(bytes.length, 8 + length + 28);
  assert.ok(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd().endsWith('}'));
});

test('a file of another writer: odd header length, no metadata, tensors out of order', () => {
  const bytes = file(`{"x":${JSON.stringify(f32([1], 4, 8))}, "y" :${JSON.stringify(f32([1], 0, 4))}}`, 8);
  new DataView(bytes.buffer).setFloat32(bytes.length - 8, 1.5, true);
  const { metadata, tensors } = parse(bytes);
  assert.deepEqual([metadata, tensors.get('x')?.data[0], tensors.get('y')?.data[0]], [{}, 0, 1.5]);
});

test('F16 takes two bytes a number, also where numbers of four follow', () => {
  const tensors = new Map([
    ['h', { shape: [3], data: Float32Array.of(0.5, -65504, 2 ** -24), dtype: /** @type {const} */ ('F16') }],
    ['f', { shape: [1], data: Float32Array.of(0.1), dtype: /** @type {const} */ ('F32') }],
  ]);
  const bytes = serialise({ metadata: {}, tensors });
  assert.deepEqual(parse(bytes).tensors, tensors);
  assert.deepEqual([...bytes.subarray(-10, -4)], [0x00, 0x38, 0xff, 0xfb, 0x01, 0x00]);
});

test('a file in the middle of a buffer', () => {
  const bytes = serialise(good);
  for (const offset of [0, 1, 2, 3, 8]) {
    const whole = new Uint8Array(bytes.length + 16);
    whole.set(bytes, offset);
    assert.deepEqual(parse(whole.subarray(offset, offset + bytes.length)), good);
  }
});

test('cut off at every length', () => {
  const bytes = serialise(good);
  for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length), /first 8|cut off/);
});

test('longer than it says', () => refused(new Uint8Array([...serialise(good), 0]), /1 bytes follow after tensor "empty", which should be the last/));

test('hostile header lengths', () => {
  for (const length of [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) refused(file('{}', 0, length), /header should be \d+ bytes long, more than/);
  refused(file('{}', 0, 3n), /only 2 follow/);
  refused(new TextEncoder().encode('# A text, and no checkpoint'), /this is no safetensors file/);
  refused(file('{}', 0, 0n), /not JSON/);
  refused(file('{}', 0, 1n), /not JSON/);
});

test('headers that are no JSON object', () => {
  for (const text of ['null', '3', '"text"', '[]', '[{}]']) refused(file(text), /not a JSON object/);
  for (const text of ['{', '{}}', '{"a"}', '{a:1}', '', ' ', '{"a":1,}', '['.repeat(200_000)]) refused(file(text), /not JSON/);
  const bytes = file('{"a":"xx"}');
  bytes[14] = 0xff;
  refused(bytes, /not UTF-8/);
});

test('keys that stand twice', () => {
  const one = JSON.stringify(f32([1], 0, 4));
  refused(file(`{"a":${one},"a":${one}}`, 4), /the key "a" stands twice/);
  refused(file(`{"a":${one},"\\u0061" :${one}}`, 4), /stands twice/);
  refused(file('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" stands twice/);
  refused(file('{"__metadata__":{"k":"1","k":"2"}}'), /"k" stands twice/);
  refused(file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /"dtype" stands twice/);
  assert.doesNotThrow(() => parse(file('{"__metadata__":{"a":"a","b":"a: \\"a\\": {a"}}')));
});

test('metadata that are not strings', () => {
  for (const value of [null, 3, 'text', ['a']]) refused(file({ __metadata__: value }), /__metadata__ is not an object/);
  for (const value of [null, 3, {}, ['a'], true]) refused(file({ __metadata__: { step: value } }), /__metadata__ "step" is not a string/);
});

test('tensors that are not described', () => {
  for (const value of [null, 3, 'text', true]) refused(file({ a: value }), /tensor "a" is not described by an object/);
  refused(file({ a: [] }), /tensor "a" has dtype "undefined"/);
  refused(file({ a: { ...f32([1], 0, 4), more: 1 } }, 4), /tensor "a" has an unknown property "more"/);
  refused(file('{"__proto__":{"dtype":"F32"}}'), /the shape of tensor "__proto__"/);
});

test('types that are not F32', () => {
  for (const dtype of ['BF16', 'F64', 'I64', 'f32', '', null, 3]) refused(file({ a: { ...f32([1], 0, 4), dtype } }, 4), /tensor "a" has dtype .*Folio reads F32 and F16/);
});

test('hostile shapes', () => {
  for (const shape of [null, 3, '1', {}, [-1], [1.5], ['1'], [null], [[1]], [2 ** 53], [2 ** 63], [1e308]]) {
    refused(file({ a: { ...f32([], 0, 4), shape } }, 4), /the shape of tensor "a" is not a list of sizes/);
  }
  for (const shape of [[2 ** 31], [2 ** 31, 2 ** 31], [2 ** 52, 2 ** 52], Array(200).fill(2 ** 40), [2 ** 32, 2 ** 32, 0, 2 ** 32], [2], [0]]) {
    refused(file({ a: f32(shape, 0, 4) }, 4), /tensor "a" of shape .* takes .* bytes, but its data_offsets span 4/);
  }
});

test('hostile offsets', () => {
  for (const offsets of [null, 3, [], [0], [0, 4, 8], [-4, 0], [0, 4.5], ['0', '4'], [0, 2 ** 53], [0, 2 ** 63]]) {
    refused(file({ a: { ...f32([1], 0, 4), data_offsets: offsets } }, 4), /data_offsets of tensor "a" are not two positions/);
  }
  refused(file({ a: f32([1], 8, 4) }, 8), /ends at 4, before it begins at 8/);
  refused(file({ a: f32([1], 0, 2 ** 31) }, 4), /span 2147483648/);
  refused(file({ a: f32([2 ** 29], 0, 2 ** 31) }, 4), /ends at 2147483648, but there are only 4 bytes/);
  refused(file({ a: f32([1], 2 ** 52, 2 ** 52 + 4) }, 4), /hole/);
});

test('overlaps, holes and duplicates of data', () => {
  refused(file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /tensor "b" begins at 4 and overlaps tensor "a", which ends at 8/);
  refused(file({ a: f32([2], 0, 8), b: f32([2], 0, 8) }, 8), /tensor "b" begins at 0 and overlaps tensor "a"/);
  refused(file({ a: f32([3], 0, 12), b: f32([1], 4, 8) }, 12), /overlaps/);
  refused(file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /hole of 4 bytes between tensor "a" and tensor "b"/);
  refused(file({ a: f32([1], 4, 8) }, 8), /hole of 4 bytes between the header and tensor "a"/);
  refused(file({ a: f32([1], 0, 4) }, 8), /4 bytes follow after tensor "a"/);
  refused(file({}, 4), /4 bytes follow after the header/);
});
