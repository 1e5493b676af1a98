/** digest.js - the fingerprint of a run: SHA-256 over little-endian f32. */

import { FolioError } from './error.js';

/**
 * @param {Float32Array[]} parts hashed one after another
 * @returns {Promise<string>} 64 hex digits
 */
export async function digestFloats(parts) {
  if (!globalThis.crypto?.subtle) {
    throw new FolioError('ARGUMENT', 'digest', 'digest: this page has no crypto.subtle; browsers give it to https and localhost only');
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
