// history.js - what a run has shown so far: losses and samples by step, as the chart, the table and the strip show them.

/** The smoothed loss looks back over few steps at first, while the loss falls fast, and over 25 in the end. */
const LOOK_BACK = 0.06;
const LONGEST = 25;

/** @typedef {{step: number, text: string, asked: boolean}} Sample step: steps done when it was written; asked: by the reader */

/** Columns of equal length, one entry a step at which something was measured; null where one of them was not. */
export class History {
  constructor() {
    /** @type {number[]} steps done */
    this.steps = [];
    /** @type {(number|null)[]} loss of the batch, before its update */
    this.losses = [];
    /** @type {(number|null)[]} mean of the losses so far, the last ones counting most */
    this.smooth = [];
    /** @type {(number|null)[]} validation loss */
    this.vals = [];
    /** @type {{step: number, loss: number}[]} losses on the text learnt before */
    this.olds = [];
    /** @type {Sample[]} */
    this.samples = [];
    this.mean = 0;
  }

  /** @param {number} step @param {number} loss */
  addLoss(step, loss) {
    const at = this.#row(step);
    const share = 1 / Math.min(LONGEST, 1 + LOOK_BACK * at);
    this.mean += share * (loss - this.mean);
    this.losses[at] = loss;
    this.smooth[at] = this.mean;
  }

  /** @param {number} step @param {number} val */
  addVal(step, val) {
    this.vals[this.#row(step)] = val;
  }

  /** The row of a step, the last or a new one. @param {number} step */
  #row(step) {
    const last = this.steps.length - 1;
    if (last >= 0 && this.steps[last] === step) return last;
    this.steps.push(step);
    this.losses.push(null);
    this.smooth.push(null);
    this.vals.push(null);
    return last + 1;
  }

  /** The newest validation loss. */
  get val() {
    return this.vals.findLast((val) => val !== null) ?? null;
  }

  /** The newest smoothed loss. */
  get loss() {
    return this.smooth.findLast((loss) => loss !== null) ?? null;
  }

  /**
   * Forgets what a run that goes on from `step` will measure again.
   * @param {number} step
   * @returns {History}
   */
  upTo(step) {
    const kept = new History();
    this.steps.forEach((at, i) => {
      const loss = this.losses[i];
      const val = this.vals[i];
      if (at < step && loss !== null) kept.addLoss(at, loss);
      if (at <= step && val !== null) kept.addVal(at, val);
    });
    kept.olds = this.olds.filter((old) => old.step <= step);
    kept.samples = this.samples.filter((sample) => sample.step <= step);
    return kept;
  }
}
