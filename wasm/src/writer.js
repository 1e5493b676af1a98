/** writer.js - a model with its tokenizer: text in, text out. */

import { optionsOf } from './given.js';
import { paced } from './pace.js';
import { untilStop } from './stop.js';

/** @typedef {import('./probabilities.js').Candidate} Candidate */
/** @typedef {import('./probabilities.js').PickDetails} PickDetails */
/**
 * @typedef {Omit<import('./model.js').GenerateOptions, 'prompt' | 'vocabulary'> & {prompt?: string, stop?: string}} WriteOptions
 *   prompt: text to go on from; without one the text starts as after a line break. stop: a text at which the writing ends, before it
 */
/** @typedef {{text: string, bytes?: number[]}} Piece what one token is: text, or bytes where those are no whole characters */
/**
 * @typedef {Omit<PickDetails, 'alternatives'> & Piece & {alternatives: (Candidate & Piece)[]}} WrittenToken with `details`, each token: `text` is what
 *   became complete with it, so that all of them together are the writing, and `bytes` are there where the token by itself is no whole characters
 */

export class Writer {
  /**
   * @param {import('./model.js').Model} model
   * @param {import('./tokenizer.js').Tokenizer} tokenizer
   * @param {{step?: number, text?: string}} [past] training steps behind the model, and the fingerprint of the text it learnt
   */
  constructor(model, tokenizer, { step = 0, text } = {}) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.step = step;
    this.text = text;
  }

  /**
   * Pieces of text as they are written; the prompt is not repeated. Synchronous: yields undefined after work without text.
   * With `details` the pieces are tokens, each with its probability.
   * @template {WriteOptions} O
   * @param {O} [options]
   * @returns {Generator<import('./model.js').Told<O, string, WrittenToken> | undefined, void, void>}
   */
  *pieces(options) {
    const { prompt = '', stop = '', ...how } = /** @type {WriteOptions} */ (optionsOf('generate', options));
    const ids = this.model.generate({ ...how, prompt: this.#start(prompt), vocabulary: this.tokenizer.vocabSize });
    for (const piece of untilStop(how.details === undefined ? this.#texts(ids) : this.#tokens(/** @type {Generator<any>} */ (ids)), stop)) {
      yield /** @type {any} */ (how.details === undefined ? piece?.text || undefined : piece);
    }
  }

  /** @param {Iterable<any>} ids @returns {Generator<{text: string} | undefined, void, void>} */
  *#texts(ids) {
    const decoder = this.tokenizer.decodeStream();
    decoder.next();
    for (const id of ids) yield id === undefined ? undefined : { text: decoder.next(id).value };
    yield { text: decoder.next(undefined).value };
  }

  /** @param {Iterable<PickDetails | undefined>} picks @returns {Generator<WrittenToken | undefined, void, void>} */
  *#tokens(picks) {
    const decoder = this.tokenizer.decodeStream();
    decoder.next();
    const pieces = new Map();
    /** @type {WrittenToken | undefined} kept until it is known whether the text ends within it */
    let last;
    for (const pick of picks) {
      if (last) yield last;
      last = undefined;
      if (!pick) {
        yield;
        continue;
      }
      const alternatives = pick.alternatives.map((candidate) => ({ ...candidate, ...this.#piece(candidate.id, pieces) }));
      last = { ...pick, ...this.#piece(pick.id, pieces), text: decoder.next(pick.id).value, alternatives };
    }
    if (last) yield { ...last, text: last.text + decoder.next(undefined).value };
  }

  /** A token by itself. @param {number} id @param {Map<number, Piece>} known those asked for before */
  #piece(id, known) {
    const found = known.get(id);
    if (found) return found;
    const piece = this.tokenizer.piece(id);
    known.set(id, piece);
    return piece;
  }

  /**
   * The same as pieces, letting the event loop turn meanwhile.
   * @template {WriteOptions & import('./pace.js').Pace} O
   * @param {O} [options]
   * @returns {AsyncGenerator<import('./model.js').Told<O, string, WrittenToken>, void, void>}
   */
  generate(options) {
    const { signal, hold, ...how } = /** @type {WriteOptions & import('./pace.js').Pace} */ (optionsOf('generate', options));
    return /** @type {AsyncGenerator<any, void, void>} */ (paced(this.pieces(how), { signal, hold }));
  }

  /** @param {string} prompt */
  #start(prompt) {
    if (prompt) return this.tokenizer.encode(prompt, { allowedSpecial: 'all' });
    try {
      return this.tokenizer.encode('\n');
    } catch {
      return [0]; // a text without line breaks: the first character of the vocabulary
    }
  }

  /** SHA-256 of the weights. */
  digest() {
    return this.model.digest();
  }

  close() {
    this.model.close();
    this.tokenizer.close();
  }
}
