/** remote.js - what client.js hands out: objects that live in the worker, each with the methods of its twin there. */

import { optionsOf } from './given.js';

/** @typedef {import('./connection.js').Connection} Connection */
/** @typedef {import('./client.js').Abortable} Abortable */
/** @typedef {import('./client.js').WriteOptions} WriteOptions */
/** @typedef {import('./settings.js').Config} Config */

class Remote {
  /**
   * @param {Connection} line
   * @param {{ref: number}} facts
   */
  constructor(line, { ref }) {
    this.line = line;
    /** The object's number in its worker. @readonly */
    this.ref = ref;
  }

  /**
   * @param {string} op
   * @param {Record<string, unknown>} [args]
   * @param {AbortSignal} [signal]
   */
  ask(op, args, signal) {
    return this.line.call(op, { ...args, ref: this.ref }, signal);
  }

  /**
   * The same for what takes options, a signal among them.
   * @param {string} op
   * @param {Abortable & Record<string, any> | undefined} how
   * @param {Record<string, unknown>} [args]
   */
  async askHow(op, how, args) {
    const { signal, ...options } = optionsOf(op, how);
    return this.ask(op, { ...args, options }, signal);
  }

  /**
   * @param {string} op
   * @param {Abortable & Record<string, any> | undefined} how
   */
  listen(op, how) {
    const { signal, ...options } = optionsOf(op, how);
    return this.line.stream(op, { options, ref: this.ref }, signal);
  }

  /** Gives the memory back; with the worker gone, there is nothing left to give. */
  async close() {
    if (this.line.alive) await this.ask('close');
  }
}

/** A model with its tokenizer, in a worker. */
export class RemoteWriter extends Remote {
  /** @param {Connection} line @param {{ref: number, config: Config, parameters: number, vocabSize: number, step: number}} facts */
  constructor(line, facts) {
    super(line, facts);
    this.config = facts.config;
    this.parameters = facts.parameters;
    this.vocabSize = facts.vocabSize;
    /** Training steps behind the model. */
    this.step = facts.step;
  }

  /**
   * @template {WriteOptions} O
   * @param {O} [options]
   * @returns {AsyncGenerator<import('./model.js').Told<O, string, import('./writer.js').WrittenToken>, void, void>}
   */
  generate(options) {
    return this.listen('writer.generate', options);
  }

  /** @returns {Promise<string>} */
  digest() {
    return this.ask('writer.digest');
  }

  /** Looks into the model as it is at each look. @returns {Promise<RemoteInspector>} */
  async inspector() {
    return new RemoteInspector(this.line, await this.ask('inspector.open'));
  }
}

/** @typedef {{step: number}} Behind the steps behind the model that was looked into */

/** Looks into a model, in a worker. */
export class RemoteInspector extends Remote {
  /** @param {Connection} line @param {{ref: number, config: Config}} facts */
  constructor(line, facts) {
    super(line, facts);
    this.config = facts.config;
  }

  /** @param {string} text @param {{most?: number, top?: number} & Abortable} [options] @returns {Promise<import('./inspect.js').Look & Behind>} */
  look(text, options) {
    return this.askHow('inspector.look', options, { text });
  }

  /** @param {{most?: number} & Abortable} [options] @returns {Promise<import('./inspect.js').Embeddings & Behind>} */
  embeddings(options) {
    return this.askHow('inspector.embeddings', options);
  }

  /** @param {Abortable} [options] @returns {Promise<import('./inspect.js').Positions & Behind>} */
  positions(options) {
    return this.askHow('inspector.positions', options);
  }

  /**
   * Gradients and weights of a run by layer; null for a writer, and while a step is under way.
   * @param {Abortable} [options]
   * @returns {Promise<import('./norms.js').Norms | null>}
   */
  norms(options) {
    return this.askHow('inspector.norms', options);
  }
}

