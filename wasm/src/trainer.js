/** trainer.js - one training step after another, and the judgement of what was learnt. */

import { FolioError } from './error.js';
import { checkCounts, checkNumbers, optionsOf } from './given.js';
import { toIds } from './ids.js';
import { out } from './module.js';
import { finish } from './pace.js';

/** @typedef {{step: number, loss: number, lr: number, grad_norm: number, tokens: number}} Report step: steps done, this one included */

export class Trainer {
  #module;
  #floats;
  #complete;
  /** Whether `grads` are those of a whole step; not before the first, nor while one is under way. */
  hasGradients = false;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./model.js').Model} model
   * @param {import('./dataset.js').Dataset} dataset
   * @param {import('./settings.js').Config} config the model's, with the training settings to use
   * @param {Float64Array} values the same, packed
   * @param {() => string} explainMemory
   * @param {(partial: Record<string, unknown>) => {config: import('./settings.js').Config, values: Float64Array}} complete
   */
  constructor(module, model, dataset, config, values, explainMemory, complete) {
    this.#module = module;
    this.#floats = model.layout.floats;
    this.#complete = complete;
    this.config = config;
    module.startThreads();
    /** @readonly */
    this.handle = module.create('trainer', 'trainer_create', [values, model.handle, dataset.handle], (code) => {
      if (code === 'MEMORY') return explainMemory();
      return code === 'ARGUMENT' ? 'model, dataset and trainer must have the same settings of the model and the same batch_size' : undefined;
    });
  }

  /**
   * Changes the course of the rate from the next step on; an unfinished step goes on.
   * @param {Record<string, unknown>} partial learning_rate, min_lr, schedule, warmup_iters, decay_iters, max_iters, adam_lr, vector_lr
   */
  configure(partial) {
    const { config, values } = this.#complete({ ...this.config, ...partial });
    this.#module.check('trainer.configure', 'trainer_configure', [this.handle, values], () => `of ${Object.keys(partial).join(', ')} not all belong to the course of the rate`);
    this.config = config;
  }

  /** Steps done. Set it to go on from there: all that is random follows from it. */
  get step() {
    return this.#module.call('trainer_step', this.handle);
  }

  set step(step) {
    this.#module.check('trainer.step', 'trainer_set_step', [this.handle, step], () => `step=${step}`);
  }

  /**
   * Does a piece of a step, a few milliseconds; the report when that was the last, else null. Only the last piece changes the model.
   * @returns {Report | null}
   */
  advance() {
    this.hasGradients = Boolean(this.#module.call('trainer_advance', this.handle));
    return this.hasGradients ? this.#report() : null;
  }

  /** A whole step. @returns {Report} */
  stepOnce() {
    for (;;) {
      const report = this.advance();
      if (report) return report;
    }
  }

  /** Forgets the pieces of an unfinished step. */
  restart() {
    this.#module.call('trainer_restart', this.handle);
  }

  /**
   * Gradients of the mean loss over one batch, without an update.
   * @param {ArrayLike<number>} inputs (B, block_size)
   * @param {ArrayLike<number>} targets
   * @param {number} B at most batch_size
   * @returns {number} the loss; the gradients are in `grads`
   */
  gradients(inputs, targets, B) {
    const { block_size: T } = this.config;
    checkNumbers('trainer.gradients', { B });
    const [ins, outs] = [toIds('trainer.gradients', inputs), toIds('trainer.gradients', targets)];
    if (ins.length !== B * T || outs.length !== B * T) {
      throw new FolioError('ARGUMENT', 'trainer.gradients', `trainer.gradients: ${ins.length} inputs and ${outs.length} targets are not B * block_size = ${B} * ${T}`);
    }
    const loss = new Float64Array(1);
    this.#module.check('trainer.gradients', 'trainer_gradients',
      [this.handle, ins, outs, B, out(loss)], () => `B=${B}`);
    this.hasGradients = true;
    return loss[0];
  }

  /** Gradients in layout order; a view, as Model.params. @returns {Float32Array} */
  get grads() {
    return /** @type {Float32Array} */ (this.#module.floats('trainer_grads', this.handle, this.#floats));
  }

  /**
   * The optimizer's state in layout order; views. first: mean of gradients, or momentum; second: mean of squares, null for sgd, and with
   * muon of no meaning for the blocks' matrices.
   * @returns {{first: Float32Array, second: Float32Array | null}}
   */
  get moments() {
    const first = this.#module.floats('trainer_moment1', this.handle, this.#floats);
    return { first: /** @type {Float32Array} */ (first), second: this.#module.floats('trainer_moment2', this.handle, this.#floats) };
  }

  #report() {
    const numbers = new Float64Array(5);
    this.#module.check('trainer', 'trainer_report', [this.handle, out(numbers)]);
    const [step, loss, lr, grad_norm, tokens] = numbers;
    return { step, loss, lr, grad_norm, tokens };
  }

  close() {
    this.handle.close();
  }
}

/** The loss over the whole validation part. */
export class Evaluator {
  #module;
  #handle;
  #blockSize;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./model.js').Model} model
   * @param {import('./dataset.js').Dataset} dataset
   */
  constructor(module, model, dataset) {
    this.#module = module;
    module.startThreads();
    this.#handle = module.create('evaluator', 'evaluator_create', [model.handle, dataset.handle],
      (code) => (code === 'ARGUMENT' ? 'model and dataset must have the same block_size and vocabulary' : undefined));
    this.windows = dataset.valWindows;
    this.#blockSize = dataset.blockSize;
  }

  /**
   * The same as evaluate, in pieces: yields undefined after each.
   * @param {{windows?: number}} [options]
   * @returns {Generator<undefined, number | null, void>}
   */
  *pieces(options) {
    const { windows = this.windows } = optionsOf('evaluate', options);
    checkCounts('evaluate', { windows });
    const end = Math.min(windows, this.windows);
    const sum = new Float64Array(1);
    const next = new Uint32Array(1);
    while (next[0] < end) {
      this.#module.check('evaluate', 'evaluator_run', [this.#handle, next[0], end - next[0], out(sum), out(next)]);
      yield;
    }
    return end > 0 ? sum[0] / (end * this.#blockSize) : null;
  }

  /**
   * Mean loss, nats per token; null where there is no validation part.
   * @param {{windows?: number}} [options] windows: only the first so many, for a quick look
   * @returns {number | null}
   */
  evaluate(options) {
    return finish(this.pieces(options));
  }

  close() {
    this.#handle.close();
  }
}
