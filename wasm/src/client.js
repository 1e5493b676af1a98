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
 *   await client.effort(share)    the share of the time that training works in, from 0.01 to 1, from now on; what it computes stays the same
 *   await client.speed(config)    {flops, gflops}: of training one token, and of one thread in a second; looked at for some milliseconds
 *
 *   A run: one model learning one text. This is what a page needs. client.prepare() makes ready for it before there is a text.
 *
 *   const run = await client.run({ text, config?, checkpoint?, tokenizer?, init?, initOptimizer?, oldText?, rest?, signal? });
 *     text        string or Uint8Array (UTF-8)
 *     config      partial settings; with a checkpoint they change its training settings (max_iters, learning_rate, ...)
 *     checkpoint  Uint8Array of an earlier run: weights, optimizer state, tokenizer and step come from it
 *     tokenizer   TokenizerJson: a tokenizer that is ready; else one learns from the text, config.tokenizer says of which kind
 *     init        Uint8Array: fine-tune this checkpoint. The model is its; fine-tune-settings.js has what config does not say of the training;
 *                 characters that its tokenizer lacks become tokens; steps count from 0; initOptimizer: 'keep' its state, or 'fresh' (default)
 *     oldText     what the model has learnt before: evaluations tell old_val_loss too, over the first 16,384 tokens of its validation part
 *     rest        {characters, vocabulary}: text is only a beginning, with at least all of the training part, of so many characters, each of which stands
 *                 once in vocabulary; a new model with a char tokenizer can begin with that. await run.complete(text) brings the whole; until then
 *                 nothing can judge the model
 *   run.notes (what a person should know of how the run begins), run.config, run.parameters, run.vocabSize, run.trainTokens, run.valTokens,
 *   run.flops (useful ones of training one token), run.step (steps done, kept up to date by train)
 *   await run.plan({ budget, spent?, signal? })  the plan event of a budget that holds for several calls of train, which then have no budget of their own.
 *                 Time between them counts too, but for the seconds that a call says it has rested
 *   for await (const event of run.train({ steps?, budget?, spent?, rested?, evalEvery?, evalFirst?, patience?, keepBest?, onDivergence?, signal? })) ...
 *     steps       train until this many steps are done; default config.max_iters
 *     budget      instead: seconds in which all ends, with the schedule; max_iters follows from a measurement. spent: seconds of it already gone
 *     evalFirst   true: an eval event before the first step too
 *     patience    stop after so many evaluations without improvement (0: never); keepBest: at the end the weights are those of the lowest
 *                 validation loss (so it is with patience)
 *     onDivergence  'stop', 'rollback' or 'ignore': the loss left its course, so stop, go back and on with half the rate, or go on
 *     {event: 'step', step, loss, lr, grad_norm, tokens, seconds}   step counts from 0; tokens and seconds are totals of this call
 *     {event: 'eval', step, val_loss, bits_per_byte, old_val_loss?}  step is the number of steps done; nats per token, bits per byte of text
 *     {event: 'plan', step, budget, steps, step_seconds, eval_seconds, settings}      first, with a budget; settings: what it changed in run.config
 *     {event: 'moved', step, from, steps, step_seconds, settings}                     steps take longer or shorter: the end is elsewhere
 *     {event: 'diverged', step, loss, grad_norm, why, action, back_to, settings}      the last good state, after back_to steps, is back
 *     {event: 'done', parameters, steps, tokens, seconds, tokens_per_second, val_loss, bits_per_byte, old_val_loss?, digest, stopped, best_step, moved, rollbacks}
 *                 stopped: 'steps', 'plateau' or 'diverged'; best_step: null unless the best weights are kept; moved, rollbacks: how often
 *     `break` pauses at the step just delivered or a few later; another train() goes on from there, bit for bit.
 *   for await (const text of run.generate({ prompt?, tokens?, temperature?, topK?, topP?, minP?, repetitionPenalty?, seed?, stop?,
 *                                          details?, signal? })) ...
 *     pieces of text as they are written (the prompt is not repeated); training waits meanwhile, so it may run inside the train loop
 *     stop        a text at which the writing ends; it is left out
 *     details     n: tokens instead of pieces, each {id, text, bytes?, probability, chance, rank, cut, penalised, alternatives}: softmax of the
 *                 logits; the chance that the sampler gave it; its place among all; and the n likeliest {id, text, bytes?, probability, chance,
 *                 cut, penalised}, where cut is the rule that left it out ('temperature', 'top_k', 'top_p', 'min_p', 'vocabulary') or null.
 *                 text is what became complete with the token; bytes are those of a token that is no whole characters by itself
 *   await run.evaluate({ windows?, old?, signal? })  mean loss over the whole validation part, or its first windows, or of oldText; null without one
 *   await run.baselines({ signal? })           what to beat: {uniform, unigram, bigram, trigram}, each {val_loss, bits_per_byte}; null likewise
 *   await run.checkpoint({ optimizer?, signal? })  Uint8Array, a safetensors file; optimizer: false leaves the optimizer state out
 *   await run.digest()                         SHA-256 of the weights, hex
 *   await run.close()
 *
 *   A writer: a model from a checkpoint, without a text to learn.
 *
 *   const writer = await client.open(checkpoint, { signal? });
 *   writer.config, writer.parameters, writer.step, writer.generate({...}), writer.digest(), writer.close()
 *
 *   A look into the model of a run or a writer, as it is when asked (inspect.js tells shapes and meaning; step: those behind it).
 *   Training waits meanwhile.
 *
 *   const inspector = await run.inspector();
 *   await inspector.look(text, { most?, top?, signal? })   {ids, cut, attention, norms, lensIds, lens, texts, step}
 *   await inspector.embeddings({ most?, signal? })         {points, shares, count, texts, step}
 *   await inspector.positions({ signal? })                 {kind, near, table, similarity, every, count, step}
 *   await inspector.norms({ signal? })                     {step, names, gradients, weights}, or null
 *   await inspector.close()
 *
 *   The parts, as in folio.js: client.tokenizer.train(kind, text, { vocabSize?, minCount?, split?, special?, progress?, signal? }),
 *   client.tokenizer.load(json), client.tokenizer.ranks(file, { encoding }), client.dataset(config, ids), client.model(config),
 *   client.trainer(model, dataset), client.evaluator(model, dataset). A tokenizer has encode, decode, decodeBytes, offsets, toJSON,
 *   toHuggingFace, toRanks; train and encode take a Blob too, which is read part by part.
 *
 *   Abort. What may take long takes {signal}; on abort it rejects with the signal's AbortError within 100 ms. train, plan, generate, evaluate,
 *   baselines, what an inspector tells, and a tokenizer's train and encode work piece by piece, and stop between two. run, open, dataset, model,
 *   checkpoint, logits, stepOnce and decode are one piece each, which goes on to its end; what was opened is closed then. A worker that has not
 *   answered after `abortAfter` (80) ms is terminated: then everything in it is lost and client.alive is false. Other calls take no signal.
 *   Death. When the worker dies every pending call rejects at once with FolioError WORKER_DIED, and so do later calls on its objects.
 *   await client.restart() starts a fresh worker, await client.revive() only where none lives; then open the run again from the last checkpoint.
 *   client.close() ends the worker. client.kill() ends it as a crash would, for tests.
 */

