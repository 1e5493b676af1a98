/** names.js - kinds of tokenizers, split patterns and special tokens by name, and their numbers in the core. */

import { FolioError } from '../error.js';
import { shownValue } from '../given.js';

/** @typedef {'char' | 'byte' | 'word' | 'bpe'} TokenizerKind */
/** @typedef {'none' | 'gpt2' | 'cl100k' | 'o200k'} Split how bpe cuts a text into pieces; none: not at all */
/** @typedef {Record<string, number>} SpecialTokens name -> id */

/** In the order of TOKENIZER_* in core/config.h. */
export const KINDS = /** @type {TokenizerKind[]} */ (['char', 'byte', 'word', 'bpe']);

/** In the order of SPLIT_* in core/tokenizer/split.h, without that of word. */
export const SPLITS = /** @type {Split[]} */ (['none', 'gpt2', 'cl100k', 'o200k']);

/** The number of word's split, after those. */
const WORD_SPLIT = SPLITS.length;

export const END_OF_TEXT = '<|endoftext|>';
export const UNKNOWN = '<|unk|>';

/**
 * @param {string} op what the caller was asked to do
 * @param {unknown} kind
 */
export function kindIndex(op, kind) {
  const index = KINDS.indexOf(/** @type {TokenizerKind} */ (kind));
  if (index < 0) throw new FolioError('ARGUMENT', op, `${op}: there is no tokenizer '${String(kind)}' (known: ${KINDS.join(', ')})`);
  return index;
}

/** @param {string} op @param {TokenizerKind} kind @param {unknown} split */
export function splitIndex(op, kind, split) {
  const index = kind === 'word' ? WORD_SPLIT : SPLITS.indexOf(/** @type {Split} */ (split));
  if (index < 0) throw new FolioError('ARGUMENT', op, `${op}: there is no split '${split}' (known: ${SPLITS.join(', ')})`);
  return index;
}

/** Has ids beside it that stand in a file of strings. @param {TokenizerKind} kind */
export const hasStrings = (kind) => kind === 'word' || kind === 'bpe';

/** @param {string | Uint8Array} text lone surrogates become U+FFFD, as everywhere in the web @returns {Uint8Array} */
export function toBytes(text) {
  if (typeof text === 'string') return new TextEncoder().encode(text);
  if (text instanceof Uint8Array) return text;
  throw new FolioError('ARGUMENT', 'text', `text: it must be a string or a Uint8Array, not ${shownValue(text)}`);
}
