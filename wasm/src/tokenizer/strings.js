/** strings.js - lists of byte strings as the core takes them (core/tokenizer/ranks.h, packed), in and out, and as base64 in JSON. */

const MAGIC = new TextEncoder().encode('FOLIORK1');

/** Whether a file is packed; else it should be text, as tiktoken has it. @param {Uint8Array} file */
export const isPacked = (file) => MAGIC.every((byte, i) => file[i] === byte);

/**
 * @param {Uint8Array[]} strings by id; an empty one is a hole
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pack(strings) {
  const sizes = strings.map(({ length }) => length + (length > 0x1fffff ? 4 : length > 0x3fff ? 3 : length > 0x7f ? 2 : 1));
  const file = new Uint8Array(12 + sizes.reduce((sum, size) => sum + size, 0));
  file.set(MAGIC);
  new DataView(file.buffer).setUint32(8, strings.length, true);
  let at = 12;
  for (const string of strings) {
    let length = string.length;
    for (; length > 0x7f; length >>>= 7) file[at++] = 0x80 | (length & 0x7f);
    file[at++] = length;
    file.set(string, at);
    at += string.length;
  }
  return file;
}

/**
 * What pack gave: views of the file.
 * @param {Uint8Array} file
 * @returns {Uint8Array[]}
 */
export function unpack(file) {
  const count = new DataView(file.buffer, file.byteOffset).getUint32(8, true);
  let at = 12;
  return Array.from({ length: count }, () => {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      length |= (file[at] & 0x7f) << shift;
      if (file[at++] < 0x80) break;
    }
    at += length;
    return file.subarray(at - length, at);
  });
}

/** @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer> | undefined} undefined for what is no base64 */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** @param {Uint8Array[]} parts */
export function concat(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
