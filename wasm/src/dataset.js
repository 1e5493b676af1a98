/** dataset.js - token ids -> windows -> batches. */

import { checkCounts, optionsOf, refuseValue } from './given.js';
import { toIds } from './ids.js';
import { out } from './module.js';
import { finish } from './pace.js';

/** @typedef {{inputs: Uint32Array<ArrayBuffer>, targets: Uint32Array<ArrayBuffer>, rows: number}} Batch inputs and targets: (rows, block_size) */

export class Dataset {
  #module;
  #ids;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./settings.js').Config} config complete
   * @param {Float64Array} values the same, packed
   * @param {ArrayLike<number>} ids copied; a Uint16Array stays one, in half the memory
   */
  constructor(module, config, values, ids) {
    const short = ids instanceof Uint16Array;
    const own = short ? ids.slice() : toIds('dataset', ids);
    const words = own instanceof Uint16Array ? new Uint8Array(own.buffer) : own;
    this.#module = module;
    /** A copy beside that of the module, for the baselines. */
    this.#ids = own;
    /** @readonly */
    this.handle = module.create('dataset', short ? 'dataset_create16' : 'dataset_create', [values, words, ids.length], (code) => (code === 'TOKEN'
      ? `vocab_size=${config.vocab_size}`
      : `the text has ${ids.length} tokens, block_size=${config.block_size}, val_fraction=${config.val_fraction}`));
    const sizes = new Float64Array(7);
    module.check('dataset', 'dataset_sizes', [this.handle, out(sizes)]);
    const [tokens, nTrain, windows, batches, valWindows, batchSize, blockSize] = sizes;
    this.tokens = tokens;
    /** Tokens for training; the others, at the end, are for validation. */
    this.nTrain = nTrain;
    /** Windows and batches of an epoch. */
    this.windows = windows;
    this.batches = batches;
    this.valWindows = valWindows;
    this.batchSize = batchSize;
    this.blockSize = blockSize;
    this.vocabSize = config.vocab_size;
  }

  /**
   * The batch that training sees as number `index`.
   * @param {number} index
   * @returns {Batch}
   */
  batch(index) {
    const [inputs, targets] = this.#room(this.batchSize);
    const rows = new Uint32Array(1);
    this.#module.check('dataset.batch', 'dataset_batch', [this.handle, index, out(inputs), out(targets), out(rows)]);
    const size = rows[0] * this.blockSize;
    return { inputs: inputs.slice(0, size), targets: targets.slice(0, size), rows: rows[0] };
  }

  /**
   * Validation windows first .. first + count - 1; they do not overlap.
   * @param {number} first
   * @param {number} count
   * @returns {Batch}
   */
  valBatch(first, count) {
    checkCounts('dataset.valBatch', { first, count });
    const [inputs, targets] = this.#room(Math.min(count, this.valWindows));
    this.#module.check('dataset.valBatch', 'dataset_val_batch', [this.handle, first, count, out(inputs), out(targets)],
      () => `windows ${first} to ${first + count - 1} of ${this.valWindows}`);
    return { inputs, targets, rows: count };
  }

  /**
   * The same as baselines, in pieces: resolves to what yields undefined after each.
   * @param {{vocabulary?: number}} [options]
   */
  async baselinePieces(options) {
    const { vocabulary = this.vocabSize } = optionsOf('baselines', options);
    checkCounts('baselines', { vocabulary }, 1);
    if (vocabulary > this.vocabSize) refuseValue('baselines', 'vocabulary', vocabulary, `at most vocab_size=${this.vocabSize}`);
    const { baselinePieces } = await import('./baselines.js'); // few ask for it before the first step
    const first = this.nTrain + 1;
    return baselinePieces(this.#ids, { nTrain: this.nTrain, first, end: first + this.valWindows * this.blockSize, vocabSize: vocabulary });
  }

  /**
   * What a model has to beat: nats per token of n-gram models counted on the training part, over the same tokens of the validation part that an
   * Evaluator judges. They see two tokens back everywhere, a model only back to where its window begins. Null where there is no validation part.
   * @param {{vocabulary?: number}} [options] vocabulary: ids are below it; default vocab_size
   * @returns {Promise<import('./baselines.js').Baselines | null>}
   */
  async baselines(options) {
    return finish(await this.baselinePieces(options));
  }

  /** @param {number} rows */
  #room(rows) {
    return [new Uint32Array(rows * this.blockSize), new Uint32Array(rows * this.blockSize)];
  }

  close() {
    this.handle.close();
  }
}
