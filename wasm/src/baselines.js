/**
 * baselines.js - what a model has to beat: the cross-entropy of the validation part under models that are counted, not trained. Uniform knows the
 * number of tokens; unigram, bigram and trigram know how often each token follows none, one or two others in the training part.
 *
 * Smoothing is interpolated Kneser-Ney with one discount an order, D = n1 / (n1 + 2 n2), n1 and n2 n-grams that stand once and twice:
 *
 *   P(w | h) = (max(c(hw) - D, 0) + D T(h) P'(w | h')) / c(h)       c: counts; T(h): different tokens after h; h': h without its first token
 *
 * where P' counts, instead of how often hw stands, after how many different tokens it does; the lowest order is interpolated with uniform. It has
 * nothing to tune, every probability is above 0, and those of all tokens sum to 1. Over characters Witten-Bell and absolute discounting are as good;
 * over thousands of tokens they are worse, and their trigrams no better than their bigrams.
 * Source: Kneser and Ney (ICASSP 1995); Ney, Essen and Kneser (1994) for D; Chen and Goodman (Computer Speech and Language 13, 1999), section 2.7.
 *
 * How: places in the text are sorted by the tokens before and at them, one counting sort a token, so that n-grams are runs. Those with the same
 * token before are sorted together, group by group. Memory: 8 bytes for each place of the largest group (4 million, a 16th of the text, or the places
 * of one token), 8 for each place to judge, 40 for each token of the vocabulary. Time: linear.
 */

import { FolioError } from './error.js';

/** @typedef {{uniform: number, unigram: number, bigram: number, trigram: number}} Baselines nats per token */
/** @typedef {{val_loss: number, bits_per_byte: number}} Baseline */
/** @typedef {Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>} Ids */
/**
 * @typedef {object} Parts
 * @property {number} nTrain tokens, at the beginning, that are counted
 * @property {number} first the first token to judge, after those and with two before it
 * @property {number} end where they end
 * @property {number} vocabSize ids are below it
 * @property {number} [group] places that are sorted together, where not one token alone stands at more
 */

/** The places of a group, where nobody says. */
const GROUP = 1 << 22;
/** Places of work between two yields, less 1: a millisecond or so. */
const PIECE = 0xffff;
/** Where all n-grams stand more than once, Kneser-Ney has no discount; KenLM's. */
const FALLBACK = 0.5;

/**
 * In short pieces of work: yields undefined after each. Null where there is nothing to judge.
 * @param {Ids} ids
 * @param {Parts} parts
 * @returns {Generator<undefined, Baselines | null, void>}
 */
export function* baselinePieces(ids, { nTrain, first, end, vocabSize, group = GROUP }) {
  if (end <= first) return null;
  const counts = yield* countTokens(ids, nTrain, vocabSize);
  const unigram = distribution(counts, vocabSize);
  let sum = 0;
  for (let at = first; at < end; at++) {
    sum -= Math.log(unigram[ids[at]]);
    if ((at & PIECE) === 0) yield;
  }
  const grams = new Grams(ids, { nTrain, first, end, vocabSize });
  const groups = yield* grams.groups(group);
  for (const each of groups) {
    yield* grams.sort(each);
    yield* grams.count(each);
  }
  const judge = grams.judge();
  for (const each of groups) {
    if (groups.length > 1) yield* grams.sort(each);
    yield* judge(each);
  }
  const { bigram, trigram } = grams;
  const mean = (/** @type {number} */ total) => total / (end - first);
  return { uniform: Math.log(vocabSize), unigram: mean(sum), bigram: mean(bigram), trigram: mean(trigram) };
}

/**
 * The same with bits per byte.
 * @param {Baselines | null} baselines
 * @param {number} bitsPerNat
 * @returns {Record<keyof Baselines, Baseline> | null}
 */
export function withBits(baselines, bitsPerNat) {
  if (!baselines) return null;
  const both = Object.entries(baselines).map(([name, val_loss]) => [name, { val_loss, bits_per_byte: val_loss * bitsPerNat }]);
  return Object.fromEntries(both);
}

/**
 * @template {Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} T
 * @param {{new (length: number): T, BYTES_PER_ELEMENT: number}} Type
 * @param {number} length
 * @returns {T}
 */
function room(Type, length) {
  try {
    return new Type(length);
  } catch {
    throw new FolioError('MEMORY', 'baselines', `baselines: not enough memory for an array of ${length * Type.BYTES_PER_ELEMENT} bytes`);
  }
}

/** @param {Ids} ids @param {number} end @param {number} vocabSize */
function* countTokens(ids, end, vocabSize) {
  const counts = room(Uint32Array, vocabSize);
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] >= vocabSize) throw new FolioError('TOKEN', 'baselines', `baselines: id ${ids[at]} at place ${at} is not below the vocabulary's ${vocabSize} tokens`);
    if (at < end) counts[ids[at]]++;
    if ((at & PIECE) === PIECE) yield;
  }
  return counts;
}