/** A model learning a text, in a worker. */
export class RemoteRun extends RemoteWriter {
  /**
   * @param {Connection} line
   * @param {ConstructorParameters<typeof RemoteWriter>[1] & {trainTokens: number, valTokens: number, flops: number, notes: string[]}} facts
   */
  constructor(line, facts) {
    super(line, facts);
    this.trainTokens = facts.trainTokens;
    this.valTokens = facts.valTokens;
    /** Useful floating-point operations of training one token, as `folio bench` counts them. */
    this.flops = facts.flops;
    /** What a person should know of how the run begins, a line each. */
    this.notes = facts.notes;
  }

  /** Brings the whole of a text that the run was opened with the beginning of. @param {string | Uint8Array} text @returns {Promise<void>} */
  complete(text) {
    return this.ask('run.complete', { text });
  }

  /** @param {import('./client.js').TrainOptions} [options] @returns {AsyncGenerator<import('./run.js').TrainEvent, void, void>} */
  async *train(options) {
    for await (const event of this.listen('run.train', options)) {
      if (event.event === 'step') this.step = event.step + 1;
      else if (event.event === 'diverged') this.step = event.back_to;
      if ('settings' in event) this.config = { ...this.config, ...event.settings };
      yield event;
    }
  }

  /**
   * @template {WriteOptions} O
   * @param {O} [options]
   * @returns {AsyncGenerator<import('./model.js').Told<O, string, import('./writer.js').WrittenToken>, void, void>}
   */
  generate(options) {
    return this.listen('run.generate', options);
  }

  /** @param {{budget: number, spent?: number} & Abortable} options @returns {Promise<import('./budget.js').PlanEvent>} */
  async plan(options) {
    const event = await this.askHow('run.plan', options);
    this.config = { ...this.config, ...event.settings };
    return event;
  }

  /** @param {{windows?: number, old?: boolean} & Abortable} [options] @returns {Promise<number | null>} */
  evaluate(options) {
    return this.askHow('run.evaluate', options);
  }

  /** @param {Abortable} [options] @returns {ReturnType<import('./run.js').Run['baselines']>} */
  baselines(options) {
    return this.askHow('run.baselines', options);
  }

  /** @param {{optimizer?: boolean} & Abortable} [options] @returns {Promise<Uint8Array<ArrayBuffer>>} */
  checkpoint(options) {
    return this.askHow('run.checkpoint', options);
  }

  /** @returns {Promise<string>} */
  digest() {
    return this.ask('run.digest');
  }
}

/** @typedef {import('./tokenizer.js').EncodeOptions} EncodeOptions */
/**
 * @typedef {{ref: number, kind: import('./tokenizer.js').TokenizerKind, vocabSize: number, split?: import('./tokenizer/names.js').Split,
 *   special: import('./tokenizer.js').SpecialTokens}} TokenizerFacts
 */

export class RemoteTokenizer extends Remote {
  /** @param {Connection} line @param {TokenizerFacts} facts */
  constructor(line, facts) {
    super(line, facts);
    this.kind = facts.kind;
    this.vocabSize = facts.vocabSize;
    this.split = facts.split;
    this.special = facts.special;
  }

  /**
   * A Blob is read part by part, names of special tokens in it are text, and its ids have 16 bits where the vocabulary allows it.
   * @template {string | Uint8Array | Blob} T
   * @param {T} text
   * @param {EncodeOptions & Abortable} [options]
   * @returns {Promise<T extends Blob ? Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> : Uint32Array<ArrayBuffer>>}
   */
  encode(text, options) {
    return this.askHow('tokenizer.encode', options, { text });
  }

  /** @param {ArrayLike<number>} ids @param {Abortable} [options] @returns {Promise<string>} */
  decode(ids, options) {
    return this.askHow('tokenizer.decode', options, { ids });
  }

  /** @param {ArrayLike<number>} ids @returns {Promise<Uint8Array<ArrayBuffer>>} */
  decodeBytes(ids) {
    return this.ask('tokenizer.decodeBytes', { ids });
  }

  /** @param {string | Uint8Array} text @param {ArrayLike<number>} ids @returns {Promise<Uint32Array<ArrayBuffer>>} in bytes */
  offsets(text, ids) {
    return this.ask('tokenizer.offsets', { text, ids });
  }

