/**
 * course.js - whether the loss keeps its course. Going wrong are
 *   - a loss or a gradient's norm that is infinite or NaN;
 *   - a loss that has risen: the median of the last RECENT steps is above the low of the PAST steps before them by more than RISE, and by more than
 *     SIGMAS deviations of one step's loss (EARLY_SIGMAS before there are ENOUGH steps to look back at).
 * Where a model begins that has learnt already (its first loss is below TRAINED ln V) nothing of the second kind is told before there are ENOUGH steps
 * unless the median is above ln V, what knowing nothing gives: batches of a small text of many parts differ as much. Nor is anything of it told in the
 * first PAST + RECENT steps before BACK of the way from the low to the first loss is lost: a high rate learns how often each token occurs in ten steps,
 * stumbles when it has risen to its height, and learns on. Later a rise is one wherever it ends: what diverges late may stay at the loss of those frequencies.
 * The low is the lowest loss; of ENOUGH steps and more the third lowest, so that one easy batch is not the measure, as by the median one spike is not
 * the rise. The deviation is that of a mean over the step's tokens, each of which deviates by 0.3 ln V (1.25 nats for 65 characters, where 1.1 to 1.5
 * were seen); where ENOUGH steps of the past scatter more, by the mean of their differences, it is theirs.
 * In 70 runs of the presets with their rates and three times those there was no alarm. With a hundred times the rates (and a short warm-up) it came
 * within ten steps in all 9 runs of shakespeare, in 8 of 9 of nanogpt-cpu and in two of three of tiny; the others fell, with a spike or without, to
 * the loss of knowing nothing but how often each token occurs, and stayed there, as slow runs do: no rise, and not told. A hundred times the rate of
 * Muon alone is no divergence either: its matrices stand before normalisations, and the loss went on falling.
 */

const RECENT = 5;
const PAST = 40;
const ENOUGH = 20;
const TRAINED = 0.9;
const BACK = 2 / 3;
const RISE = 0.3;
const SIGMAS = 5.5;
const EARLY_SIGMAS = 4.8;

export class Course {
  /** The last losses. @type {number[]} */
  #losses = [];
  #sigma;
  #nothing;

  /** @param {number} tokens of a step @param {number} vocabSize */
  constructor(tokens, vocabSize) {
    this.#nothing = Math.log(vocabSize);
    this.#sigma = (0.3 * this.#nothing) / Math.sqrt(tokens);
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
    const [first] = this.#losses; // of the run, until there are more
    if (this.#losses.length < PAST + RECENT && recent < low + BACK * (first - low)) return null;
    if (first < TRAINED * this.#nothing && this.#losses.length < ENOUGH + RECENT && recent < this.#nothing) return null;
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
    const many = past.length >= ENOUGH;
    const change = past.slice(1).reduce((sum, loss, i) => sum + Math.abs(loss - past[i]), 0) / (past.length - 1);
    const scatter = many ? (change * Math.sqrt(Math.PI)) / 2 : 0; // of a normal distribution
    return {
      recent: recent.sort((a, b) => a - b)[recent.length >> 1],
      low: sorted[many ? 2 : 0] ?? Infinity,
      allowed: Math.max(RISE, (many ? SIGMAS : EARLY_SIGMAS) * Math.max(this.#sigma, scatter)),
    };
  }
}
