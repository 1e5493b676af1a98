/**
 * training.js - learning the tokens of word and bpe: first the text is counted part by part, then tokens are made of it in short pieces of work.
 * The text need never be whole in memory.
 */

import { FolioError } from '../error.js';
import { optionsOf } from '../given.js';
import { out } from '../module.js';
import { END_OF_TEXT, SPLITS, UNKNOWN, kindIndex, splitIndex, toBytes } from './names.js';
import { concat } from './strings.js';

/**
 * @typedef {object} TrainingOptions
 * @property {number} [vocabSize] most tokens, special ones included (default: all words for word; for bpe all if minCount is given, else 1024)
 * @property {number} [minCount] pairs (bpe) or words that are less frequent do not become tokens (default: 2 for bpe, 1 for word)
 * @property {import('./names.js').Split} [split] bpe: how the text is cut before (default: cl100k)
 * @property {string[]} [special] names of special tokens, whose ids come last (default: <|endoftext|>; word: <|unk|> too)
 */
/** @typedef {{event: 'training', phase: 'count' | 'learn', done: number, of: number}} TrainingEvent bytes counted; tokens known */

const MOST = 2 ** 20;
/** Bytes of text and places of pairs in a piece of work: a few milliseconds each. */
const PART = 1 << 18;
const PLACES = 20_000;
/** The split that leaves a text whole. */
const NONE = SPLITS.indexOf('none');
/** Bytes that offsets of 32 bits can tell apart. */
const LONGEST = 2 ** 32 - 1;

/** Those that are kept where none are named. @param {import('./names.js').TokenizerKind} kind */
const usual = (kind) => (kind === 'word' ? [UNKNOWN, END_OF_TEXT] : [END_OF_TEXT]);

/**
 * The least and the most that may be asked for.
 * @param {import('./names.js').TokenizerKind} kind word or bpe
 * @param {string[]} [special]
 * @returns {{vocabSize: [number, number], minCount: [number, number]}}
 */
export const trainingLimits = (kind, special = usual(kind)) => ({ vocabSize: [(kind === 'bpe' ? 256 : 1) + special.length, MOST], minCount: [1, 2 ** 32 - 1] });

export class Training {
  #module;
  #handle;
  #split;
  /** Bytes that came after the last sure end of a piece. @type {Uint8Array} */
  #rest = new Uint8Array(0);
  /** Parts of a text that is not split, until it is whole. @type {Uint8Array[]} */
  #waiting = [];
  #counted = 0;
  #closed = false;

  /**
   * @param {import('../module.js').Module} module
   * @param {import('./names.js').TokenizerKind} kind word or bpe
   * @param {TrainingOptions} [options]
   */
  constructor(module, kind, options) {
    const op = 'tokenizer.train';
    const { vocabSize, minCount, split = 'cl100k', special } = optionsOf(op, options);
    this.special = [...new Set(special ?? usual(kind))];
    const limits = trainingLimits(kind, this.special);
    for (const [name, value, [from, to]] of /** @type {const} */ ([['vocabSize', vocabSize, limits.vocabSize], ['minCount', minCount, limits.minCount]])) {
      if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) continue;
      throw new FolioError('RANGE', op, `${op}: ${name} must be a whole number from ${from} to ${to}, not ${value}`);
    }
    this.kind = kind;
    this.split = split;
    /** Most tokens to learn, those apart that are special. */
    this.limit = (vocabSize ?? (kind === 'bpe' && minCount === undefined ? 1024 : MOST)) - this.special.length;
    this.minCount = minCount ?? (kind === 'bpe' ? 2 : 1);
    this.#module = module;
    this.#split = splitIndex(op, kind, split);
    this.#handle = module.create(op, 'training_create', [kindIndex(op, kind), kind === 'word' ? 0 : this.#split]);
  }

  /**
   * Counts a part of the text in pieces of work; what follows must be the next part. Yields the bytes counted so far.
   * @param {string | Uint8Array} text
   * @param {boolean} [last] nothing follows
   * @returns {Generator<number, void, void>}
   */
  *count(text, last = true) {
    if (this.#split === NONE) return yield* this.#take(toBytes(text), last);
    const bytes = this.#rest.length ? concat([this.#rest, toBytes(text)]) : toBytes(text);
    let size = PART;
    let at = 0;
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + size);
      const whole = last && at + part.length === bytes.length;
      const cut = whole ? part.length : this.#module.call('split_cut', this.#split, part, part.length);
      if (cut === 0 && part.length < size) break; // all that there is for now, and no sure end in it
      if (cut === 0) {
        size *= 2;
        continue;
      }
      const counted = part.subarray(0, cut);
      this.#module.check('tokenizer.train', 'training_count', [this.#handle, counted, cut]);
      at += cut;
      size = PART;
      this.#counted += cut;
      yield this.#counted;
    }
    this.#rest = bytes.slice(at);
  }

  /** A text that is not split goes in when all of it is there: the core wants to know its length. @param {Uint8Array} bytes @param {boolean} last */
  *#take(bytes, last) {
    this.#waiting.push(last ? bytes : bytes.slice());
    if (!last) return;
    const total = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    if (total > LONGEST) throw new FolioError('RANGE', 'tokenizer.train', `tokenizer.train: the text has ${total} bytes; at most ${LONGEST} can be learnt from`);
    for (const text of this.#waiting.splice(0)) {
      for (let at = 0; at < text.length; at += PART) {
        const part = text.subarray(at, at + PART);
        this.#module.check('tokenizer.train', 'training_append', [this.#handle, part, part.length, total]);
        this.#counted += part.length;
        yield this.#counted;
      }
    }
  }

  /**
   * Makes the tokens in pieces of work. Yields how many are known so far.
   * @returns {Generator<number, void, void>}
   */
  *learn() {
    this.#module.check('tokenizer.train', 'training_start', [this.#handle, this.limit, this.minCount]);
    const known = new Uint32Array(1);
    while (!this.#module.check('tokenizer.train', 'training_advance', [this.#handle, PLACES, out(known)])) yield known[0];
  }

  /** The tokens learnt, packed. */
  file() {
    const file = new Uint8Array(this.#module.call('training_file_size', this.#handle));
    this.#module.check('tokenizer.train', 'training_file', [this.#handle, out(file)]);
    return file;
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#module.alive) this.#module.call('training_close', this.#handle);
    this.#handle.close();
  }
}
