/**
 * folio.js - Folio, synchronous: what runs where it is called, in Node, in a page or in a worker. client.js is the same in a worker.
 *
 *   const folio = await load();
 *   const tokenizer = folio.tokenizer.train('char', text);
 *   const config = folio.config({ n_layer: 2, vocab_size: tokenizer.vocabSize });
 *   const dataset = folio.dataset(config, tokenizer.encode(text));
 *   const model = folio.model(config);
 *   const trainer = folio.trainer(model, dataset, config);
 *   while (trainer.step < config.max_iters) trainer.stepOnce();
 *   for (const id of model.generate({ prompt: tokenizer.encode('\n') })) ...
 *
 * run.js puts these together as training does it. Objects hold memory of the module until they are closed.
 */

import { Bench } from './bench.js';
import { Dataset } from './dataset.js';
import { FolioError } from './error.js';
import { checkObject, optionsOf } from './given.js';
import { Model } from './model.js';
import { loadInspectModule, loadModule, loadTextModule } from './loader.js';
import { out } from './module.js';
import { completeConfig, packConfig, readSettings } from './settings.js';
import { fromRanks, loadTokenizer, trainTokenizer, training } from './tokenizer/make.js';
import { encodeAll, encodeStream, trainStream } from './tokenizer/stream.js';
import { Evaluator, Trainer } from './trainer.js';
import { VERSION } from './version.js';

export { FolioError, encodeAll, encodeStream };

/** @typedef {import('./settings.js').Config} Config */
/** @typedef {import('./tokenizer.js').TokenizerKind} TokenizerKind */
/** @typedef {import('./tokenizer.js').TrainingOptions} TrainingOptions */
/**
 * @typedef {object} Info
 * @property {string} version
 * @property {string} variant the module that runs
 * @property {'exact' | 'fast'} numerics
 * @property {number} threads that may take part
 * @property {number} present how many of them do now
 * @property {string[]} notes what was asked for and cannot be had here, and why
 * @property {number} memory_bytes of the module that trains
 * @property {number} text_bytes of the tokenizers' module
 */
/**
 * @typedef {object} Memory bytes, but for `parameters`
 * @property {number} parameters
 * @property {number} model_bytes
 * @property {number} trainer_bytes gradients, optimizer state and activations
 * @property {number} evaluator_bytes
 * @property {number} decoder_bytes
 * @property {number} total_bytes all four
 * @property {number} limit_bytes what the module's memory can hold
 */

const GROUPS = /** @type {const} */ (['matrix', 'embedding', 'vector']);

/** All that a WebAssembly memory with 32-bit addresses can grow to. */
const LIMIT = 2 ** 32;

/** Settings that are checked against each other, by the code that a check fails with. @type {Record<string, string[]>} */
const RELATED = {
  HEADS: ['n_embd', 'n_head'],
  KV_HEADS: ['n_head', 'n_kv_head'],
  ROPE_HEAD: ['n_embd', 'n_head'],
  SCHEDULE: ['warmup_iters', 'decay_iters', 'max_iters'],
};

/**
 * @param {import('./loader.js').LoadOptions} [options] the module, its numerics and threads
 * @returns {Promise<Folio>}
 */
export async function load(options) {
  optionsOf('load', options);
  return new Folio(...(await Promise.all([loadModule(options), loadTextModule(options)])), options);
}

