/**
 * inspect.js - a look into a model: what each head attends to, the residual stream between the blocks and what the head would say of it there,
 * the embeddings in two dimensions, and what the position does.
 *
 *   const inspector = await folio.inspector(model);
 *   const { attention, norms, stream } = inspector.inspect(tokenizer.encode('But soft'));
 *   const logits = inspector.lens(1);   // (T, vocab_size): as if the first block were the last
 *   inspector.close();
 *
 * It has a module of its own, with exact numerics, and takes the model's weights anew at every look: a model may be trained in between.
 *
 * A look at a large model takes seconds. What may take long is there in pieces too, generators of undefined whose result is the look: for pace.js,
 * which gives way between them. The model must stand still until they have ended, and another look ends those of the one before with an error.
 */

import { FolioError } from './error.js';
import { checkCounts, checkObject, shownValue } from './given.js';
import { toIds } from './ids.js';
import { Model } from './model.js';
import { out } from './module.js';
import { checkNames } from './options.js';
import { finish } from './pace.js';
import { componentPieces } from './pca.js';

/** @typedef {import('./tokenizer.js').Tokenizer} Tokenizer */
/**
 * @typedef {object} Inspection of T tokens
 * @property {Float32Array<ArrayBuffer>} attention (n_layer, n_head, T, T): the share of query t's attention that key j has
 * @property {Float32Array<ArrayBuffer>} norms (n_layer, 3, T): root mean square over the channels of what attention adds to the stream, of what the
 *   MLP adds, and of the stream after both
 * @property {Float32Array<ArrayBuffer>} stream (n_layer + 1, T, n_embd): before the first block and after each
 */
/**
 * @typedef {object} Look what there is to see of a text of T tokens
 * @property {Uint32Array<ArrayBuffer>} ids (T)
 * @property {boolean} cut whether the text goes on
 * @property {Float32Array<ArrayBuffer>} attention as Inspection
 * @property {Float32Array<ArrayBuffer>} norms as Inspection
 * @property {Uint32Array<ArrayBuffer>} lensIds (n_layer + 1, T, top): the likeliest tokens to follow, by the stream there, the likeliest first
 * @property {Float32Array<ArrayBuffer>} lens (n_layer + 1, T, top): their probabilities
 * @property {Record<number, string>} texts of all these tokens; a part of a character is the sign of replacement
 */
/** @typedef {{most?: number, top?: number}} LookOptions most: tokens that are looked at; top: likeliest tokens that are told */
/**
 * @typedef {object} Embeddings
 * @property {Float64Array<ArrayBuffer>} points (count, 2): the first `count` tokens along the two directions in which they differ most
 * @property {Float64Array<ArrayBuffer>} shares (2): of the variance
 * @property {number} count
 * @property {Record<number, string>} texts
 */
/**
 * @typedef {object} Positions
 * @property {string} kind as config.position
 * @property {Float32Array<ArrayBuffer> | null} near (n_head, block_size): what the position alone makes of a query and a key that are equal but for
 *   the distance between them: rope, sinusoidal: their cosine; alibi: the key's weight beside that of distance 0; null for others
 * @property {Float32Array<ArrayBuffer> | null} table (count, n_embd): learned: the embeddings of every `every`th position; null for others
 * @property {Float32Array<ArrayBuffer> | null} similarity (count, count): their cosines
 * @property {number} every
 * @property {number} count
 */

/** Positions of a table that are told at most, and tokens of a vocabulary. */
const MOST_POSITIONS = 256;
const MOST_TOKENS = 512;
/** Code units of a text that are encoded for each token that is looked at: hardly any token has more. */
const LONGEST = 128;
/** In one piece: weights that are copied, multiplications of the lens, tokens that are decoded. Each takes some milliseconds. */
const COPIED = 1 << 22;
const PRODUCTS = 1 << 26;
const DECODED = 256;

export class Inspector {
  #module;
  #model;
  #copy;
  #handle;
  /** Tokens of the run, and what it is for. */
  #T = 0;
  #under = {};