import { Connection } from './connection.js';
import { FolioError } from './error.js';
import { checkObject, optionsOf } from './given.js';
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
export async function connect(options) {
  const { wasm, workerUrl, abortAfter = 80, ...how } = optionsOf('connect', options);
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
  #effort = 1;
  /** @type {Connection | undefined} */
  #line;
  /** @type {Promise<void> | undefined} */
  #starting;
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

  /** A fresh worker in place of the old one, whose objects are gone; who asks while it starts gets the same. @returns {Promise<void>} */
  restart() {
    return (this.#starting ??= this.#start().finally(() => (this.#starting = undefined)));
  }

  /** A fresh worker, unless there is one that lives. @returns {Promise<void>} */
  async revive() {
    if (this.#starting || !this.alive) await this.restart();
  }

  async #start() {
    this.#line?.kill('the worker was replaced');
    const line = new Connection(await startWorker(this.#url), this.#abortAfter);
    this.#line = line;
    try {
      Object.assign(this, await line.call('load', { options: this.#options }));
      if (this.#effort !== 1) await line.call('effort', { share: this.#effort });
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

  /** How hard all training in the worker works, and in those that follow it. @param {number} share @returns {Promise<void>} */
  async effort(share) {
    const fits = typeof share === 'number' && share >= 0.01 && share <= 1;
    if (!fits) throw new FolioError('RANGE', 'effort', `effort: share=${share} is not allowed: it must be from 0.01 to 1`);
    this.#effort = share;
    await this.line.call('effort', { share });
  }

  /** @param {Record<string, unknown>} partial @returns {Promise<import('./model.js').TensorInfo[]>} */
  layout(partial) {
    return this.line.call('layout', { partial });
  }

  /** Fetches the code that runs need and lets threads come up, so that one begins sooner. @returns {Promise<void>} */
  prepare() {
    return this.line.call('run.prepare', {});
  }

  /** @param {Record<string, unknown>} partial @returns {Promise<{flops: number, gflops: number}>} */
  speed(partial) {
    return this.line.call('speed', { partial });
  }

  /** @param {import('./run.js').RunOptions & Abortable} how @returns {Promise<RemoteRun>} */
  async run(how) {
    const { signal, ...options } = how ?? /** @type {any} */ ({});
    return new RemoteRun(this.line, await this.line.call('run.open', { options }, signal));
  }

  /** @param {Uint8Array} bytes @param {Abortable} [options] @returns {Promise<RemoteWriter>} */
  async open(bytes, options) {
    const { signal } = optionsOf('open', options);
    return new RemoteWriter(this.line, await this.line.call('writer.open', { bytes }, signal));
  }

  tokenizer = {
    /**
     * @param {TokenizerKind} kind
     * @param {string | Uint8Array | Blob} text a Blob for word and bpe
     * @param {TrainingOptions & Abortable & {progress?: (event: TrainingEvent) => void}} [how]
     */
    train: async (kind, text, how) => {
      const { line } = this;
      const { signal, progress, ...options } = optionsOf('tokenizer.train', how);
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
  async dataset(partial, ids, options) {
    const { signal } = optionsOf('dataset', options);
    return new RemoteDataset(this.line, await this.line.call('dataset.create', { partial, ids }, signal));
  }

  /** @param {Record<string, unknown>} partial @param {Abortable} [options] */
  async model(partial, options) {
    const { signal } = optionsOf('model', options);
    return new RemoteModel(this.line, await this.line.call('model.create', { partial }, signal));
  }

  /** @param {RemoteModel} model @param {RemoteDataset} dataset @param {Record<string, unknown>} [partial] */
  async trainer(model, dataset, partial = {}) {
    const parts = partsOf('trainer', model, dataset);
    return new RemoteTrainer(this.line, await this.line.call('trainer.create', { ...parts, partial }));
  }

  /** @param {RemoteModel} model @param {RemoteDataset} dataset */
  async evaluator(model, dataset) {
    return new RemoteEvaluator(this.line, await this.line.call('evaluator.create', partsOf('evaluator', model, dataset)));
  }
}

/** What a trainer or an evaluator is made of, as a message has it. @param {string} op @param {RemoteModel} model @param {RemoteDataset} dataset */
function partsOf(op, model, dataset) {
  checkObject(op, 'model', model, RemoteModel);
  checkObject(op, 'dataset', dataset, RemoteDataset);
  return { model: { ref: model.ref }, dataset: { ref: dataset.ref } };
}