export class Folio {
  #module;
  #text;
  #options;
  /** @type {Promise<import('./module.js').Module> | null} the one that looks into models, once somebody has asked for it */
  #inspect = null;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./module.js').Module} text the tokenizers'
   * @param {import('./loader.js').LoadOptions} [options]
   */
  constructor(module, text, options) {
    this.#module = module;
    this.#text = text;
    this.#options = options;
    /** The core's table of settings. */
    this.settings = readSettings(module);
    /** Measures this engine. */
    this.bench = new Bench(module, (config) => this.#pack(config));
    this.tokenizer = {
      /** The version of Unicode whose classes the split patterns use. */
      unicode: text.text('unicode_version'),
      /** @param {TokenizerKind} kind @param {string | Uint8Array} given @param {TrainingOptions} [options] */
      train: (kind, given, options) => trainTokenizer(text, kind, given, options),
      /** The same in short pieces of work. @param {TokenizerKind} kind @param {string | Uint8Array} given @param {TrainingOptions} [options] */
      training: (kind, given, options) => training(text, kind, given, options),
      /** From a Blob or parts of a text. @param {TokenizerKind} kind @param {import('./tokenizer/stream.js').TextSource} source @param {TrainingOptions & {signal?: AbortSignal}} [options] */
      trainStream: (kind, source, options) => trainStream(text, kind, source, options),
      /** @param {import('./tokenizer.js').TokenizerJson | Record<string, unknown> | string} json Folio's own or Hugging Face's tokenizer.json */
      load: (json) => loadTokenizer(text, json),
      /** @param {Uint8Array} file a .tiktoken file, or a packed one @param {import('./tokenizer.js').RanksOptions} options */
      ranks: (file, options) => fromRanks(text, file, options),
    };
  }

  /** @returns {Info} */
  info() {
    const { variant: { name, numerics }, threads, present, notes, bytes } = this.#module;
    return { version: VERSION, variant: name, numerics, threads, present, notes, memory_bytes: bytes, text_bytes: this.#text.bytes };
  }

  /** Threads come up from now on, beside what the caller does meanwhile; else the first trainer or evaluator starts them. */
  startThreads() {
    this.#module.startThreads();
  }

  /** Until all threads take part. Nothing needs to wait for it: what comes earlier is done by fewer. */
  threadsReady() {
    return this.#module.threadsReady();
  }

  /** Ends the threads and all use of the module; objects that are open cannot be used any more. */
  close() {
    this.#module.close();
    this.#text.close();
    void this.#inspect?.then((module) => module.close(), () => {});
  }

  /** False once the module has trapped or was closed; then load another. */
  get alive() {
    return this.#module.alive && this.#text.alive;
  }

  /**
   * A whole config: the given settings over the defaults, checked one by one and against each other.
   * @param {Record<string, unknown>} [partial]
   * @returns {Config}
   */
  config(partial = {}) {
    const config = completeConfig(this.settings, partial);
    const which = new Int32Array(1);
    this.#module.check('config', 'config_check', [packConfig(this.settings, config), out(which)],
      (code) => RELATED[code]?.map((name) => `${name}=${config[name]}`).join(', '));
    return config;
  }

  /**
   * What a config will take.
   * @param {Record<string, unknown>} partial
   * @returns {Memory}
   */
  memory(partial) {
    const values = this.#pack(partial);
    const bytes = new Float64Array(4);
    this.#module.check('memory', 'memory', [values, out(bytes)]);
    const [model_bytes, trainer_bytes, evaluator_bytes, decoder_bytes] = bytes;
    const total_bytes = model_bytes + trainer_bytes + evaluator_bytes + decoder_bytes;
    const { parameters } = this.#sizes(values);
    return { parameters, model_bytes, trainer_bytes, evaluator_bytes, decoder_bytes, total_bytes, limit_bytes: LIMIT };
  }

  /**
   * Fails with MEMORY, before anything is allocated, where a config asks for more than there can be.
   * @param {Record<string, unknown>} partial
   * @param {'model' | 'total'} what the model alone, or all that training takes
   */
  checkMemory(partial, what) {
    const memory = this.memory(partial);
    const bytes = memory[`${what}_bytes`];
    if (bytes <= LIMIT) return;
    throw new FolioError('MEMORY', 'memory', `memory: not enough memory: ${what === 'model' ? 'the model needs' : 'training this model needs'} `
      + `${bytes} bytes for ${memory.parameters} parameters; a WebAssembly memory holds at most ${LIMIT}`);
  }

  /**
   * Every tensor of a model, in order.
   * @param {Record<string, unknown>} partial
   * @returns {import('./model.js').TensorInfo[]}
   */
  layout(partial) {
    return this.#tensors(this.#pack(partial));
  }

  /**
   * @param {Record<string, unknown>} partial block_size, batch_size, batching, ..., vocab_size
   * @param {ArrayLike<number>} ids copied
   */
  dataset(partial, ids) {
    const config = this.config(partial);
    return new Dataset(this.#module, config, packConfig(this.settings, config), ids);
  }

  /**
   * A model with the initial weights that follow from the seed.
   * @param {Record<string, unknown>} partial
   */
  model(partial) {
    this.checkMemory(partial, 'model');
    const config = this.config(partial);
    const values = packConfig(this.settings, config);
    const layout = { ...this.#sizes(values), tensors: this.#tensors(values) };
    return new Model(this.#module, config, values, layout, () => this.#need(config, 'model_bytes'));
  }

  /**
   * @param {Model} model
   * @param {Dataset} dataset
   * @param {Record<string, unknown>} [partial] training settings that differ from the model's config
   */
  trainer(model, dataset, partial = {}) {
    checkObject('trainer', 'model', model, Model);
    checkObject('trainer', 'dataset', dataset, Dataset);
    const config = this.config({ ...model.config, ...partial });
    const complete = (/** @type {Record<string, unknown>} */ changed) => {
      const whole = this.config(changed);
      return { config: whole, values: packConfig(this.settings, whole) };
    };
    return new Trainer(this.#module, model, dataset, config, packConfig(this.settings, config), () => this.#need(config, 'trainer_bytes'), complete);
  }

  /**
   * @param {Model} model
   * @param {Dataset} dataset
   */
  evaluator(model, dataset) {
    checkObject('evaluator', 'model', model, Model);
    checkObject('evaluator', 'dataset', dataset, Dataset);
    return new Evaluator(this.#module, model, dataset);
  }

  /**
   * Looks into a model: attention, the residual stream, the logit lens, embeddings. The first time it loads a module of its own.
   * @param {Model} model
   * @returns {Promise<import('./inspect.js').Inspector>}
   */
  async inspector(model) {
    // A module that did not arrive, or died, is loaded anew.
    if (this.#inspect && !(await this.#inspect.catch(() => null))?.alive) this.#inspect = null;
    this.#inspect ??= loadInspectModule(this.#options);
    const [module, { Inspector }] = await Promise.all([this.#inspect, import('./inspect.js')]);
    return new Inspector(module, model, (config) => packConfig(this.settings, config));
  }

  /** @param {Record<string, unknown>} partial */
  #pack(partial) {
    return packConfig(this.settings, this.config(partial));
  }

  /** @param {Config} config @param {'model_bytes' | 'trainer_bytes'} what */
  #need(config, what) {
    return `${this.memory(config)[what]} bytes are needed, ${this.#module.bytes} of at most ${LIMIT} are in use`;
  }

  /** @param {Float64Array} values */
  #sizes(values) {
    const sizes = new Float64Array(3);
    this.#module.check('layout', 'layout', [values, out(sizes)]);
    const [count, floats, parameters] = sizes;
    return { count, floats, parameters };
  }

  /** @param {Float64Array} values @returns {import('./model.js').TensorInfo[]} */
  #tensors(values) {
    const bytes = new Uint8Array(40);
    const facts = new Float64Array(6);
    return Array.from({ length: this.#sizes(values).count }, (_, i) => {
      this.#module.check('layout', 'layout_tensor', [values, i, out(bytes), out(facts)]);
      const [rank, rows, columns, offset, size, group] = facts;
      const name = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
      return { name, shape: rank === 1 ? [rows] : [rows, columns], offset, size, group: GROUPS[group] };
    });
  }
}
