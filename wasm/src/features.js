/** features.js - what this engine can run, and which of the package's modules suits it. */

/** Smallest modules that use a feature; an engine that lacks it finds them invalid. */
const PROBES = {
  simd: [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
  relaxedSimd: [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128,
    2, 11],
  threads: [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11],
};

/**
 * @typedef {object} Variant
 * @property {string} name as in dist/folio-NAME.wasm
 * @property {(keyof typeof PROBES)[]} needs
 * @property {'exact' | 'fast'} numerics exact: the same bits as scalar native code; fast: fused multiply-add
 * @property {number} threads
 */

/** One row a module, the best first. @type {Variant[]} */
export const VARIANTS = [{ name: 'simd128', needs: ['simd'], numerics: 'exact', threads: 1 }];

/**
 * What this engine has. Threads also need memory that can be shared, which a page has only when it is cross-origin isolated.
 * @returns {{simd: boolean, relaxedSimd: boolean, threads: boolean}}
 */
export function features() {
  const has = (/** @type {number[]} */ probe) => WebAssembly.validate(new Uint8Array(probe));
  const shared = typeof SharedArrayBuffer !== 'undefined';
  return { simd: has(PROBES.simd), relaxedSimd: has(PROBES.relaxedSimd), threads: shared && has(PROBES.threads) };
}

/**
 * The variant of that name, or the best that this engine can run; undefined where there is none.
 * @param {string} [name]
 * @returns {Variant | undefined}
 */
export function chooseVariant(name) {
  const here = features();
  return VARIANTS.find((variant) => (!name || variant.name === name) && variant.needs.every((need) => here[need]));
}
