// generations.js - something kept, as a file: what it is in a few words (the facts), then its bytes (the body), each under a checksum, so that whoever
// reads can tell whether it is whole.
//
//   8 bytes 'folio-1\n' | u32 bytes of the facts | u32 bytes of the body | u32 crc32 of the body | u32 crc32 of all before it and of the facts |
//   facts, JSON in UTF-8 | body

import { crc32 } from './folio/src/checkpoint/crc32.js';

const MAGIC = new TextEncoder().encode('folio-1\n');
const HEAD = MAGIC.length + 16;

/** @typedef {{facts: any, size: number, checksum: number, body: Blob}} Whole a file that was written to its end; size: of all of it; checksum: the body's */

/**
 * The file, in parts. Its head has to be written last, once the others are on the disk: a file that has one then has all.
 * @param {unknown} facts @param {Uint8Array<ArrayBuffer>[]} body in parts
 * @returns {Uint8Array<ArrayBuffer>[]} the head first
 */
export function pack(facts, body) {
  const json = new TextEncoder().encode(JSON.stringify(facts));
  const head = new Uint8Array(HEAD);
  head.set(MAGIC);
  const view = new DataView(head.buffer, MAGIC.length);
  const length = body.reduce((sum, part) => sum + part.length, 0);
  [json.length, length, checksumOf(body)].forEach((value, i) => view.setUint32(4 * i, value, true));
  view.setUint32(12, checksumOf([head.subarray(0, -4), json]), true);
  return [head, json, ...body];
}

/** @param {Uint8Array[]} parts */
export const checksumOf = (parts) => parts.reduce((before, part) => crc32(part, before), 0);

/** @param {Blob} blob */
const read = async (blob) => new Uint8Array(await blob.arrayBuffer());

/**
 * What a file is, without a look at its body.
 * @param {Blob|null} file
 * @returns {Promise<Whole|null>} null: there is none, or its writing was cut off
 */
export async function peek(file) {
  if (!file || file.size < HEAD) return null;
  const head = await read(file.slice(0, HEAD));
  if (MAGIC.some((byte, i) => head[i] !== byte)) return null;
  const view = new DataView(head.buffer, MAGIC.length);
  const [length, rest, checksum, sum] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
  if (file.size !== HEAD + length + rest) return null;
  const json = await read(file.slice(HEAD, HEAD + length));
  if (checksumOf([head.subarray(0, -4), json]) !== sum) return null;
  return { facts: JSON.parse(new TextDecoder().decode(json)), size: file.size, checksum, body: file.slice(HEAD + length) };
}

/** @param {Whole} whole @returns {Promise<Uint8Array<ArrayBuffer>|null>} null: it is damaged */
export async function bodyOf({ body, checksum }) {
  const bytes = await read(body);
  return crc32(bytes) === checksum ? bytes : null;
}