  /**
   * @param {import('./module.js').Module} module the inspector's
   * @param {Model} model to look into
   * @param {(config: import('./settings.js').Config) => Float64Array} pack
   */
  constructor(module, model, pack) {
    checkObject('inspector', 'model', model, Model);
    if (model.handle.closed) throw new FolioError('CLOSED', 'inspector', 'inspector: the model was closed and cannot be used any more');
    this.#module = module;
    this.#model = model;
    this.#copy = module.create('inspector', 'inspect_model', [pack(model.config)], () => `a copy of the model takes ${4 * model.layout.floats} bytes`);
    try {
      this.#handle = module.create('inspector', 'inspect_create', [this.#copy]);
    } catch (error) {
      this.#copy.close();
      throw error;
    }
  }

  get config() {
    return this.#model.config;
  }

  /** @param {string} op */
  #checkOpen(op) {
    const closed = this.#handle.closed ? 'the inspector' : this.#model.handle.closed ? 'the model' : '';
    if (closed) throw new FolioError('CLOSED', op, `${op}: ${closed} was closed and cannot be used any more`);
  }

  /**
   * @param {ArrayLike<number>} ids (T), at most block_size
   * @returns {Inspection}
   */
  inspect(ids) {
    const inspection = finish(this.#inspectPieces(ids));
    const floats = (this.config.n_layer + 1) * ids.length * this.config.n_embd;
    const stream = /** @type {Float32Array} */ (this.#module.floats('inspect_stream', this.#handle, floats)).slice();
    return { ...inspection, stream };
  }

  /** @param {ArrayLike<number>} ids @returns {Generator<undefined, Omit<Inspection, 'stream'>, void>} */
  *#inspectPieces(ids) {
    this.#checkOpen('inspect');
    const { n_layer: L, n_head: H, block_size, vocab_size } = this.config;
    const words = toIds('inspect', ids);
    const T = words.length;
    if (!T || T > block_size) throw new FolioError('ARGUMENT', 'inspect', `inspect: ${T} ids; there must be 1 to block_size=${block_size}`);
    const bytes = 4 * L * H * T * T;
    if (bytes > 2 ** 31) {
      const need = `the attention of ${L} layers with ${H} heads over ${T} tokens takes ${bytes} bytes`;
      throw new FolioError('MEMORY', 'inspect', `inspect: not enough memory: ${need}`);
    }
    const under = (this.#under = {});
    yield* this.#copyPieces();
    const attention = new Float32Array(L * H * T * T);
    const norms = new Float32Array(L * 3 * T);
    for (let layer = 0; layer < L; layer++) {
      this.#still(under);
      if (!layer) {
        this.#module.check('inspect', 'inspect_begin', [this.#handle, words, T], () => `vocab_size is ${vocab_size}`);
        this.#T = T;
      }
      const shares = attention.subarray(layer * H * T * T, (layer + 1) * H * T * T);
      this.#module.check('inspect', 'inspect_layer', [this.#handle, out(shares), out(norms.subarray(layer * 3 * T, (layer + 1) * 3 * T))]);
      yield;
    }
    return { attention, norms };
  }

  *#copyPieces() {
    const { floats } = this.#model.layout;
    for (let from = 0; from < floats; from += COPIED) {
      const copy = /** @type {Float32Array} */ (this.#module.floats('model_params', this.#copy, floats));
      copy.set(this.#model.params.subarray(from, from + COPIED), from);
      yield;
    }
  }

  /** Where a look goes on: the memory is still its own. @param {object} under */
  #still(under) {
    if (under !== this.#under) throw new FolioError('ARGUMENT', 'inspect', 'inspect: another look has begun before this one had ended');
  }

  /**
   * The logit lens over the last inspection: what the last normalisation and the head make of the stream after some blocks; after all of them, the
   * model's logits.
   * @param {number} layer 0 (the embeddings) to n_layer
   * @returns {Float32Array<ArrayBuffer>} (T, vocab_size)
   */
  lens(layer) {
    this.#checkOpen('lens');
    const most = this.config.n_layer;
    if (!Number.isInteger(layer) || layer < 0 || layer > most) {
      throw new FolioError('ARGUMENT', 'lens', `lens: layer ${shownValue(layer)} is none of 0 to ${most}`);
    }
    return finish(this.#lensPieces(layer, this.#under));
  }

  /** Some of the vocabulary at a time. @param {number} layer @param {object} under @returns {Generator<undefined, Float32Array<ArrayBuffer>, void>} */
  *#lensPieces(layer, under) {
    const { vocab_size: V, n_embd: C } = this.config;
    const T = this.#T;
    const logits = new Float32Array(T * V);
    const some = Math.ceil(PRODUCTS / (Math.max(1, T) * C));
    for (let first = 0; first < V; first += some) {
      this.#still(under);
      const count = Math.min(some, V - first);
      const part = new Float32Array(T * count);
      this.#module.check('lens', 'inspect_lens', [this.#handle, layer, first, count, out(part)], () => 'there is no inspection yet');
      for (let t = 0; t < T; t++) logits.set(part.subarray(t * count, (t + 1) * count), t * V + first);
      yield;
    }
    return logits;
  }

  /**
   * An inspection of a text, with the likeliest next tokens by layer.
   * @param {Tokenizer} tokenizer
   * @param {string} text of which only as much is read as its first tokens can need
   * @param {LookOptions} [options]
   * @returns {Look}
   */
  look(tokenizer, text, options) {
    return finish(this.lookPieces(tokenizer, text, options));
  }

  /** @param {Tokenizer} tokenizer @param {string} text @param {LookOptions} [options] @returns {Generator<undefined, Look, void>} */
  *lookPieces(tokenizer, text, options) {
    this.#checkOpen('look');
    checkTokenizer('look', tokenizer);
    const { most = 64, top = 8 } = checkNames('look', options, ['most', 'top']);
    checkCounts('look', { most, top }, 1);
    if (typeof text !== 'string') throw new FolioError('ARGUMENT', 'look', `look: the text is ${shownValue(text)}: it must be a string`);
    const { n_layer: L, vocab_size: V, block_size } = this.config;
    const read = beginning(text, LONGEST * (Math.min(most, block_size) + 1));
    const all = tokenizer.encode(read, { allowedSpecial: 'all' });
    if (!all.length) throw new FolioError('EMPTY', 'look', 'look: the text is empty');
    const ids = new Uint32Array(all.slice(0, Math.min(most, block_size)));
    const { attention, norms } = yield* this.#inspectPieces(ids);
    const under = this.#under;
    const known = Math.min(V, tokenizer.vocabSize);
    const k = Math.min(top, known);
    const lensIds = new Uint32Array((L + 1) * ids.length * k);
    const lens = new Float32Array(lensIds.length);
    for (let layer = 0, at = 0; layer <= L; layer++) {
      const logits = yield* this.#lensPieces(layer, under);
      for (let t = 0; t < ids.length; t++) {
        const probabilities = softmax(logits.subarray(t * V, (t + 1) * V));
        for (const id of likeliest(probabilities.subarray(0, known), k)) {
          lensIds[at] = id;
          lens[at++] = probabilities[id];
        }
        yield;
      }
    }
    const texts = yield* textsOf(tokenizer, [...ids, ...lensIds]);
    return { ids, cut: all.length > ids.length || read.length < text.length, attention, norms, lensIds, lens, texts };
  }

  /**
   * The tokens' embeddings in two dimensions, by their principal components.
   * @param {Tokenizer} tokenizer
   * @param {{most?: number}} [options] most: only the first so many tokens
   * @returns {Embeddings}
   */
  embeddings(tokenizer, options) {
    return finish(this.embeddingPieces(tokenizer, options));
  }

  /** @param {Tokenizer} tokenizer @param {{most?: number}} [options] @returns {Generator<undefined, Embeddings, void>} */
  *embeddingPieces(tokenizer, options) {
    this.#checkOpen('embeddings');
    checkTokenizer('embeddings', tokenizer);
    const { most = MOST_TOKENS } = checkNames('embeddings', options, ['most']);
    checkCounts('embeddings', { most }, 1);
    const { n_embd: C, vocab_size } = this.config;
    const count = Math.min(most, vocab_size, tokenizer.vocabSize);
    const { points, shares } = yield* componentPieces(this.#tensor('wte.weight').slice(0, count * C), count, C);
    const texts = yield* textsOf(tokenizer, Array.from({ length: count }, (_, id) => id));
    return { points, shares, count, texts };
  }

  /** What tells the model where a token stands. @returns {Positions} */
  positions() {
    return finish(this.positionPieces());
  }

  /** @returns {Generator<undefined, Positions, void>} */
  *positionPieces() {
    this.#checkOpen('positions');
    const { position: kind, n_head: H, n_embd: C, block_size: n } = this.config;
    const every = Math.ceil(n / MOST_POSITIONS);
    const count = Math.ceil(n / every);
    if (kind === 'learned') {
      const wpe = this.#tensor('wpe.weight');
      const table = new Float32Array(count * C);
      for (let i = 0; i < count; i++) table.set(wpe.subarray(i * every * C, (i * every + 1) * C), i * C);
      return { kind, near: null, table, similarity: yield* cosines(table, count, C), every, count };
    }
    if (kind === 'none') return { kind, near: null, table: null, similarity: null, every: 1, count: n };
    const near = new Float32Array(H * n);
    this.#under = {};
    this.#T = 0;
    this.#module.check('positions', 'inspect_positions', [this.#handle, out(near)]);
    return { kind: String(kind), near, table: null, similarity: null, every: 1, count: n };
  }

  /** @param {string} name */
  #tensor(name) {
    return /** @type {{data: Float32Array}} */ (this.#model.tensors().find((tensor) => tensor.name === name)).data;
  }

  close() {
    this.#handle.close();
    this.#copy.close();
  }
}

/** @param {string} op @param {Tokenizer} tokenizer */
function checkTokenizer(op, tokenizer) {
  if (typeof tokenizer?.encode !== 'function') throw new FolioError('ARGUMENT', op, `${op}: a tokenizer is needed, not ${shownValue(tokenizer)}`);
}

/** In double precision. @param {Float32Array} logits */
export function softmax(logits) {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  const probabilities = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) probabilities[i] = Math.exp(logits[i] - largest);
  const sum = probabilities.reduce((a, b) => a + b, 0);
  for (let i = 0; i < probabilities.length; i++) probabilities[i] /= sum;
  return probabilities;
}

/** The places of the k largest, the largest first; of equal ones the first. @param {Float64Array} values @param {number} k */
function likeliest(values, k) {
  /** @type {number[]} */
  const best = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && !(values[i] > values[best[k - 1]])) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && values[i] > values[best[at - 1]]) at--;
    best.splice(at, 0, i);
  }
  return best;
}

