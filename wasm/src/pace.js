/** pace.js - long work in short pieces, so that whoever shares the thread gets a turn. */

import { turn } from './platform.js';

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 12;

/**
 * @typedef {object} Pace
 * @property {AbortSignal} [signal] ends the work between two pieces
 * @property {() => Promise<void> | undefined} [hold] asked between two pieces: what to wait for before the next
 */

/**
 * Runs a generator of pieces, which yields undefined after work that has nothing to tell; passes on what it tells, and its result.
 * @template T, R
 * @param {Generator<T | undefined, R, void>} pieces
 * @param {Pace} [pace]
 * @returns {AsyncGenerator<T, R, void>}
 */
export async function* paced(pieces, { signal, hold } = {}) {
  let since = performance.now();
  try {
    for (;;) {
      for (let wait = hold?.(); wait && !signal?.aborted; wait = hold?.()) await wait;
      signal?.throwIfAborted();
      const { done, value } = pieces.next();
      if (done) return value;
      if (value !== undefined) yield /** @type {T} */ (value);
      if (performance.now() - since < SLICE) continue;
      await turn();
      since = performance.now();
    }
  } finally {
    pieces.return(/** @type {any} */ (undefined));
  }
}

/**
 * The result of pieces, at once.
 * @template R
 * @param {Generator<unknown, R, void>} pieces
 * @returns {R}
 */
export function finish(pieces) {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return /** @type {R} */ (value);
  }
}

/**
 * The result of work that tells nothing on the way.
 * @template R
 * @param {Generator<unknown, R, void>} pieces
 * @param {Pace} [pace]
 * @returns {Promise<R>}
 */
export async function finished(pieces, pace) {
  const work = paced(pieces, pace);
  for (;;) {
    const { done, value } = await work.next();
    if (done) return /** @type {R} */ (value);
  }
}
