// checkpoints.js - the checkpoints of one run: the last, in this page's memory and out of its worker's reach, and when the next is due.

/** Milliseconds to the first. */
const FIRST = 1000;
/** Milliseconds between them, and how many times longer than one of them takes they stand apart at least. */
const EVERY = 4000;
const SHARE = 40;

export class Checkpoints {
  /** The time of the last, and what it took. */
  #at = performance.now() - EVERY + FIRST;
  #cost = 0;

  /** @param {Uint8Array|null} [bytes] what the run begins with */
  constructor(bytes = null) {
    this.bytes = bytes;
  }

  get due() {
    return performance.now() - this.#at > Math.max(EVERY, SHARE * this.#cost);
  }

  /** @param {import('./folio/src/remote.js').RemoteRun} run @returns {Promise<{bytes: Uint8Array, step: number}>} */
  async take(run) {
    const began = performance.now();
    const bytes = await run.checkpoint();
    this.bytes = bytes;
    this.rest();
    this.#cost = this.#at - began;
    const { parse } = await import('./folio/src/checkpoint/safetensors.js');
    return { bytes, step: Number(parse(bytes).metadata.step) };
  }

  /** The next is not due for a while. */
  rest() {
    this.#at = performance.now();
  }
}
