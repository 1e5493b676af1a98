/** norms.js - how large gradients and weights are, layer by layer. */

import { finish } from './pace.js';

/** Numbers of a tensor that are taken at once: some milliseconds; four times a whole number. */
const PIECE = 1 << 22;

/**
 * @typedef {object} Norms Euclidean lengths; the layers are the embeddings, each block, and the last normalisation with an untied head
 * @property {number} step steps done
 * @property {string[]} names of the layers, upwards: 'embeddings', 'block 1', ..., 'head'; no head where it has no weights of its own
 * @property {Float64Array<ArrayBuffer>} gradients of the last step, before clipping
 * @property {Float64Array<ArrayBuffer>} weights
 */

/**
 * Null where a step is under way: its gradients are not complete.
 * @param {import('./model.js').Model} model
 * @param {import('./trainer.js').Trainer} trainer
 * @returns {Norms | null}
 */
export function layerNorms(model, trainer) {
  return finish(normPieces(model, trainer));
}

/**
 * The same in pieces, between which the trainer must stand still: yields undefined after each.
 * @param {import('./model.js').Model} model
 * @param {import('./trainer.js').Trainer} trainer
 * @returns {Generator<undefined, Norms | null, void>}
 */
export function* normPieces(model, trainer) {
  if (!trainer.hasGradients) return null;
  const { tensors } = model.layout;
  const names = [...new Set(tensors.map(({ name }) => layerOf(name)))];
  return { step: trainer.step, names, gradients: yield* lengths(() => trainer.grads), weights: yield* lengths(() => model.params) };

  /** @param {() => Float32Array} floats a view of them, which holds for one piece */
  function* lengths(floats) {
    const squares = new Float64Array(names.length);
    for (const { name, offset, size } of tensors) {
      const sums = new Float64Array(4);
      for (let from = offset; from < offset + size; from += PIECE) {
        addSquares(sums, floats(), from, Math.min(from + PIECE, offset + size));
        yield;
      }
      squares[names.indexOf(layerOf(name))] += sums[0] + sums[1] + sums[2] + sums[3];
    }
    return squares.map(Math.sqrt);
  }
}

/** @param {string} tensor */
function layerOf(tensor) {
  const block = tensor.match(/^h\.(\d+)\./);
  if (block) return `block ${Number(block[1]) + 1}`;
  return /^w[tp]e\./.test(tensor) ? 'embeddings' : 'head';
}

/**
 * To four sums, which an engine adds side by side.
 * @param {Float64Array} sums @param {Float32Array} x @param {number} from @param {number} end
 */
function addSquares(sums, x, from, end) {
  let [a, b, c, d] = sums;
  let i = from;
  for (; i + 4 <= end; i += 4) {
    a += x[i] * x[i];
    b += x[i + 1] * x[i + 1];
    c += x[i + 2] * x[i + 2];
    d += x[i + 3] * x[i + 3];
  }
  for (; i < end; i++) a += x[i] * x[i];
  sums.set([a, b, c, d]);
}
