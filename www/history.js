// history.js - what a run has shown so far: losses and samples by step, as the chart, the table and the strip show them.

/** The smoothed loss looks back over few steps at first, while the loss falls fast, and over 25 in the end. */
const LOOK_BACK = 0.06;
const LONGEST = 25;

/** Tokens of all samples whose probabilities are kept, about 1 kB each; the oldest forget theirs first. */
const MOST_TOKENS = 40_000;

/**
 * @typedef {object} Sample
 * @property {number} step steps done when it was written
 * @property {string} text
 * @property {boolean} asked by the reader
 * @property {number} [given] characters of the text that were the prompt
 * @property {import('./folio/src/writer.js').WrittenToken[]} [tokens] of the rest
 * @property {boolean} [done] false while it is being written
 */

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
    /** @type {number[]} seconds of training until then */
    this.times = [];
    /** @type {{step: number, loss: number}[]} losses on the text learnt before */
    this.olds = [];
    /** @type {Sample[]} */
    this.samples = [];
    this.mean = 0;
    this.seconds = 0;
  }

  /** @param {number} step @param {number} loss @param {number} [seconds] that the step took */
  addLoss(step, loss, seconds = 0) {
    const at = this.#row(step);
    this.seconds += seconds;
    this.times[at] = this.seconds;
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
    this.times.push(this.seconds);
    return last + 1;
  }

  /** @param {Sample} sample */
  addSample(sample) {
    this.samples.push(sample);
    let room = MOST_TOKENS;
    for (const old of this.samples.toReversed()) if ((room -= old.tokens?.length ?? 0) < 0) delete old.tokens;
  }

  /** The validation loss after so many steps, or, where there is none, the smoothed loss; null where neither is known. @param {number} step */
  lossAt(step) {
    return this.vals[this.steps.lastIndexOf(step)] ?? this.smoothAt(step);
  }

  /** The smoothed loss after so many steps; null where it is not known. @param {number} step */
  smoothAt(step) {
    return this.smooth[this.steps.lastIndexOf(step - 1)] ?? null;
  }

  /** Steps done, as far as it tells. */
  get reached() {
    return (this.steps.at(-1) ?? 0) + (typeof this.losses.at(-1) === 'number' ? 1 : 0);
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
    return History.from(this, step);
  }

  /** What `from` needs. The samples come without their tokens, which are a hundred times the text. */
  facts() {
    const { steps, losses, vals, times, olds } = this;
    /** @type {Sample[]} */
    const samples = this.samples.map(({ tokens, ...sample }) => sample);
    return { steps, losses, vals, times, olds, samples };
  }

  /** @param {Omit<ReturnType<History['facts']>, 'times'> & {times?: number[]}} facts @param {number} [step] up to which @returns {History} */
  static from({ steps, losses, vals, times = [], olds, samples }, step = Infinity) {
    const made = new History();
    steps.forEach((at, i) => {
      const loss = losses[i];
      const val = vals[i];
      if (at < step && loss !== null) made.addLoss(at, loss, (times[i] ?? 0) - made.seconds);
      if (at <= step && val !== null) made.addVal(at, val);
    });
    made.olds = olds.filter((old) => old.step <= step);
    made.samples = samples.filter((sample) => sample.step <= step);
    return made;
  }
}
