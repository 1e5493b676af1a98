/** faults.js - what a person should know besides the core's own words when a tokenizer stops. */

/** In the order of RANKS_* in core/tokenizer/ranks.h. */
const REASONS = [
  'its token is not base64', 'a number should follow the token', 'its id is too large', 'its id stands twice', 'its token is empty',
  'the file is cut off', 'it does not begin as such a file does', 'its token stands twice',
  'it is empty', 'no id follows its token',
];

/**
 * Of a file of tokens.
 * @param {Uint32Array} fault line or place, id, reason; or what tokenizer_open says
 * @param {boolean} packed
 * @param {[string, number][]} special
 * @returns {(code: string) => string | undefined}
 */
export const explainFile = ([where, id, reason], packed, special) => (code) => {
  if (code === 'RANKS') return `${packed ? `at byte ${where}` : `line ${where}`}: ${REASONS[reason]}${reason === 3 || reason === 7 ? ` (${id})` : ''}`;
  if (code === 'BYTES') return `0x${hex(reason, 2)} is missing`;
  if (code === 'SPECIAL') return `${JSON.stringify(special[reason]?.[0])} with id ${special[reason]?.[1]}`;
  return undefined;
};

/**
 * Of a text.
 * @param {Uint32Array} fault byte offset, character offset, code point or byte
 * @param {string[]} special names
 * @param {number} [start] where the text begins in all of it, in bytes
 * @param {Uint8Array} [text]
 * @returns {(code: string) => string | undefined}
 */
export const explainText = ([byte, character, codepoint], special, start = 0, text = new Uint8Array(0)) => (code) => {
  const place = start ? `byte ${start + byte}` : `character ${character}, byte ${byte}`;
  if (code === 'UNKNOWN_CHAR') return `'${String.fromCodePoint(codepoint)}' (U+${hex(codepoint, 4)}) at ${place}`;
  if (code === 'UTF8') return `byte 0x${hex(codepoint, 2)} at byte ${start + byte}${start ? '' : `, after ${character} characters`}`;
  if (code === 'NOT_ALLOWED') return `'${special[codepoint]}' at byte ${start + byte}`;
  if (code === 'UNKNOWN_WORD') return `'${new TextDecoder().decode(text.subarray(byte, byte + character))}' at byte ${start + byte}`;
  return undefined;
};

/** @param {number} value @param {number} digits */
const hex = (value, digits) => value.toString(16).toUpperCase().padStart(digits, '0');
