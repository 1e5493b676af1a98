// encodings.js - OpenAI's encodings that the page can show: what their files weigh, and how one is fetched when it is first asked for.

/**
 * @typedef {object} Encoding
 * @property {string} name as the package knows it
 * @property {string} file in ranks/, packed by the build
 * @property {number} bytes of it
 * @property {string} of whose it is
 */

/** @type {Encoding[]} */
export const ENCODINGS = [
  { name: 'gpt2', file: 'r50k_base', bytes: 371083, of: 'GPT-2' },
  { name: 'cl100k_base', file: 'cl100k_base', bytes: 744099, of: 'GPT-4' },
  { name: 'o200k_base', file: 'o200k_base', bytes: 1597681, of: 'GPT-4o' },
];

/** @param {string} name */
export const findEncoding = (name) => ENCODINGS.find((encoding) => encoding.name === name);

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
