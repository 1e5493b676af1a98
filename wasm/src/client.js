/**
 * client.js - Folio in a worker: the API of folio.js and run.js over promises and async iterators, in browsers and in Node.
 *
 *   const client = await connect({ numerics?, threads?, wasm?, workerUrl?, abortAfter? });
 *
 *   client.info                   {version, variant, numerics, threads, notes, memory_bytes}
 *   client.settings               Setting[]: {name, kind, default, min, max, choices?, doc}; the table behind every form
 *   client.alive                  false once the worker has died; client.died is a promise of the FolioError it died of
 *   await client.config(partial)  all settings, defaults filled in; FolioError SETTING or RANGE names key, value and what is allowed
 *   await client.memory(config)   {parameters, model_bytes, trainer_bytes, evaluator_bytes, decoder_bytes, total_bytes, limit_bytes}
 *   await client.layout(config)   [{name, shape, offset, size, group}]
 *
 *   A run: one model learning one text. This is what a page needs.
 *
 *   const run = await client.run({ text, config?, checkpoint?, tokenizer?, init?, initOptimizer?, oldText?, signal? });
 *     text        string or Uint8Array (UTF-8)
 *     config      partial settings; with a checkpoint they change its training settings (max_iters, learning_rate, ...)
 *     checkpoint  Uint8Array of an earlier run: weights, optimizer state, tokenizer and step come from it
 *     tokenizer   TokenizerJson: a tokenizer that is ready; else one learns from the text, config.tokenizer says of which kind
 *     init        Uint8Array: fine-tune this checkpoint. The model is its; fine-tune-settings.js has what config does not say of the training;
 *                 characters that its tokenizer lacks become tokens; steps count from 0; initOptimizer: 'keep' its state, or 'fresh' (default)
 *     oldText     what the model has learnt before: evaluations tell old_val_loss too, over the first 16,384 tokens of its validation part
 *   run.notes (what a person should know of how the run begins), run.config, run.parameters, run.vocabSize,
 *   run.trainTokens, run.valTokens, run.step (steps done, kept up to date by train)
 *   for await (const event of run.train({ steps?, budget?, spent?, evalEvery?, evalFirst?, patience?, keepBest?, onDivergence?, signal? })) ...
 *     steps       train until this many steps are done; default config.max_iters
 *     budget      instead: seconds in which all ends, with the schedule; max_iters follows from a measurement. spent: seconds of it already gone
 *     evalFirst   true: an eval event before the first step too
 *     patience    stop after so many evaluations without improvement (0: never); keepBest: at the end the weights are those of the lowest
 *                 validation loss (so it is with patience)
 *     onDivergence  'stop' or 'rollback': the loss left its course, so stop, or go back and on with half the rate
 *     {event: 'step', step, loss, lr, grad_norm, tokens, seconds}   step counts from 0; tokens and seconds are totals of this call
 *     {event: 'eval', step, val_loss, bits_per_byte, old_val_loss?}  step is the number of steps done; nats per token, bits per byte of text
 *     {event: 'plan', step, budget, steps, step_seconds, eval_seconds, settings}      first, with a budget; settings: what it changed in run.config
 *     {event: 'moved', step, from, steps, step_seconds, settings}                     steps take longer or shorter: the end is elsewhere
 *     {event: 'diverged', step, loss, grad_norm, why, action, back_to, settings}      the last good state, after back_to steps, is back
 *     {event: 'done', parameters, steps, tokens, seconds, tokens_per_second, val_loss, bits_per_byte, old_val_loss?, digest, stopped, best_step, moved, rollbacks}
 *                 stopped: 'steps', 'plateau' or 'diverged'; best_step: null unless the best weights are kept; moved, rollbacks: how often
 *     `break` pauses at the step just delivered or a few later; another train() goes on from there, bit for bit.
 *   for await (const text of run.generate({ prompt?, tokens?, temperature?, topK?, topP?, minP?, repetitionPenalty?, seed?, signal? })) ...
 *     pieces of text as they are written (the prompt is not repeated); training waits meanwhile, so it may run inside the train loop
 *   await run.evaluate({ windows?, old?, signal? })  mean loss over the whole validation part, or its first windows, or of oldText; null without one
 *   await run.baselines({ signal? })           what to beat: {uniform, unigram, bigram, trigram}, each {val_loss, bits_per_byte}; null likewise
 *   await run.checkpoint({ optimizer? })       Uint8Array, a safetensors file; optimizer: false leaves the optimizer state out
 *   await run.digest()                         SHA-256 of the weights, hex
 *   await run.close()
 *
 *   A writer: a model from a checkpoint, without a text to learn.
 *
 *   const writer = await client.open(checkpoint, { signal? });
 *   writer.config, writer.parameters, writer.step, writer.generate({...}), writer.digest(), writer.close()
 *
 *   The parts, as in folio.js: client.tokenizer.train(kind, text, { vocabSize?, minCount?, split?, special?, progress?, signal? }),
 *   client.tokenizer.load(json), client.tokenizer.ranks(file, { encoding }), client.dataset(config, ids), client.model(config),
 *   client.trainer(model, dataset), client.evaluator(model, dataset). A tokenizer has encode, decode, decodeBytes, offsets, toJSON,
 *   toHuggingFace, toRanks; train and encode take a Blob too, which is read part by part.
 *
 *   Abort. Every call takes {signal}. On abort the work stops, and the call rejects with the signal's AbortError within 100 ms. A worker
 *   that has not answered after `abortAfter` (80) ms is terminated: then everything in it is lost and client.alive is false.
 *   Death. When the worker dies every pending call rejects at once with FolioError WORKER_DIED, and so do later calls on its objects.
 *   await client.restart() starts a fresh worker; then open the run again from the last checkpoint.
 *   client.close() ends the worker. client.kill() ends it as a crash would, for tests.
 */

