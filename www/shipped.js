// shipped.js - the trained model that comes with Folio: fetched when somebody asks for it, once, and not before.

const URL_OF = new URL('./model/model.safetensors', import.meta.url);

/** @type {Uint8Array<ArrayBuffer>|null} */
let kept = null;

/**
 * The file.
 * @param {{signal?: AbortSignal, progress?: (share: number|null) => void}} [options] progress: how much has arrived, from 0 to 1; null where nobody knows
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
  const length = Number(response.headers.get('content-length')) || null;
  const parts = [];
  let arrived = 0;
  try {
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      arrived += value.length;
      progress(length ? Math.min(1, arrived / length) : null);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw missing(error instanceof Error ? error.message : String(error));
  }
  kept = new Uint8Array(await new Blob(parts).arrayBuffer());
  return kept;
}

/** What a file said that could not be read, so that the next asking fetches it anew. */
export function forgetShipped() {
  kept = null;
}
