// ranks.js - an encoding's tokens, fetched when they are first asked for.

/** @typedef {import('./encodings.js').Encoding} Encoding */

/**
 * @param {Encoding} encoding
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8Array<ArrayBuffer>>} rejects with an Error that says what did not arrive, and why
 */
export async function fetchRanks({ name, file }, signal) {
  const url = new URL(`./ranks/${file}.ranks`, import.meta.url);
  const failed = (/** @type {string} */ why) => new Error(`The tokens of ${name} did not arrive (${url.pathname}: ${why}).`);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw failed(error instanceof Error ? error.message : String(error));
  }
}
