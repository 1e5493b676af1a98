// encodings.js - OpenAI's encodings that the page can show: whose they are, and what their files weigh.

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
