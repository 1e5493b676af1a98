// shipped.js - the trained model that comes with Folio: fetched when somebody asks for it, once, and not before.

import { count } from './format.js';
import { SHIPPED_BYTES } from './shipped-size.js';

const URL_OF = new URL('./model/model.safetensors', import.meta.url);

/** @type {Uint8Array<ArrayBuffer>|null} */
let kept = null;

/**
 * The file.
 * @param {{signal?: AbortSignal, progress?: (share: number) => void}} [options] progress: how much has arrived, from 0 to 1
 * @returns {Promise<Uint8Array<ArrayBuffer>>} rejects with an Error in words, or with the signal's reason
 */
export async function fetchShipped({ signal, progress = () => {} } = {}) {
  if (kept) return kept;
  const missing = (/** @type {string} */ why) => new Error(`The model that comes with Folio did not arrive (${URL_OF.pathname}: ${why}).`);
  const response = await fetch(URL_OF, { signal }).catch((error) => {
    signal?.throwIfAborted();
    throw missing(error.message);
  });
  if (!response.ok || !response.body) throw missing(`${response.status} ${response.statusText}`);
  const file = new Uint8Array(SHIPPED_BYTES);
  const reader = response.body.getReader();
  let arrived = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (arrived + value.length > file.length) throw new Error(`it is larger than its ${count(file.length)} bytes`);
      file.set(value, arrived);
      progress((arrived += value.length) / file.length);
    }
    if (arrived < file.length) throw new Error(`it ended after ${count(arrived)} of ${count(file.length)} bytes`);
  } catch (error) {
    void reader.cancel().catch(() => {});
    signal?.throwIfAborted();
    throw missing(error instanceof Error ? error.message : String(error));
  }
  kept = file;
  return kept;
}

/** What a file said that could not be read, so that the next asking fetches it anew. */
export function forgetShipped() {
  kept = null;
}