import { Connection } from './connection.js';
import { compile } from './loader.js';
import { resolveUrl, startWorker } from './platform.js';
import { RemoteDataset, RemoteEvaluator, RemoteModel, RemoteRun, RemoteTokenizer, RemoteTrainer, RemoteWriter } from './remote.js';

/** @typedef {import('./settings.js').Config} Config */
/** @typedef {import('./settings.js').Setting} Setting */
/** @typedef {import('./folio.js').Info} Info */
/** @typedef {import('./folio.js').Memory} Memory */
/** @typedef {import('./run.js').TrainEvent} TrainEvent */
/** @typedef {import('./tokenizer.js').TokenizerKind} TokenizerKind */
/** @typedef {import('./tokenizer.js').TokenizerJson} TokenizerJson */
/** @typedef {import('./tokenizer.js').TrainingOptions} TrainingOptions */
/** @typedef {import('./tokenizer.js').TrainingEvent} TrainingEvent */
/** @typedef {{signal?: AbortSignal}} Abortable */
/** @typedef {import('./writer.js').WriteOptions & Abortable} WriteOptions */
/** @typedef {import('./run.js').TrainOptions & Abortable} TrainOptions */
/** @typedef {import('./loader.js').LoadOptions & {workerUrl?: string | URL, abortAfter?: number}} ConnectOptions */

/**
 * Starts a worker and loads the module in it.
 * @param {ConnectOptions} [options]
 * @returns {Promise<Client>}
 */
export async function connect({ wasm, workerUrl, abortAfter = 80, ...how } = {}) {
  const address = typeof wasm === 'string' || wasm instanceof URL;
  const source = address ? resolveUrl(wasm).href : wasm && (await compile(wasm)).module;
  const url = workerUrl ? resolveUrl(workerUrl) : new URL('./worker.js', import.meta.url);
  const client = new Client(url, { ...how, wasm: source }, abortAfter);
  await client.restart();
  return client;
}

export class Client {
  #url;
  #options;
  #abortAfter;
  /** @type {Connection | undefined} */
  #line;
  /** @type {Info} */
  info = /** @type {any} */ (undefined);
  /** @type {Setting[]} */
  settings = [];

  /**
   * Use connect().
   * @param {URL} url
   * @param {import('./loader.js').LoadOptions} options
   * @param {number} abortAfter
   */
  constructor(url, options, abortAfter) {
    this.#url = url;
    this.#options = options;
    this.#abortAfter = abortAfter;
  }

