// observer.js - looks at the model of a session while it learns, at the steps that looks.js tells: a sample, and the loss on some of the validation
// part. What is found goes into the session's history and is fired as its 'sample', 'eval', 'old' and 'fault'.

import { isAbort, isDeath, isUnspelled } from './faults.js';
import { EARLY, LOOK, LOOKS, LOOK_EARLY } from './looks.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./session.js').Run} Run @typedef {import('./session.js').Pen} Pen */

/** Alternatives that are told of each written token. */
export const ALTERNATIVES = 6;

export class Observer {
  /** @type {Promise<unknown>} the writing under way, or the last */
  #writing = Promise.resolve();
  #fire;
  /** The last prompt that the model could not spell: that is told once. */
  #unspelled = '';

  /** @param {Session} session @param {(type: 'sample'|'eval'|'old'|'note'|'fault', detail: unknown) => void} fire as the session fires its events */
  constructor(session, fire) {
    this.session = session;
    this.#fire = fire;
  }

  /** Steps between looks. */
  get #every() {
    const { config, maxSteps } = this.session;
    return Number(config?.eval_interval) || Math.max(EARLY[EARLY.length - 1], Math.ceil(maxSteps / LOOKS));
  }

  /** The next number of steps at which to look. */
  get nextLook() {
    const { step, maxSteps } = this.session;
    const early = EARLY.find((at) => at > step) ?? Infinity;
    return Math.min(early, (Math.floor(step / this.#every) + 1) * this.#every, maxSteps);
  }

  /** Looks, if it is time; at the end training itself has measured the loss. @param {Run} run @param {AbortSignal} signal */
  async look(run, signal) {
    const { step, maxSteps } = this.session;
    const last = step >= maxSteps;
    if (!last && !EARLY.includes(step) && step % this.#every !== 0) return;
    await this.#sample(signal);
    if (!last) await this.#judge(run, signal);
  }

  /** What a model that goes on with another text can do before it learns that. @param {Run} run @param {AbortSignal} signal */
  async lookBefore(run, signal) {
    await this.#sample(signal);
    await this.#judge(run, signal);
  }

  /** The loss on some of the validation part, and on that of the text learnt before. @param {Run} run @param {AbortSignal} signal */
  async #judge(run, signal) {
    const { step, source, whole } = this.session;
    if (!whole) return; // it goes on while the validation part arrives
    const windows = Math.ceil((step <= Math.max(...EARLY) ? LOOK_EARLY : LOOK) / Number(run.config.block_size));
    const val = run.valTokens ? await run.evaluate({ windows, signal }) : null;
    this.addVals(step, val, source?.oldText ? await run.evaluate({ old: true, signal }) : null);
  }

  /** A prompt that cannot be written from is no reason to stop learning, nor to write nothing. @param {AbortSignal} signal */
  async #sample(signal) {
    const pen = this.session.pen();
    try {
      await this.write(pen, { asked: false, signal }).catch((error) => {
        if (!isUnspelled(error)) throw error;
        if (this.#unspelled !== pen.prompt) this.#fire('note', `${error.message}. It writes from nothing until “Let it go on from” is changed`);
        this.#unspelled = pen.prompt;
        return this.write({ ...pen, prompt: '' }, { asked: false, signal });
      });
    } catch (error) {
      if (isDeath(error) || isAbort(error)) throw error;
      this.#fire('fault', error);
    }
  }

  /** @param {number} step @param {number|null} val @param {number|null} old on the text learnt before */
  addVals(step, val, old) {
    const { session } = this;
    if (old !== null) session.history.olds.push({ step, loss: old });
    if (old !== null) this.#fire('old', session.history.olds);
    if (val === null) return;
    session.history.addVal(step, val);
    this.#fire('eval', { step, val_loss: val });
  }

  /**
   * Lets the model write; one writing at a time. Fires 'sample' with the sample at every token.
   * @param {Pen} pen
   * @param {{asked: boolean, signal: AbortSignal}} options asked: by the reader
   */
  write(pen, { asked, signal }) {
    const { session } = this;
    const writing = this.#writing.catch(() => {}).then(async () => {
      const { run, step, history } = session;
      if (!run) return;
      signal.throwIfAborted();
      /** @type {Required<import('./history.js').Sample>} */
      const sample = { step, text: pen.prompt, given: pen.prompt.length, tokens: [], asked, done: false };
      try {
        for await (const token of run.generate({ ...pen, details: ALTERNATIVES, signal })) {
          sample.text += token.text;
          sample.tokens.push(token);
          this.#fire('sample', sample);
        }
      } finally {
        sample.done = true;
        if (sample.text !== pen.prompt) history.addSample(sample);
        this.#fire('sample', sample);
      }
    });
    this.#writing = writing;
    return writing;
  }
}
