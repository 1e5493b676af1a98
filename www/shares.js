// shares.js - which part of the model a tensor belongs to, and how the parameters are spread over the parts.

/** @typedef {{name: string, shape: number[], size: number}} Tensor as client.layout gives it */

/** The parts, in the order of the data's way. */
export const PARTS = /** @type {const} */ (['embedding', 'attention', 'MLP', 'head']);
/** @typedef {typeof PARTS[number]} Part */

/** Normalisations and convolutions belong to what they are there for. @param {string} name of a tensor @returns {Part} */
export function partOf(name) {
  if (/^w[tp]e\./.test(name)) return 'embedding';
  if (/^h\.\d+\.(ln_1|attn)\./.test(name)) return 'attention';
  return /^h\.\d+\.(ln_2|mlp)\./.test(name) ? 'MLP' : 'head';
}

/** @param {readonly Tensor[]} layout @returns {Record<Part, number>} parameters of each part */
export function sharesOf(layout) {
  const shares = { embedding: 0, attention: 0, MLP: 0, head: 0 };
  for (const { name, size } of layout) shares[partOf(name)] += size;
  return shares;
}
