/** encodings.js - OpenAI's encodings: how they split, which file has their ranks, their special tokens. Source: tiktoken, openai_public.py. */

import { FolioError } from '../error.js';
import { END_OF_TEXT } from './names.js';
import { unpack } from './strings.js';

/** @typedef {{ranks: string, split: import('./names.js').Split, special: import('./names.js').SpecialTokens}} Encoding ranks: the file, without .tiktoken */

const FIM = (/** @type {number} */ first) => ({ '<|fim_prefix|>': first, '<|fim_middle|>': first + 1, '<|fim_suffix|>': first + 2 });

/** Those of gpt-oss: named ones, and reserved ones for all other ids up to 201087. */
function harmony() {
  /** @type {import('./names.js').SpecialTokens} */
  const special = {
    '<|startoftext|>': 199998, [END_OF_TEXT]: 199999, '<|return|>': 200002, '<|constrain|>': 200003, '<|channel|>': 200005, '<|start|>': 200006,
    '<|end|>': 200007, '<|message|>': 200008, '<|call|>': 200012, '<|endofprompt|>': 200018,
  };
  const named = new Set(Object.values(special));
  for (let id = 200000; id < 201088; id++) if (!named.has(id) || id === 200018) special[`<|reserved_${id}|>`] = id;
  return special;
}

/** @type {Record<string, Encoding>} */
export const ENCODINGS = {
  gpt2: { ranks: 'r50k_base', split: 'gpt2', special: { [END_OF_TEXT]: 50256 } },
  r50k_base: { ranks: 'r50k_base', split: 'gpt2', special: { [END_OF_TEXT]: 50256 } },
  p50k_base: { ranks: 'p50k_base', split: 'gpt2', special: { [END_OF_TEXT]: 50256 } },
  cl100k_base: { ranks: 'cl100k_base', split: 'cl100k', special: { [END_OF_TEXT]: 100257, ...FIM(100258), '<|endofprompt|>': 100276 } },
  o200k_base: { ranks: 'o200k_base', split: 'o200k', special: { [END_OF_TEXT]: 199999, '<|endofprompt|>': 200018 } },
  o200k_harmony: { ranks: 'o200k_base', split: 'o200k', special: harmony() },
};

/** Each file's number of tokens, and their sum in the packed form. @type {Record<string, {tokens: number, sum: number}>} */
const RANKS = {
  r50k_base: { tokens: 50256, sum: 0x34e2d66b },
  p50k_base: { tokens: 50280, sum: 0x6ec3296a },
  cl100k_base: { tokens: 100256, sum: 0xcb14e179 },
  o200k_base: { tokens: 199998, sum: 0xc5190e95 },
};

/** FNV-1a, four bytes at a time. @param {Uint8Array<ArrayBuffer>} bytes */
function sumOf(bytes) {
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
  let sum = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193);
  for (const byte of bytes.subarray(4 * words.length)) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

/**
 * Fails with RANKS where a file does not hold the tokens of an encoding.
 * @param {string} op
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} packed the tokens it holds, a buffer of their own
 */
export function checkRanks(op, name, packed) {
  const { ranks } = ENCODINGS[name];
  const { tokens, sum } = RANKS[ranks];
  const found = sumOf(packed);
  if (found === sum) return;
  const count = unpack(packed).filter(({ length }) => length).length;
  const numbers = `${tokens.toLocaleString('en-US')} are expected, ${count.toLocaleString('en-US')} found`;
  const [other] = Object.entries(RANKS).find(([, of]) => of.sum === found) ?? [];
  const what = count === tokens ? `as many, but others: one or more of the ${tokens.toLocaleString('en-US')} differ` : `${numbers}${other ? `; they are those of ${other}` : ''}`;
  throw new FolioError('RANKS', op, `${op}: these are not the tokens of ${name}: ${what}`);
}

/** @param {string} op @param {string} name @returns {Encoding} */
export function findEncoding(op, name) {
  if (Object.hasOwn(ENCODINGS, name)) return ENCODINGS[name];
  throw new FolioError('ARGUMENT', op, `${op}: there is no encoding '${name}' (known: ${Object.keys(ENCODINGS).join(', ')})`);
}
