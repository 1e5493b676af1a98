/** features.js - what this engine can run, and which of the package's modules suits it. */

import { canWait, parallelism } from './platform.js';

/** Smallest modules that use a feature; an engine that lacks it finds them invalid. */
const PROBES = {
  simd: [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
  relaxedSimd: [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128,
    2, 11],
  threads: [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11],
};

/** Threads beyond which a small model gains nothing. */
const MOST = 8;

/** @typedef {'exact' | 'fast'} Numerics exact: the same bits as scalar native code; fast: fused multiply-add, in engines that have it */
/** @typedef {number | 'auto'} Threads auto: as many as there are processors, at most 8 */

/**
 * @typedef {object} Variant
 * @property {string} name as in dist/folio-NAME.wasm
 * @property {(keyof typeof PROBES)[]} needs
 * @property {Numerics} numerics
 * @property {boolean} threads whether it can have more than one
 */

/** One row a module. @type {Variant[]} */
export const VARIANTS = [
  { name: 'simd128', needs: ['simd'], numerics: 'exact', threads: false },
  { name: 'dot', needs: ['simd', 'relaxedSimd'], numerics: 'exact', threads: false },
  { name: 'relaxed', needs: ['simd', 'relaxedSimd'], numerics: 'fast', threads: false },
  { name: 'simd128-threads', needs: ['simd', 'threads'], numerics: 'exact', threads: true },
  { name: 'dot-threads', needs: ['simd', 'relaxedSimd', 'threads'], numerics: 'exact', threads: true },
  { name: 'relaxed-threads', needs: ['simd', 'relaxedSimd', 'threads'], numerics: 'fast', threads: true },
];

/**
 * What this engine has. Threads need memory that can be shared, which a page has only when it is cross-origin isolated, and a thread that may
 * wait, which a page's own may not.
 * @returns {{simd: boolean, relaxedSimd: boolean, threads: boolean}}
 */
export function features() {
  const has = (/** @type {number[]} */ probe) => WebAssembly.validate(new Uint8Array(probe));
  const shared = typeof SharedArrayBuffer !== 'undefined' && canWait();
  return { simd: has(PROBES.simd), relaxedSimd: has(PROBES.relaxedSimd), threads: shared && has(PROBES.threads) };
}

/**
 * @typedef {object} Choice
 * @property {Variant[]} variants those that can run here, the one to try first in front; none: this engine runs none of them
 * @property {number} threads that the first has
 * @property {string[]} notes what was asked for and cannot be had, and why
 */

/**
 * The modules that suit a wish, among those that this engine can run.
 * @param {{variant?: string, numerics?: Numerics, threads?: Threads}} [wish] variant: that module or none
 * @param {ReturnType<typeof features>} [here]
 * @returns {Choice}
 */
export function chooseVariants({ variant: name, numerics = 'exact', threads = 'auto' } = {}, here = features()) {
  const wanted = threads === 'auto' ? Math.min(MOST, parallelism()) : threads;
  const runnable = VARIANTS.filter((row) => (!name || row.name === name) && row.needs.every((need) => here[need]));
  const rank = (/** @type {Variant} */ row) => 4 * Number(row.numerics === numerics) + 2 * Number(row.threads === wanted > 1) + Number(row.needs.includes('relaxedSimd'));
  const variants = name ? runnable : runnable.filter((row) => !row.threads || wanted > 1).sort((a, b) => rank(b) - rank(a));
  const notes = [];
  if (!name && numerics === 'fast' && !here.relaxedSimd) notes.push('numerics are exact: this engine has no relaxed SIMD');
  if (!name && wanted > 1 && !here.threads) notes.push(`one thread: ${whyAlone()}`);
  return { variants, threads: variants[0]?.threads ? wanted : 1, notes };
}

function whyAlone() {
  if (!canWait()) return "a page's own thread may not wait for others; a worker may";
  if (typeof SharedArrayBuffer === 'undefined') return 'memory cannot be shared here: the page is not cross-origin isolated';
  return 'this engine has no WebAssembly threads';
}
