// text.js - the text to learn from: the one that comes with the page, or the reader's own. Own texts stay in this tab.

import { charactersOf } from './characters.js';

/**
 * @typedef {object} Text
 * @property {string} name
 * @property {string} text
 * @property {string} fingerprint '' for the one that comes with the page
 * @property {number} characters
 * @property {number} different characters, each counted once
 * @property {string} vocabulary these characters, by code point, as the char tokenizer has them
 */

/** Longest text that is taken, in bytes: beyond it a tab has no memory left for the model. */
export const LONGEST = 128e6;

/**
 * @param {string} name
 * @param {string} text
 * @param {string} [fingerprint]
 * @returns {Text} throws an Error where the text is empty
 */
export function makeText(name, text, fingerprint = fingerprintOf(text)) {
  if (!text) throw new Error(`${name} is empty: there is nothing to learn from`);
  return { name, text, fingerprint, ...charactersOf(text) };
}

/**
 * @param {File} file
 * @returns {Promise<Text>} rejects with an Error that names the file and what is wrong with it
 */
export async function readTextFile(file) {
  if (file.size > LONGEST) throw new Error(`${file.name} has ${file.size} bytes; at most ${LONGEST} can be learned from in a tab`);
  const bytes = await file.arrayBuffer().catch((error) => {
    throw new Error(`${file.name} cannot be read: ${error.message}`);
  });
  return makeText(file.name, decode(file.name, bytes));
}

/** @param {string} name @param {ArrayBuffer|Uint8Array<ArrayBuffer>} bytes @returns {string} throws an Error where they are no UTF-8 */
export function decode(name, bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${name} is not UTF-8 text; it may be in another encoding, or no text at all`);
  }
}

/**
 * A short name for a text, to know it again: FNV-1a over UTF-16 units, twice, and the length. Not a safeguard against forgery.
 * @param {string} text
 */
function fingerprintOf(text) {
  let a = 0x811c9dc5;
  let b = 0xcbf29ce4;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ (unit + 0x9e37), 0x01000193);
  }
  const hex = (/** @type {number} */ n) => (n >>> 0).toString(16).padStart(8, '0');
  return `${hex(a)}${hex(b)}-${text.length.toString(36)}`;
}

const KEY = 'folio.text.';

/**
 * Keeps an own text for a reload of this tab.
 * @param {Text} text
 * @returns {boolean} false where the tab's storage has no room or is forbidden
 */
export function keepText(text) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(KEY)) sessionStorage.removeItem(key);
    sessionStorage.setItem(KEY + text.fingerprint, JSON.stringify([text.name, text.text]));
    return true;
  } catch {
    return false;
  }
}

/** The text of that fingerprint, if this tab has kept it. @param {string} fingerprint @returns {Text|undefined} */
export function keptText(fingerprint) {
  try {
    const [name, text] = JSON.parse(sessionStorage.getItem(KEY + fingerprint) ?? '[]');
    return typeof text === 'string' && fingerprintOf(text) === fingerprint ? makeText(String(name), text, fingerprint) : undefined;
  } catch {
    return undefined;
  }
}