/** D of n-grams that stand so often. */
class Discount {
  #once = 0;
  #twice = 0;

  /** @param {number} count */
  add(count) {
    if (count === 1) this.#once++;
    else if (count === 2) this.#twice++;
  }

  get value() {
    return this.#once ? this.#once / (this.#once + 2 * this.#twice) : FALLBACK;
  }
}

/**
 * The lowest order: counts discounted, and what that sets free shared by all tokens alike.
 * @param {Uint32Array} counts by token
 * @param {number} vocabSize
 * @returns {Float64Array}
 */
function distribution(counts, vocabSize) {
  const discount = new Discount();
  let total = 0;
  let kinds = 0;
  for (const count of counts) {
    discount.add(count);
    total += count;
    if (count) kinds++;
  }
  const D = discount.value;
  const rest = (D * kinds) / vocabSize;
  const p = room(Float64Array, vocabSize);
  return total ? p.map((_, id) => (Math.max(counts[id] - D, 0) + rest) / total) : p.fill(1 / vocabSize);
}

/** @typedef {{from: number, to: number, size: number}} Group places whose token before is in from .. to - 1 */

/**
 * Bigrams and trigrams, at every place that has two tokens before it. In the names of arrays and discounts, u v w are the tokens up to a place;
 * `after` is by v, `before` by w.
 */
class Grams {
  #ids;
  #nTrain;
  #first;
  #end;
  #vocabSize;
  /** Places sorted by v, w, u, and by u, v, w. */
  #byVwu = new Uint32Array(0);
  #byUvw = new Uint32Array(0);
  /** Where the next place of each token goes, while sorting. */
  #next;
  /** c(v), T(v), and how many pairs u w there are around v. */
  #after;
  #kindsAfter;
  #pairsAround;
  /** How many different tokens stand before w. */
  #kindsBefore;
  #discounts = { vw: new Discount(), uvw: new Discount(), around: new Discount() };
  /** Nats of all places judged. */
  bigram = 0;
  trigram = 0;

  /** @param {Ids} ids @param {Parts} parts */
  constructor(ids, { nTrain, first, end, vocabSize }) {
    this.#ids = ids;
    this.#nTrain = nTrain;
    this.#first = first;
    this.#end = end;
    this.#vocabSize = vocabSize;
    this.#next = room(Uint32Array, vocabSize + 1);
    this.#after = room(Uint32Array, vocabSize);
    this.#kindsAfter = room(Uint32Array, vocabSize);
    this.#pairsAround = room(Uint32Array, vocabSize);
    this.#kindsBefore = room(Uint32Array, vocabSize);
  }

