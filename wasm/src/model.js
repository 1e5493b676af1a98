/** model.js - the weights of a GPT, and what it writes. */

import { FolioError } from './error.js';
import { checkCounts, checkNumbers, optionsOf, refuseValue } from './given.js';
import { toIds } from './ids.js';
import { out } from './module.js';
import { checkNames } from './options.js';
import { digestFloats } from './digest.js';
import { explainPick } from './probabilities.js';

/** @typedef {{name: string, shape: number[], offset: number, size: number, group: 'matrix' | 'embedding' | 'vector'}} TensorInfo */

/**
 * @typedef {object} GenerateOptions
 * @property {ArrayLike<number>} prompt ids, at least one
 * @property {number} [tokens] how many to write; default 100
 * @property {number} [temperature] 0: always the most likely; default 1
 * @property {number} [topK] keep the k most likely; 0: all
 * @property {number} [topP] keep the fewest whose probabilities reach p; default 1
 * @property {number} [minP] keep those at least so many times as likely as the most likely; default 0
 * @property {number} [repetitionPenalty] default 1: none
 * @property {number} [seed] the same seed gives the same text; default 1
 * @property {number} [vocabulary] pick among ids below this only: a model may know more ids than its tokenizer
 * @property {number} [details] tell of each token its probability, and of so many alternatives; the tokens are the same
 */
/** @template O, Plain, Detailed @typedef {O extends {details: number} ? Detailed : Plain} Told what a writing with these options yields */

/** Tokens of a prompt fed at once: few enough that a caller stays responsive. */
const FEED = 16;

export class Model {
  #module;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./settings.js').Config} config complete
   * @param {Float64Array} values the same, packed
   * @param {{tensors: TensorInfo[], floats: number, parameters: number}} layout
   * @param {() => string} explainMemory
   */
  constructor(module, config, values, layout, explainMemory) {
    this.#module = module;
    this.config = config;
    this.layout = layout;
    /** Trained numbers, shared ones counted once. */
    this.parameters = layout.parameters;
    /** @readonly */
    this.handle = module.create('model', 'model_create', [values], (code) => (code === 'MEMORY' ? explainMemory() : undefined));
  }

  /**
   * All weights in layout order, with gaps of up to 3 zeros; a view of the module's memory, valid until the next object is made.
   * @returns {Float32Array}
   */
  get params() {
    return /** @type {Float32Array} */ (this.#module.floats('model_params', this.handle, this.layout.floats));
  }

  /** Puts other weights in their place. @param {Float32Array} floats as `params` */
  setParams(floats) {
    const { floats: length } = this.layout;
    if (!(floats instanceof Float32Array && floats.length === length)) refuseValue('setParams', 'floats', floats, `a Float32Array of ${length}`);
    this.params.set(floats);
  }

  /**
   * The weights by tensor; views, as `params`.
   * @returns {{name: string, shape: number[], data: Float32Array}[]}
   */
  tensors() {
    return sliceTensors(this.layout.tensors, this.params);
  }

  /**
   * @param {ArrayLike<number>} ids (B, T)
   * @param {number} B
   * @param {number} T at most block_size
   * @returns {Float32Array<ArrayBuffer>} (B, T, vocab_size)
   */
  logits(ids, B, T) {
    checkNumbers('model.logits', { B, T });
    const words = toIds('model.logits', ids);
    if (words.length !== B * T) throw new FolioError('ARGUMENT', 'model.logits', `model.logits: ${words.length} ids are not B * T = ${B} * ${T}`);
    const logits = new Float32Array(B * T * this.config.vocab_size);
    this.#module.check('model.logits', 'model_logits', [this.handle, words, B, T, out(logits)],
      () => `B=${B}, T=${T}, block_size=${this.config.block_size}, vocab_size=${this.config.vocab_size}`);
    return logits;
  }

