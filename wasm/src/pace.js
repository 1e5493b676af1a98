/** pace.js - long work in short pieces, so that whoever shares the thread gets a turn. */

import { checkSignal, refuseValue } from './given.js';
import { turn } from './platform.js';

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 12;
/** Milliseconds of rest that are worth a timer. */
const NAP = 20;

/**
 * @typedef {object} Pace
 * @property {AbortSignal} [signal] ends the work between two pieces
 * @property {() => Promise<void> | undefined} [hold] asked between two pieces: what to wait for before the next
 * @property {() => number} [share] asked after each piece: the share of the time to work in, from 0 to 1; the rest of it the processor rests
 * @property {(seconds: number) => void} [rested] told of each rest
 */

/**
 * Runs a generator of pieces, which yields undefined after work that has nothing to tell; passes on what it tells, and its result.
 * @template T, R
 * @param {Generator<T | undefined, R, void>} pieces
 * @param {Pace} [pace]
 * @returns {AsyncGenerator<T, R, void>}
 */
export async function* paced(pieces, pace) {
  const { signal, hold, share = () => 1, rested } = pace ?? {};
  checkSignal('pace', signal);
  for (const [name, value] of Object.entries({ hold, share })) if (value !== undefined && typeof value !== 'function') refuseValue('pace', name, value, 'a function');
  let since = performance.now();
  let worked = 0;
  try {
    for (;;) {
      for (let wait = hold?.(); wait && !signal?.aborted; wait = hold?.()) await wait;
      signal?.throwIfAborted();
      const began = performance.now();
      const { done, value } = pieces.next();
      worked += performance.now() - began;
      if (done) return value;
      if (value !== undefined) yield /** @type {T} */ (value);
      const part = share();
      if (!(part > 0 && part <= 1)) refuseValue('pace', 'share()', part, 'a number above 0, at most 1');
      const idle = 1 / part - 1; // for each part of work
      if (worked * idle >= NAP) {
        const passed = await rest(worked * idle, signal);
        rested?.(passed / 1000);
        worked = Math.max(worked - passed / idle, -NAP); // a timer that came late is made up for
      } else {
        if (!idle) worked = 0;
        if (performance.now() - since < SLICE) continue;
        await turn();
      }
      since = performance.now();
    }
  } finally {
    pieces.return(/** @type {any} */ (undefined));
  }
}

/** Waits, but not beyond an abort. @param {number} due milliseconds @param {AbortSignal} [signal] @returns {Promise<number>} those that have passed */
async function rest(due, signal) {
  const began = performance.now();
  await new Promise((resolve) => {
    const timer = setTimeout(wake, due);
    function wake() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve(undefined);
    }
    if (signal?.aborted) wake();
    else signal?.addEventListener('abort', wake);
  });
  return performance.now() - began;
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
