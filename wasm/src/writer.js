/** writer.js - a model with its tokenizer: text in, text out. */

import { paced } from './pace.js';

/**
 * @typedef {Omit<import('./model.js').GenerateOptions, 'prompt' | 'vocabulary'> & {prompt?: string}} WriteOptions
 *   prompt: text to go on from; without one the text starts as after a line break
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
   * @param {WriteOptions} [options]
   * @returns {Generator<string | undefined, void, void>}
   */
  *pieces({ prompt = '', ...how } = {}) {
    const { model, tokenizer } = this;
    const ids = model.generate({ ...how, prompt: this.#start(prompt), vocabulary: tokenizer.vocabSize });
    const decoder = tokenizer.decodeStream();
    decoder.next();
    for (const id of ids) yield id === undefined ? undefined : decoder.next(id).value || undefined;
    yield decoder.next(undefined).value || undefined;
  }

  /**
   * The same, letting the event loop turn meanwhile.
   * @param {WriteOptions & import('./pace.js').Pace} [options]
   * @returns {AsyncGenerator<string, void, void>}
   */
  generate({ signal, hold, ...options } = {}) {
    return paced(this.pieces(options), { signal, hold });
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