/** The first code units of a text, but not half of a character. @param {string} text @param {number} most */
function beginning(text, most) {
  const isHalf = text.length > most && text.charCodeAt(most - 1) >> 10 === 0xd800 >> 10;
  return text.slice(0, isHalf ? most - 1 : most);
}

/** In pieces. @param {Tokenizer} tokenizer @param {Iterable<number>} ids @returns {Generator<undefined, Record<number, string>, void>} */
function* textsOf(tokenizer, ids) {
  /** @type {Record<number, string>} */
  const texts = {};
  let decoded = 0;
  for (const id of ids) {
    if (texts[id] !== undefined) continue;
    texts[id] = tokenizer.decode([id]);
    if (++decoded % DECODED === 0) yield;
  }
  return texts;
}

/** Of every two rows, in pieces; 0 where one has no length. @param {Float32Array} rows @param {number} n @param {number} size */
function* cosines(rows, n, size) {
  const all = new Float32Array(n * n);
  const dot = (/** @type {number} */ a, /** @type {number} */ b) => {
    let sum = 0;
    for (let c = 0; c < size; c++) sum += rows[a * size + c] * rows[b * size + c];
    return sum;
  };
  const lengths = Array.from({ length: n }, (_, i) => Math.sqrt(dot(i, i)));
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) all[a * n + b] = all[b * n + a] = lengths[a] * lengths[b] > 0 ? dot(a, b) / (lengths[a] * lengths[b]) : 0;
    yield;
  }
  return all;
}