  /** The places to count and to judge, in groups that are sorted one after the other. @param {number} least @returns {Generator<undefined, Group[], void>} */
  *groups(least) {
    const sizes = room(Uint32Array, this.#vocabSize);
    let places = 0;
    for (let at = this.#start(0); at < this.#end; at = this.#start(at + 1)) {
      sizes[this.#ids[at - 1]]++;
      if ((++places & PIECE) === 0) yield;
    }
    const limit = Math.max(least, places / 16);
    /** @type {Group[]} */
    const groups = [];
    sizes.forEach((size, id) => {
      const last = groups.at(-1);
      if (last && last.size + size <= limit) Object.assign(last, { to: id + 1, size: last.size + size });
      else groups.push({ from: id, to: id + 1, size });
    });
    const largest = groups.reduce((most, { size }) => Math.max(most, size), 0);
    this.#byVwu = room(Uint32Array, largest);
    this.#byUvw = room(Uint32Array, largest);
    return groups;
  }

  /** The first place from `at` on that is counted or judged. @param {number} at @returns {number} */
  #start(at) {
    return at < 2 ? this.#start(2) : at < this.#nTrain ? at : Math.max(at, this.#first);
  }

  /** Stably, by the least significant token first; so among equals those to be counted come first. @param {Group} group */
  *sort({ from, to, size }) {
    const [one, other] = [this.#byUvw, this.#byVwu];
    let count = 0;
    let work = 0;
    for (let at = this.#start(0); at < this.#end; at = this.#start(at + 1)) {
      const v = this.#ids[at - 1];
      if (v >= from && v < to) one[count++] = at;
      if ((++work & PIECE) === 0) yield;
    }
    yield* this.#sortBy(2, one, other, size);
    yield* this.#sortBy(0, other, one, size);
    yield* this.#sortBy(1, one, other, size);
    yield* this.#sortBy(2, other, one, size);
  }

  /** By the token `back` before the place. @param {number} back @param {Uint32Array} source @param {Uint32Array} target @param {number} size */
  *#sortBy(back, source, target, size) {
    const ids = this.#ids;
    const next = this.#next.fill(0);
    for (let i = 0; i < size; i++) {
      next[ids[source[i] - back] + 1]++;
      if ((i & PIECE) === PIECE) yield;
    }
    for (let id = 1; id < next.length; id++) next[id] += next[id - 1];
    for (let i = 0; i < size; i++) {
      target[next[ids[source[i] - back]]++] = source[i];
      if ((i & PIECE) === PIECE) yield;
    }
  }

  /** @param {Group} group sorted */
  *count({ size }) {
    const [ids, nTrain, order] = [this.#ids, this.#nTrain, this.#byVwu];
    const { vw, uvw, around } = this.#discounts;
    for (let i = 0; i < size; ) {
      const v = ids[order[i] - 1];
      const w = ids[order[i]];
      let count = 0;
      let kinds = 0;
      while (i < size && ids[order[i]] === w && ids[order[i] - 1] === v) {
        const u = ids[order[i] - 2];
        let same = 0;
        for (; i < size && ids[order[i] - 2] === u && ids[order[i]] === w && ids[order[i] - 1] === v; i++) {
          if (order[i] < nTrain) same++;
          if ((i & PIECE) === PIECE) yield;
        }
        if (same) kinds++;
        uvw.add(same);
        count += same;
      }
      if (!count) continue;
      vw.add(count);
      around.add(kinds);
      this.#after[v] += count;
      this.#kindsAfter[v]++;
      this.#pairsAround[v] += kinds;
      this.#kindsBefore[w]++;
    }
  }

  /** What judges a sorted group, once all are counted. */
  judge() {
    const lowest = distribution(this.#kindsBefore, this.#vocabSize);
    const lower = room(Float64Array, this.#end - this.#first); // P'(w | v) at each place
    const judgeBigrams = this.#judgeBigrams.bind(this, lowest, lower);
    const judgeTrigrams = this.#judgeTrigrams.bind(this, lower);
    return function* (/** @type {Group} */ { size }) {
      yield* judgeBigrams(size);
      yield* judgeTrigrams(size);
    };
  }

  /** @param {Float64Array} lowest @param {Float64Array} lower @param {number} size */
  *#judgeBigrams(lowest, lower, size) {
    const [ids, nTrain, first, order] = [this.#ids, this.#nTrain, this.#first, this.#byVwu];
    const [D, around] = [this.#discounts.vw.value, this.#discounts.around.value];
    for (let i = 0, j = 0; i < size; i = j) {
      const v = ids[order[i] - 1];
      const w = ids[order[i]];
      let count = 0;
      let kinds = 0;
      for (let last = -1; j < size && ids[order[j]] === w && ids[order[j] - 1] === v; j++) {
        if ((j & PIECE) === PIECE) yield;
        if (order[j] >= nTrain) continue;
        count++;
        if (ids[order[j] - 2] === last) continue;
        last = ids[order[j] - 2];
        kinds++;
      }
      const p = interpolate(count, D, this.#kindsAfter[v], this.#after[v], lowest[w]);
      const q = interpolate(kinds, around, this.#kindsAfter[v], this.#pairsAround[v], lowest[w]);
      const nats = -Math.log(p);
      for (let k = i; k < j; k++) {
        if ((k & PIECE) === PIECE) yield;
        if (order[k] < nTrain) continue;
        this.bigram += nats;
        lower[order[k] - first] = q;
      }
    }
  }

  /** @param {Float64Array} lower @param {number} size */
  *#judgeTrigrams(lower, size) {
    const [ids, nTrain, first, order] = [this.#ids, this.#nTrain, this.#first, this.#byUvw];
    const D = this.#discounts.uvw.value;
    for (let i = 0, end = 0; i < size; ) {
      const u = ids[order[i] - 2];
      const v = ids[order[i] - 1];
      let total = 0;
      let kinds = 0;
      for (let last = -1; end < size && ids[order[end] - 2] === u && ids[order[end] - 1] === v; end++) {
        if ((end & PIECE) === PIECE) yield;
        if (order[end] >= nTrain) continue;
        total++;
        if (ids[order[end]] === last) continue;
        last = ids[order[end]];
        kinds++;
      }
      while (i < end) {
        const w = ids[order[i]];
        let count = 0;
        for (; i < end && ids[order[i]] === w; i++) {
          if ((i & PIECE) === PIECE) yield;
          if (order[i] < nTrain) count++;
          else this.trigram -= Math.log(interpolate(count, D, kinds, total, lower[order[i] - first]));
        }
      }
    }
  }
}

/**
 * P(w | h); of a history that never was, the lower order's.
 * @param {number} count c(hw) @param {number} D @param {number} kinds T(h) @param {number} total c(h) @param {number} lower P'(w | h')
 */
const interpolate = (count, D, kinds, total, lower) => (total ? (Math.max(count - D, 0) + D * kinds * lower) / total : lower);
