// tokens.js - the tokens of a text as pieces of it, and what is to be said of each.

/**
 * @typedef {object} Piece
 * @property {number} id
 * @property {Uint8Array} bytes of UTF-8
 * @property {string} text what of the text is drawn for it: a character belongs to the token that has its first byte, so that all of them together
 *   are the text; '' for a token that has only later bytes
 */

/** Bytes of a token that are named before the rest is only counted. */
const MOST_BYTES = 16;

/**
 * The tokens that end within the first `limit` bytes, or the first one.
 * @param {Uint8Array} bytes of the text
 * @param {ArrayLike<number>} ids of its tokens
 * @param {ArrayLike<number>} offsets where each begins
 * @param {number} limit
 * @returns {Piece[]}
 */
export function piecesOf(bytes, ids, offsets, limit) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The first character that begins there or later. */
  const whole = (/** @type {number} */ at) => {
    while (at < bytes.length && (bytes[at] & 0xc0) === 0x80) at++;
    return at;
  };
  /** @type {Piece[]} */
  const pieces = [];
  for (let i = 0; i < ids.length; i++) {
    const start = offsets[i];
    const end = offsets[i + 1] ?? bytes.length;
    if (end > limit && i) break;
    pieces.push({ id: ids[i], bytes: bytes.slice(start, end), text: decoder.decode(bytes.subarray(whole(start), whole(end))) });
  }
  return pieces;
}

/** Two hexadecimal digits a byte. @param {Uint8Array} bytes */
export function hex(bytes) {
  const shown = Array.from(bytes.subarray(0, MOST_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > MOST_BYTES ? `${shown} …` : shown;
}

/** What is invisible, by a sign or a name. @type {Record<string, [sign: string, name: string]>} */
const INVISIBLE = { ' ': ['␣', 'space'], '\n': ['↵', 'line end'], '\t': ['⇥', 'tab'], '\r': ['␍', 'carriage return'] };

/** The text of a token, its white space visible. @param {string} text */
export const visible = (text) => text.replace(/[ \n\t\r]/g, (character) => INVISIBLE[character][0]);

/** The text of a token as it is spoken. @param {string} text */
export function spoken(text) {
  if (!text) return 'part of a character';
  if (/^[ \n\t\r]+$/.test(text)) return Array.from(text, (character) => INVISIBLE[character][1]).join(', ');
  return `“${text.replace(/\n/g, ' line end ')}”`;
}

/** @param {Piece} piece */
export const spokenPiece = ({ id, bytes, text }) => `${spoken(text)}, id ${id}, ${bytes.length === 1 ? 'byte' : `${bytes.length} bytes`} ${hex(bytes)}`;