  /** @param {'tiktoken' | 'packed'} [form] @returns {Promise<Uint8Array<ArrayBuffer>>} */
  toRanks(form) {
    return this.ask('tokenizer.toRanks', { form });
  }

  /** @returns {Promise<Record<string, unknown>>} */
  toHuggingFace() {
    return this.ask('tokenizer.toHuggingFace');
  }

  /** @returns {Promise<import('./tokenizer.js').TokenizerJson>} */
  toJSON() {
    return this.ask('tokenizer.toJSON');
  }
}

/**
 * @typedef {{ref: number, tokens: number, nTrain: number, windows: number, batches: number, valWindows: number, batchSize: number,
 *   blockSize: number, vocabSize: number}} DatasetFacts
 */

export class RemoteDataset extends Remote {
  /** @param {Connection} line @param {DatasetFacts} facts */
  constructor(line, facts) {
    super(line, facts);
    this.tokens = facts.tokens;
    this.nTrain = facts.nTrain;
    this.windows = facts.windows;
    this.batches = facts.batches;
    this.valWindows = facts.valWindows;
    this.batchSize = facts.batchSize;
    this.blockSize = facts.blockSize;
    this.vocabSize = facts.vocabSize;
  }

  /** @param {number} index @returns {Promise<import('./dataset.js').Batch>} */
  batch(index) {
    return this.ask('dataset.batch', { index });
  }

  /** @param {number} first @param {number} count @returns {Promise<import('./dataset.js').Batch>} */
  valBatch(first, count) {
    return this.ask('dataset.valBatch', { first, count });
  }

  /** @param {{vocabulary?: number} & Abortable} [options] @returns {Promise<import('./baselines.js').Baselines | null>} */
  baselines(options) {
    return this.askHow('dataset.baselines', options);
  }
}

export class RemoteModel extends Remote {
  /** @param {Connection} line @param {{ref: number, config: Config, parameters: number}} facts */
  constructor(line, facts) {
    super(line, facts);
    this.config = facts.config;
    this.parameters = facts.parameters;
  }

  /** A copy of all weights in layout order. @returns {Promise<Float32Array<ArrayBuffer>>} */
  params() {
    return this.ask('model.params');
  }

  /** @param {Float32Array} floats in layout order @returns {Promise<void>} */
  setParams(floats) {
    return this.ask('model.setParams', { floats });
  }

  /** @param {ArrayLike<number>} ids @param {number} B @param {number} T @param {Abortable} [options] @returns {Promise<Float32Array<ArrayBuffer>>} */
  logits(ids, B, T, options) {
    return this.askHow('model.logits', options, { ids, B, T });
  }

  /**
   * @template {import('./model.js').GenerateOptions & Abortable} O
   * @param {O} options
   * @returns {AsyncGenerator<import('./model.js').Told<O, number, import('./probabilities.js').PickDetails>, void, void>}
   */
  generate(options) {
    return this.listen('model.generate', options);
  }

  /** @returns {Promise<string>} */
  digest() {
    return this.ask('model.digest');
  }
}

export class RemoteTrainer extends Remote {
  /** @param {Connection} line @param {{ref: number, config: Config, step: number}} facts */
  constructor(line, facts) {
    super(line, facts);
    this.config = facts.config;
    /** Steps done, by this client's account. */
    this.step = facts.step;
  }

  /** @param {Abortable} [options] @returns {Promise<import('./trainer.js').Report>} */
  async stepOnce(options) {
    const report = await this.askHow('trainer.stepOnce', options);
    this.step = report.step;
    return report;
  }

  /** @param {number} step */
  async setStep(step) {
    await this.ask('trainer.setStep', { step });
    this.step = step;
  }
}

export class RemoteEvaluator extends Remote {
  /** @param {Connection} line @param {{ref: number, windows: number}} facts */
  constructor(line, facts) {
    super(line, facts);
    this.windows = facts.windows;
  }

  /** @param {{windows?: number} & Abortable} [options] @returns {Promise<number | null>} */
  evaluate(options) {
    return this.askHow('evaluator.evaluate', options);
  }
}
