/** fingerprint.js - a short name for a text, to know it again: CRC-32 of its UTF-8 bytes, and how many they are. No safeguard against forgery. */

import { toBytes } from '../tokenizer/names.js';
import { crc32 } from './crc32.js';

/** @param {string | Uint8Array} text */
export function fingerprint(text) {
  const bytes = toBytes(text);
  return `${crc32(bytes).toString(16).padStart(8, '0')}-${bytes.length}`;
}