  /** A cache of keys and values that turns tokens into the logits of the next. */
  decoder() {
    return new Decoder(this.#module, this);
  }

  /**
   * Writes: yields one id after another, and undefined after each piece of other work, so that a caller can breathe.
   * When the context is full it goes on from the last half of it. With `details` it yields what probabilities.js tells of each pick.
   * @template {GenerateOptions} O
   * @param {O} options
   * @returns {Generator<Told<O, number, import('./probabilities.js').PickDetails> | undefined, void, void>}
   */
  *generate(options) {
    const { prompt, tokens = 100, seed = 1, details, ...how } = /** @type {GenerateOptions} */ (optionsOf('generate', options));
    checkCounts('generate', { tokens, details: details ?? 0 });
    const { temperature, topK, topP, minP, repetitionPenalty, vocabulary } = how;
    const numbers = { temperature, topK, topP, minP, repetitionPenalty, seed, vocabulary };
    checkNumbers('generate', numbers);
    checkNames('generate', how, Object.keys(numbers));
    const decoder = this.decoder();
    try {
      const context = Array.from(toIds('generate', prompt)).slice(-this.config.block_size);
      let fed = 0;
      for (let index = 0; index < tokens; index++) {
        if (decoder.position === this.config.block_size) {
          decoder.reset();
          context.splice(0, context.length - Math.max(1, Math.floor(this.config.block_size / 2)));
          fed = 0;
        }
        while (fed < context.length) {
          decoder.feed(context.slice(fed, fed + FEED));
          fed += FEED;
          if (fed < context.length) yield;
        }
        fed = context.length;
        const id = decoder.pick({ ...how, seed, index });
        const told = details === undefined ? id : explainPick(decoder.logits, context, id, { ...how, details });
        context.push(id);
        yield /** @type {any} */ (told);
      }
    } finally {
      decoder.close();
    }
  }

  /**
   * SHA-256 of the weights as little-endian f32 in layout order, hex.
   * @returns {Promise<string>}
   */
  digest() {
    return digestFloats(this.tensors().map(({ data }) => data));
  }

  close() {
    this.handle.close();
  }
}

/**
 * @param {TensorInfo[]} layout
 * @param {Float32Array} floats in layout order
 */
export function sliceTensors(layout, floats) {
  return layout.map(({ name, shape, offset, size }) => ({ name, shape, data: floats.subarray(offset, offset + size) }));
}

export class Decoder {
  #module;
  #handle;
  #model;

  /**
   * @param {import('./module.js').Module} module
   * @param {Model} model
   */
  constructor(module, model) {
    this.#module = module;
    this.#model = model;
    this.#handle = module.create('decoder', 'decoder_create', [model.handle]);
  }

  /** Tokens in the context; at most block_size. */
  get position() {
    return this.#module.call('decoder_position', this.#handle);
  }

  /** Logits (vocab_size) after the last token; a view, as Model.params. @returns {Float32Array} */
  get logits() {
    return /** @type {Float32Array} */ (this.#module.floats('decoder_logits', this.#handle, this.#model.config.vocab_size));
  }

  /** @param {ArrayLike<number>} ids */
  feed(ids) {
    const { vocab_size: V, block_size: T } = this.#model.config;
    this.#module.check('decoder.feed', 'decoder_feed', [this.#handle, toIds('decoder.feed', ids), ids.length],
      (code) => (code === 'TOKEN' ? `vocab_size is ${V}` : `${ids.length} more tokens after ${this.position} of ${T}`));
  }

  /**
   * One token to follow; (seed, index) is the coin.
   * @param {Omit<GenerateOptions, 'prompt' | 'tokens' | 'details'> & {index: number}} options
   * @returns {number}
   */
  pick(options) {
    const { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, seed = 1, index, vocabulary } = optionsOf('generate', options);
    checkCounts('generate', { index });
    const how = Float64Array.of(temperature, topK, topP, minP, repetitionPenalty);
    const id = new Uint32Array(1);
    const V = vocabulary ?? this.#model.config.vocab_size;
    this.#module.check('generate', 'decoder_pick', [this.#handle, how, seed, index, V, out(id)], (code) => (code === 'RANGE' ? [
      ['temperature', temperature, 'from 0', temperature >= 0 && temperature < Infinity],
      ['top_k', topK, '0 to 2^32 - 1', topK >= 0 && topK < 2 ** 32],
      ['top_p', topP, 'above 0, to 1', topP > 0 && topP <= 1],
      ['min_p', minP, '0 to 1', minP >= 0 && minP <= 1],
      ['repetition_penalty', repetitionPenalty, 'above 0', repetitionPenalty > 0 && repetitionPenalty < Infinity],
      ['seed', seed, '0 to 2^53 - 1', seed >= 0 && seed < 2 ** 53],
    ].flatMap(([name, value, range, fits]) => (fits ? [] : [`${name}=${value} (${range})`])).join(', ') : undefined));
    return id[0];
  }

  reset() {
    this.#module.call('decoder_reset', this.#handle);
  }

  close() {
    this.#handle.close();
  }
}
