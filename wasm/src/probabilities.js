/**
 * probabilities.js - what a model thought of a token, and what the sampler made of that: the rules of core/sampler.c again, in the same order and
 * with the same bits, over logits that were sampled from already. It chooses nothing.
 */

/** @typedef {'temperature' | 'top_k' | 'top_p' | 'min_p' | 'vocabulary'} Cut a rule that leaves tokens out; vocabulary: the tokenizer lacks the id */
/**
 * @typedef {object} Candidate
 * @property {number} id
 * @property {number} probability softmax of the model's logits
 * @property {number} chance that the sampler picks it: after penalty, temperature and cuts
 * @property {Cut | null} cut the rule that left it out
 * @property {boolean} penalised it stands in the context, and the repetition penalty has moved its logit
 */
/** @typedef {Candidate & {rank: number, alternatives: Candidate[]}} PickDetails rank: 1 for the likeliest; alternatives: the likeliest, in that order */
/** @typedef {{temperature?: number, topK?: number, topP?: number, minP?: number, repetitionPenalty?: number}} SamplerOptions */

/**
 * Details of one pick. Cost: O(V), and O(log V) more for each alternative and each token that top-k or top-p keep.
 * @param {Float32Array} logits of all ids that the model knows
 * @param {ArrayLike<number>} history ids of the context, as the sampler had them
 * @param {number} id picked
 * @param {SamplerOptions & {vocabulary?: number, details: number}} how details: how many alternatives to tell of
 * @returns {PickDetails}
 */
export function explainPick(logits, history, id, { details, vocabulary = logits.length, ...how }) {
  const raw = Float64Array.from(logits, (logit) => (Number.isNaN(logit) ? -Infinity : logit));
  const weights = softmaxWeights(raw, 1);
  const total = sumOf(weights);
  const sampled = sample(raw.subarray(0, vocabulary), history, how);
  const left = sumOf(sampled.weights);
  /** @param {number} of @returns {Candidate} */
  const candidate = (of) => {
    const known = of < vocabulary;
    const cut = known ? CUTS[sampled.cuts[of]] : 'vocabulary';
    const chance = known ? sampled.weights[of] / left : 0;
    return { id: of, probability: weights[of] / total, chance, cut, penalised: known && sampled.penalised[of] === 1 };
  };
  let rank = 1;
  for (let other = 0; other < raw.length; other++) if (before(raw, other, id)) rank++;
  const ranking = details ? new Ranking(raw) : null;
  const alternatives = Array.from({ length: Math.min(details, raw.length) }, () => candidate(/** @type {Ranking} */ (ranking).pop()));
  return { ...candidate(id), rank, alternatives };
}

/** By the number in `cuts`. @type {(Cut | null)[]} */
const CUTS = [null, 'temperature', 'top_k', 'top_p', 'min_p'];
const [, TEMPERATURE, TOP_K, TOP_P, MIN_P] = CUTS.keys();

/**
 * sampler_pick without the coin.
 * @param {Float64Array} logits below the vocabulary
 * @param {ArrayLike<number>} history
 * @param {SamplerOptions} how
 */
function sample(logits, history, { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 }) {
  const values = logits.slice();
  const V = values.length;
  const penalised = new Uint8Array(V);
  if (repetitionPenalty !== 1) penalise(values, history, repetitionPenalty, penalised);
  const cuts = new Uint8Array(V);
  const weights = softmaxWeights(values, temperature);
  for (let id = 0; id < V; id++) if (weights[id] === 0 && values[id] > -Infinity) cuts[id] = TEMPERATURE;
  /** @param {(id: number) => boolean} keeps @param {number} rule */
  const leaveOut = (keeps, rule) => {
    for (let id = 0; id < V; id++) {
      if (keeps(id)) continue;
      if (weights[id] > 0) cuts[id] = rule;
      weights[id] = 0;
    }
  };
  if (temperature > 0) {
    if (Math.trunc(topK) && topK < V) {
      const kept = new Uint8Array(V);
      const ranking = new Ranking(values);
      for (let n = 0; n < Math.trunc(topK); n++) kept[ranking.pop()] = 1;
      leaveOut((id) => kept[id] === 1, TOP_K);
    }
    if (topP < 1) {
      const kept = new Uint8Array(V);
      const ranking = new Ranking(values);
      const enough = topP * sumOf(weights);
      for (let sum = 0, n = 0; n < V && sum < enough; n++) {
        const id = ranking.pop();
        kept[id] = 1;
        sum += weights[id];
      }
      leaveOut((id) => kept[id] === 1, TOP_P);
    }
    if (minP > 0) leaveOut((id) => weights[id] >= minP, MIN_P);
  }
  return { weights, cuts, penalised };
}

/** @param {Float64Array} values @param {ArrayLike<number>} history @param {number} penalty @param {Uint8Array} done */
function penalise(values, history, penalty, done) {
  for (let i = 0; i < history.length; i++) {
    const id = history[i];
    if (id >= values.length || done[id]) continue;
    done[id] = 1;
    values[id] = values[id] > 0 ? values[id] / penalty : values[id] * penalty;
  }
}

/**
 * Probabilities up to a factor: 1 for the likeliest; at temperature 0 for the first of them alone.
 * @param {Float64Array} values
 * @param {number} temperature
 */
function softmaxWeights(values, temperature) {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (temperature > 0) return values.map((value) => (value === most ? 1 : exp((value - most) / temperature)));
  const weights = new Float64Array(values.length);
  weights[values.indexOf(most)] = 1;
  return weights;
}

/** @param {Float64Array} weights */
const sumOf = (weights) => weights.reduce((sum, weight) => sum + weight, 0);

/** Is id a more likely than id b? @param {Float64Array} values @param {number} a @param {number} b */
const before = (values, a, b) => values[a] > values[b] || (values[a] === values[b] && a < b);

/** Ids from the most likely down, one at a time: a heap, for those who want few of many. */
class Ranking {
  #values;
  #heap;
  #left;

  /** @param {Float64Array} values */
  constructor(values) {
    this.#values = values;
    this.#left = values.length;
    this.#heap = Uint32Array.from(values, (_, id) => id);
    for (let at = this.#left >> 1; at-- > 0;) this.#sift(at);
  }

  /** The next one; there must be one. */
  pop() {
    const top = this.#heap[0];
    this.#heap[0] = this.#heap[--this.#left];
    if (this.#left) this.#sift(0);
    return top;
  }

  /** @param {number} at */
  #sift(at) {
    const heap = this.#heap;
    const id = heap[at];
    for (let child; (child = 2 * at + 1) < this.#left; at = child) {
      if (child + 1 < this.#left && before(this.#values, heap[child + 1], heap[child])) child++;
      if (!before(this.#values, heap[child], id)) break;
      heap[at] = heap[child];
    }
    heap[at] = id;
  }
}

const LN2_HIGH = 6.93147180369123816490e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** dmath_exp of core/dmath.c, bit for bit, so that what stands at the edge of a cut falls to the same side of it; of x up to 0. @param {number} x */
function exp(x) {
  if (!(x >= -745)) return 0;
  const k = Math.trunc(x * 1.4426950408889634 - 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let i = 13; i >= 1; i--) sum = 1 + (r * sum) / i;
  const half = Math.trunc(k / 2);
  return sum * 2 ** half * 2 ** (k - half);
}