  /** A fresh worker in place of the old one, whose objects are gone. */
  async restart() {
    this.#line?.kill('the worker was replaced');
    const line = new Connection(await startWorker(this.#url), this.#abortAfter);
    this.#line = line;
    try {
      Object.assign(this, await line.call('load', { options: this.#options }));
    } catch (error) {
      line.kill('the module could not be loaded');
      throw error;
    }
  }

  get alive() {
    return this.line.alive;
  }

  /** Resolves with the FolioError that the present worker dies of, close() included. */
  get died() {
    return this.line.died;
  }

  /** The line to the present worker; objects keep that of the worker they live in. */
  get line() {
    return /** @type {Connection} */ (this.#line);
  }

  close() {
    this.line.kill('the client was closed');
  }

  /** Ends the worker as a crash would. */
  kill() {
    this.line.kill('the worker was killed');
  }

  /** @param {Record<string, unknown>} [partial] @returns {Promise<Config>} */
  config(partial = {}) {
    return this.line.call('config', { partial });
  }

  /** @param {Record<string, unknown>} partial @returns {Promise<Memory>} */
  memory(partial) {
    return this.line.call('memory', { partial });
  }

  /** @param {Record<string, unknown>} partial @returns {Promise<import('./model.js').TensorInfo[]>} */
  layout(partial) {
    return this.line.call('layout', { partial });
  }

  /** @param {import('./run.js').RunOptions & Abortable} options @returns {Promise<RemoteRun>} */
  async run({ signal, ...options }) {
    return new RemoteRun(this.line, await this.line.call('run.open', { options }, signal));
  }

  /** @param {Uint8Array} bytes @param {Abortable} [options] @returns {Promise<RemoteWriter>} */
  async open(bytes, { signal } = {}) {
    return new RemoteWriter(this.line, await this.line.call('writer.open', { bytes }, signal));
  }

  tokenizer = {
    /**
     * @param {TokenizerKind} kind
     * @param {string | Uint8Array | Blob} text a Blob for word and bpe
     * @param {TrainingOptions & Abortable & {progress?: (event: TrainingEvent) => void}} [options]
     */
    train: async (kind, text, { signal, progress, ...options } = {}) => {
      const { line } = this;
      let facts;
      for await (const event of line.stream('tokenizer.train', { kind, text, options }, signal)) {
        if (event.event === 'learnt') facts = event;
        else progress?.(event);
      }
      return new RemoteTokenizer(line, facts);
    },
    /** @param {TokenizerJson | Record<string, unknown> | string} json */
    load: async (json) => new RemoteTokenizer(this.line, await this.line.call('tokenizer.load', { json })),
    /** @param {Uint8Array} file a .tiktoken file, or a packed one @param {import('./tokenizer.js').RanksOptions} options */
    ranks: async (file, options) => new RemoteTokenizer(this.line, await this.line.call('tokenizer.ranks', { file, options })),
  };

  /** @param {Record<string, unknown>} partial @param {ArrayLike<number>} ids @param {Abortable} [options] */
  async dataset(partial, ids, { signal } = {}) {
    return new RemoteDataset(this.line, await this.line.call('dataset.create', { partial, ids }, signal));
  }

  /** @param {Record<string, unknown>} partial @param {Abortable} [options] */
  async model(partial, { signal } = {}) {
    return new RemoteModel(this.line, await this.line.call('model.create', { partial }, signal));
  }

  /** @param {RemoteModel} model @param {RemoteDataset} dataset @param {Record<string, unknown>} [partial] */
  async trainer({ ref: model }, { ref: dataset }, partial = {}) {
    return new RemoteTrainer(this.line, await this.line.call('trainer.create', { model: { ref: model }, dataset: { ref: dataset }, partial }));
  }

  /** @param {RemoteModel} model @param {RemoteDataset} dataset */
  async evaluator({ ref: model }, { ref: dataset }) {
    return new RemoteEvaluator(this.line, await this.line.call('evaluator.create', { model: { ref: model }, dataset: { ref: dataset } }));
  }
}
