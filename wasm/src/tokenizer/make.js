/** make.js - tokenizers from a text, from a file of tokens, from JSON. */

import { FolioError } from '../error.js';
import { checkObject, optionsOf } from '../given.js';
import { out } from '../module.js';
import { finish } from '../pace.js';
import { Tokenizer } from '../tokenizer.js';
import { checkRanks, findEncoding } from './encodings.js';
import { explainFile, explainText } from './faults.js';
import { fromHuggingFace } from './huggingface.js';
import { hasStrings, kindIndex, splitIndex, toBytes } from './names.js';
import { fromBase64, isPacked, pack } from './strings.js';
import { Training } from './training.js';

/** @typedef {import('../module.js').Module} Module */
/** @typedef {import('../tokenizer.js').TokenizerJson} TokenizerJson */
/** @typedef {import('./names.js').TokenizerKind} TokenizerKind */
/** @typedef {import('./names.js').Split} Split */
/** @typedef {import('./names.js').SpecialTokens} SpecialTokens */
/** @typedef {import('./training.js').TrainingOptions} TrainingOptions */
/** @typedef {import('./training.js').TrainingEvent} TrainingEvent */
/** @typedef {{encoding: string} | {split: Split, special?: SpecialTokens}} RanksOptions */

/**
 * Learns the vocabulary of a text.
 * @param {Module} module
 * @param {TokenizerKind} kind
 * @param {string | Uint8Array} text
 * @param {TrainingOptions} [options] word and bpe
 */
export function trainTokenizer(module, kind, text, options) {
  return finish(training(module, kind, text, options));
}

/**
 * The same in pieces of a few milliseconds, each of which tells how far it is.
 * @param {Module} module
 * @param {TokenizerKind} kind
 * @param {string | Uint8Array} text
 * @param {TrainingOptions} [options]
 * @returns {Generator<TrainingEvent, Tokenizer, void>}
 */
export function* training(module, kind, text, options) {
  const bytes = toBytes(text);
  if (!hasStrings(kind)) return learnCodepoints(module, kind, bytes);
  const work = new Training(module, kind, options);
  try {
    for (const done of work.count(bytes)) yield { event: 'training', phase: 'count', done, of: bytes.length };
    for (const done of work.learn()) yield { event: 'training', phase: 'learn', done, of: work.limit };
    return fromTraining(module, work);
  } finally {
    work.close();
  }
}

/** @param {Module} module @param {TokenizerKind} kind @param {Uint8Array} bytes */
function learnCodepoints(module, kind, bytes) {
  const op = 'tokenizer.train';
  const fault = new Uint32Array(3);
  const args = [kindIndex(op, kind), bytes, bytes.length, out(fault)];
  return new Tokenizer(module, module.create(op, 'tokenizer_train', args, (code) => explainText(fault, [])(code)), { kind });
}

/** What a training that is done has learnt. @param {Module} module @param {Training} work */
export function fromTraining(module, work) {
  const file = work.file();
  const count = new DataView(file.buffer).getUint32(8, true);
  const special = Object.fromEntries(work.special.map((name, i) => [name, count + i]));
  return open('tokenizer.train', module, { kind: work.kind, split: work.split, file, special });
}

/**
 * OpenAI's encodings, or others in the same form.
 * @param {Module} module
 * @param {Uint8Array} file ranks, a .tiktoken file or Folio's packed form of one
 * @param {RanksOptions} how
 */
export function fromRanks(module, file, how) {
  const op = 'tokenizer.ranks';
  const options = optionsOf(op, how);
  checkObject(op, 'Uint8Array', file, Uint8Array);
  const { split, special = {} } = 'encoding' in options ? findEncoding(op, options.encoding) : options;
  /** @type {(names: SpecialTokens) => Tokenizer} */
  const opened = (names) => {
    const tokenizer = open(op, module, { kind: 'bpe', split, file, special: names });
    try {
      if ('encoding' in options) checkRanks(op, options.encoding, tokenizer.toRanks('packed'));
    } catch (error) {
      tokenizer.close();
      throw error;
    }
    return tokenizer;
  };
  try {
    return opened(special);
  } catch (error) {
    if (error instanceof FolioError && error.code === 'SPECIAL' && 'encoding' in options) opened({}).close(); // the tokens of another encoding?
    throw error;
  }
}

/**
 * @param {Module} module
 * @param {TokenizerJson | Record<string, unknown> | string} json what toJSON or toHuggingFace gave, or its text
 */
export function loadTokenizer(module, json) {
  const op = 'tokenizer.load';
  const value = typeof json === 'string' ? parse(json) : json;
  optionsOf(op, value ?? null, 'a tokenizer');
  if (!('model' in value) && !('kind' in value)) {
    throw new FolioError('VOCABULARY', op, `${op}: there is neither 'model', as Hugging Face's tokenizer.json has, nor 'kind', as Folio's own`);
  }
  const { kind, split, tokens, special = {}, vocabulary = '' } = /** @type {TokenizerJson} */ ('model' in value ? fromHuggingFace(value) : value);
  const index = kindIndex(op, kind);
  if (hasStrings(kind)) {
    if (special === null || typeof special !== 'object') throw new FolioError('SPECIAL', op, `${op}: 'special' must be an object of names and ids`);
    const file = typeof tokens === 'string' ? fromBase64(tokens) : undefined;
    if (!file) throw new FolioError('VOCABULARY', op, `${op}: 'tokens' must be the packed tokens in base64`);
    return open(op, module, { kind, split, file, special });
  }
  if (typeof vocabulary !== 'string') throw new FolioError('VOCABULARY', op, `${op}: 'vocabulary' must be a string of all characters`);
  const codepoints = Uint32Array.from(vocabulary, (character) => /** @type {number} */ (character.codePointAt(0)));
  return new Tokenizer(module, module.create(op, 'tokenizer_load', [index, codepoints, codepoints.length]), { kind });
}

/**
 * @param {string} op
 * @param {Module} module
 * @param {{kind: TokenizerKind, split: Split | undefined, file: Uint8Array, special: SpecialTokens}} parts
 */
function open(op, module, { kind, split, file, special }) {
  const known = Object.entries(special).sort(([, a], [, b]) => a - b);
  const wrong = known.find(([, id]) => !Number.isInteger(id) || id < 0 || id >= 2 ** 20);
  if (wrong) throw new FolioError('SPECIAL', op, `${op}: the id of special token '${wrong[0]}' must be a whole number below ${2 ** 20}, not ${wrong[1]}`);
  const names = pack(known.map(([name]) => toBytes(name)));
  const ids = Uint32Array.from(known, ([, id]) => id);
  const fault = new Uint32Array(3);
  const packed = isPacked(file);
  const args = [kindIndex(op, kind), splitIndex(op, kind, split), packed ? 1 : 0, file, file.length, names, names.length, ids, ids.length, out(fault)];
  const handle = module.create(op, 'tokenizer_open', args, (code) => explainFile(fault, packed, known)(code));
  return new Tokenizer(module, handle, { kind, split: kind === 'bpe' ? split : undefined, special: Object.fromEntries(known) });
}

/** @param {string} text @returns {Record<string, unknown>} */
function parse(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FolioError('VOCABULARY', 'tokenizer.load', `tokenizer.load: not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (value === null || typeof value !== 'object') throw new FolioError('VOCABULARY', 'tokenizer.load', 'tokenizer.load: not a JSON object');
  return /** @type {Record<string, unknown>} */ (value);
}
