/**
 * course.js - whether the loss keeps its course. Going wrong are
 *   - a loss or a gradient's norm that is infinite or NaN;
 *   - a loss that has risen: the mean of the last RECENT steps is above the low of the PAST steps before them by more than RISE, and by more than
 *     SIGMAS deviations of one step's loss.
 * The low is the lowest loss; of ENOUGH steps and more the third lowest, so that one easy batch is not the measure. The deviation is that of a mean
 * over the step's tokens, each of which deviates by 0.3 ln V (1.25 nats for 65 characters, where 1.1 to 1.5 were seen); where ENOUGH steps of the past
 * scatter more, by the median of their differences, it is theirs. Noise alone passes 4.8 deviations less than once in a million steps. In 60 runs
 * of the presets with their rates and three times those, the rise was at most 4.0; with a hundred times adamw's rate it is 4.9 and more within ten steps.
 */

const RECENT = 5;
const PAST = 40;
const RISE = 0.3;
const SIGMAS = 4.8;

const ENOUGH = 20;

export class Course {
  /** The last losses. @type {number[]} */
  #losses = [];
  #sigma;

  /** @param {number} tokens of a step @param {number} vocabSize */
  constructor(tokens, vocabSize) {
    this.#sigma = (0.3 * Math.log(vocabSize)) / Math.sqrt(tokens);
  }

  /**
   * Takes the next step's report; what is wrong, in words, or null.
   * @param {{loss: number, grad_norm: number}} report
   */
  judge({ loss, grad_norm }) {
    if (!Number.isFinite(loss)) return `the loss is ${loss}`;
    if (!Number.isFinite(grad_norm)) return `the norm of the gradient is ${grad_norm}`;
    this.#losses.push(loss);
    if (this.#losses.length > PAST + RECENT) this.#losses.shift();
    const { recent, low, allowed } = this.#rise();
    return recent - low > allowed ? `the loss has risen from ${low.toFixed(2)} to ${recent.toFixed(2)}` : null;
  }

  /** Whether the loss is near its lowest: a state to come back to. */
  get steady() {
    const { recent, low, allowed } = this.#rise();
    return recent - low < allowed / 2;
  }

  /** The losses so far, to return to. */
  mark() {
    return [...this.#losses];
  }

  /** @param {number[]} mark */
  rewind(mark) {
    this.#losses = [...mark];
  }

  #rise() {
    const past = this.#losses.slice(0, -RECENT);
    const recent = this.#losses.slice(-RECENT);
    const sorted = [...past].sort((a, b) => a - b);
    const changes = past.slice(1).map((loss, i) => Math.abs(loss - past[i])).sort((a, b) => a - b);
    const many = past.length >= ENOUGH;
    const scatter = many ? changes[changes.length >> 1] / (0.6745 * Math.SQRT2) : 0; // of a normal distribution
    return {
      recent: recent.reduce((sum, loss) => sum + loss, 0) / recent.length,
      low: sorted[many ? 2 : 0] ?? Infinity,
      allowed: Math.max(RISE, SIGMAS * Math.max(this.#sigma, scatter)),
    };
  }
}
