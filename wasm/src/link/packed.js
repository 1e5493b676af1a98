/**
 * packed.js - bytes as a part of a link: deflated, then base64url. Unpacking stops at a limit that is given beforehand: what is packed may claim
 * to be a thousand times as long.
 */

import { FolioError } from '../error.js';
import { fingerprint } from '../checkpoint/fingerprint.js';
import { turn } from '../platform.js';
import { concat, fromBase64, toBase64 } from '../tokenizer/strings.js';
import { toBytes } from '../tokenizer/names.js';

/** Bytes that are given to the decompressor at a time, which makes at most 1032 of each before it can be stopped. */
const SLICE = 256;

/** Bytes that are spelt at a time, so that whoever shares the thread gets a turn: a multiple of 3, as four characters are. */
const PIECE = 3 << 15;

/** Most bytes of a text that a link carries. */
export const TEXT_LIMIT = 1 << 20;

/** @param {string} message what, where and why @returns {never} */
function refuse(message) {
  throw new FolioError('LINK', 'link', `link: ${message}`);
}

/** @param {Uint8Array} bytes */
export const toBase64Url = (bytes) => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export const fromBase64Url = (text) => fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')) ?? refuse('this is not base64url');

/** @param {Uint8Array} bytes */
async function spelt(bytes) {
  let text = toBase64Url(bytes.subarray(0, PIECE));
  for (let at = PIECE; at < bytes.length; at += PIECE) {
    await turn();
    text += toBase64Url(bytes.subarray(at, at + PIECE));
  }
  return text;
}

/** @param {string} text */
async function read(text) {
  const size = (PIECE / 3) * 4;
  const parts = [fromBase64Url(text.slice(0, size))];
  for (let at = size; at < text.length; at += size) {
    await turn();
    parts.push(fromBase64Url(text.slice(at, at + size)));
  }
  return concat(parts);
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string>}
 */
export async function pack(bytes) {
  const stream = slices(bytes, bytes.length).pipeThrough(/** @type {any} */ (new CompressionStream('deflate-raw')));
  return spelt(await gather(stream, Infinity));
}

/**
 * @param {string} packed
 * @param {number} most bytes that it may be unpacked
 * @returns {Promise<Uint8Array<ArrayBuffer>>} rejects with a FolioError LINK
 */
export async function unpack(packed, most) {
  const bytes = await read(packed);
  try {
    const unpacked = await inflated(bytes, most);
    if (!(await (lenient ??= isWhole(Uint8Array.of(3, 0, 0), 0))) || !(await isWhole(bytes.subarray(0, -1), most))) return unpacked;
  } catch (error) {
    if (error instanceof FolioError) throw error;
    return refuse('what it carries is damaged: it cannot be decompressed');
  }
  return refuse('what it carries is damaged: more stands behind its end');
}

/** Whether this engine passes over what stands behind the end, which it should not. @type {Promise<boolean> | undefined} */
let lenient;

/** @param {Uint8Array} bytes @param {number} most */
const inflated = (bytes, most) => gather(slices(bytes, SLICE).pipeThrough(/** @type {any} */ (new DecompressionStream('deflate-raw'))), most);

/** Whether it can be decompressed: without its last byte it can only if that was none of it. @param {Uint8Array} bytes @param {number} most */
const isWhole = (bytes, most) => inflated(bytes, most).then(() => true, () => false);

/** @param {Uint8Array} bytes @param {number} size @returns {ReadableStream<Uint8Array>} one slice at a time, when it is asked for */
function slices(bytes, size) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += size)));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** @param {ReadableStream<Uint8Array>} stream @param {number} most */
async function gather(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts);
    length += value.length;
    if (length > most) {
      await reader.cancel().catch(() => {});
      return refuse(`what it carries is longer than the ${most} bytes that are unpacked`);
    }
    parts.push(value);
  }
}

/** @param {string} text */
export const packText = (text) => pack(toBytes(text));

/**
 * @param {string} packed
 * @param {string} [expected] its fingerprint
 * @param {number} [most] bytes to be unpacked
 * @returns {Promise<string>} rejects with a FolioError LINK
 */
export async function unpackText(packed, expected, most = TEXT_LIMIT) {
  const bytes = await unpack(packed, most);
  if (!bytes.length) return refuse('its text is empty');
  const found = fingerprint(bytes);
  if (expected && found !== expected) return refuse(`its text is damaged: the fingerprint is ${found}, and should be ${expected}`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('its text is not UTF-8');
  }
}
