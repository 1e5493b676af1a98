/** guess.js - how long training takes, before any of it is measured: by the work that there is, and a look at how fast the processor is. */

/** Share of a thread's best speed that training has, and what each further thread adds to it. */
const USED = 0.6;
const ANOTHER = 0.85;

/**
 * Seconds that training one token takes, about.
 * @param {{flops: number, gflops: number}} speed as `speed` of bench.js has it
 * @param {number} threads
 */
export const tokenSeconds = ({ flops, gflops }, threads) => flops / (gflops * 1e9 * USED * (1 + ANOTHER * (threads - 1)));
