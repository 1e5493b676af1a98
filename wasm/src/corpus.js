/** corpus.js - a text as a run takes it: its tokenizer, its ids, and what a loss over them is in bits per byte. */

import { FolioError } from './error.js';
import { refuseValue } from './given.js';
import { END_OF_TEXT, toBytes } from './tokenizer/names.js';

/** @typedef {import('./folio.js').Folio} Folio */

/** Most words in the vocabulary, where nobody says. */
const WORDS = 4096;
/** Most characters of a text that is begun before it is there. */
const MOST_COMING = 1e8;

/**
 * A tokenizer that learns from the text.
 * @param {Folio} folio
 * @param {import('./tokenizer.js').TokenizerKind} kind
 * @param {string | Uint8Array} text
 * @param {unknown} vocabSize
 */
export function learnTokenizer(folio, kind, text, vocabSize) {
  const size = vocabSize === undefined ? undefined : Number(vocabSize);
  if (kind === 'word') return folio.tokenizer.train(kind, text, { vocabSize: size ?? WORDS });
  return folio.tokenizer.train(kind, text, kind === 'bpe' ? { vocabSize: size } : undefined);
}

/**
 * A text to learn or to judge: <|endoftext|> in it ends a document, the names of other special tokens are text.
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 */
export function encodeText(tokenizer, text) {
  const allowedSpecial = Object.hasOwn(tokenizer.special, END_OF_TEXT) ? [END_OF_TEXT] : [];
  return tokenizer.encode(text, { allowedSpecial, disallowedSpecial: [] });
}

/** Ids in half the memory, where they fit. @param {Uint32Array<ArrayBuffer>} ids @param {number} vocabSize */
export const shorten = (ids, vocabSize) => (vocabSize <= 0x10000 ? new Uint16Array(ids) : ids);

/**
 * Room for all ids of a text, with those that are there.
 * @param {import('./baselines.js').Ids} there
 * @param {unknown} length
 */
export function beginningOf(there, length) {
  const fits = typeof length === 'number' && Number.isInteger(length) && length >= there.length && length <= MOST_COMING;
  if (!fits) return refuseValue('rest', 'characters', length, `a whole number from ${there.length}, which are there, to ${MOST_COMING}`);
  const ids = there instanceof Uint16Array ? new Uint16Array(length) : new Uint32Array(length);
  ids.set(there);
  return ids;
}

/**
 * The text that a model has learnt before; one that cannot be used fails with op 'oldText'.
 * @param {Folio} folio
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 * @param {import('./settings.js').Config} config with the val_fraction of that training
 */
export function oldDataset(folio, tokenizer, text, config) {
  try {
    return folio.dataset(config, encodeText(tokenizer, text));
  } catch (error) {
    throw error instanceof FolioError ? new FolioError(error.code, 'oldText', `the old text: ${error.message}`) : error;
  }
}

/**
 * What turns a loss in nats per token of the validation part into bits per byte of it, so that tokenizers can be compared.
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 * @param {import('./baselines.js').Ids} ids of the text
 * @param {number} nTrain where the validation part begins
 */
export function bitsPerNat(tokenizer, text, ids, nTrain) {
  const val = ids.subarray(nTrain);
  if (!val.length) return 0;
  const bytes = tokenizer.kind === 'word' ? toBytes(text).length - tokenizer.offsets(text, ids)[nTrain] : tokenizer.decodeBytes(val).length;
  return val.length / bytes / Math.LN2;
}
