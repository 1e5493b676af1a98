/** dataset.js - token ids -> windows -> batches. */

import { out } from './module.js';

/** @typedef {{inputs: Uint32Array<ArrayBuffer>, targets: Uint32Array<ArrayBuffer>, rows: number}} Batch inputs and targets: (rows, block_size) */

export class Dataset {
  #module;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./settings.js').Config} config complete
   * @param {Float64Array} values the same, packed
   * @param {ArrayLike<number>} ids copied; a Uint16Array stays one, in half the memory
   */
  constructor(module, config, values, ids) {
    const short = ids instanceof Uint16Array;
    const words = short ? new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength) : ids instanceof Uint32Array ? ids : Uint32Array.from(ids);
    this.#module = module;
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
    const [inputs, targets] = this.#room(count);
    this.#module.check('dataset.valBatch', 'dataset_val_batch', [this.handle, first, count, out(inputs), out(targets)],
      () => `windows ${first} to ${first + count - 1} of ${this.valWindows}`);
    return { inputs, targets, rows: count };
  }

  /** @param {number} rows */
  #room(rows) {
    return [new Uint32Array(rows * this.blockSize), new Uint32Array(rows * this.blockSize)];
  }

  close() {
    this.handle.close();
  }
}
