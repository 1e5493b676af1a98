/** guard.js - watches a run: keeps the last state that was good, and brings it back when the loss leaves its course. */

import { Course } from './course.js';
import { isSound, putState, takeState } from './state.js';

/** @typedef {'stop' | 'rollback' | 'ignore'} OnDivergence ignore: only what is not finite ends a run */
/**
 * @typedef {{event: 'diverged', step: number, loss: number, grad_norm: number, why: string, action: OnDivergence, back_to: number,
 *   settings: Record<string, number>}} DivergedEvent step: the one at fault, from 0; back_to: steps behind the state that was brought back
 */

/** Steps between two states that are kept. To look at one and copy it takes 0.2 to 3% of a step (tiny, shakespeare, nanogpt-cpu). */
const EVERY = 10;

/** Times that a run goes back with half the rate. After these a rate that was a hundred times too high is less than twice too high. */
const ROLLBACKS = 6;

export class Guard {
  #model;
  #trainer;
  #course;
  /** @type {import('./state.js').State | null} */
  #good = null;
  /** @type {number[]} */
  #mark = [];
  #step = -1;
  /** Of the last step. @type {import('./trainer.js').Report | null} */
  #report = null;
  /** Times gone back. */
  rollbacks = 0;

  /** @param {import('./run.js').Parts} parts */
  constructor({ model, trainer }) {
    const { batch_size, block_size, gradient_accumulation_steps, vocab_size } = trainer.config;
    this.#model = model;
    this.#trainer = trainer;
    this.#course = new Course(batch_size * block_size * gradient_accumulation_steps, vocab_size);
  }

  /** The last state that was good; null before the first. */
  get good() {
    return this.#good;
  }

  /** To be called before training: somebody may have set other weights since. */
  begin() {
    this.#report = null;
    if (this.#trainer.step === this.#step || !isSound(this.#model, this.#trainer)) return;
    this.#course.rewind([]);
    this.#keep();
  }

  #keep() {
    this.#good = takeState(this.#model, this.#trainer, this.#good);
    this.#mark = this.#course.mark();
    this.#step = this.#trainer.step;
  }

  /**
   * To be called after every step. Where it went wrong the last good state is back when this returns, with half the rate if training shall go on.
   * @param {import('./trainer.js').Report} report
   * @param {OnDivergence} wish
   * @returns {DivergedEvent | null}
   */
  check(report, wish) {
    const { step, loss, grad_norm } = report;
    this.#report = report;
    const due = step % EVERY === 0;
    const left = this.#course.judge(report);
    const ignored = wish === 'ignore' && Number.isFinite(loss) && Number.isFinite(grad_norm);
    const why = (ignored ? null : left) ?? (due && !isSound(this.#model, this.#trainer) ? 'the weights are no longer finite' : null);
    this.#step = step;
    if (why === null) {
      if (due && (ignored || this.#course.steady)) this.#keep();
      return null;
    }
    return this.#left(report, why, wish);
  }

  /**
   * To be called with what an evaluation tells: a loss that is no number is a fault of the step before it.
   * @param {number | null} loss
   * @param {OnDivergence} wish
   */
  judged(loss, wish) {
    return this.#report && loss !== null && !Number.isFinite(loss) ? this.#left(this.#report, `the validation loss is ${loss}`, wish) : null;
  }

  /** @param {import('./trainer.js').Report} report @param {string} why @param {OnDivergence} wish @returns {DivergedEvent} */
  #left({ step, loss, grad_norm }, why, wish) {
    const action = wish === 'rollback' && this.#good && this.rollbacks < ROLLBACKS ? 'rollback' : 'stop';
    const settings = this.#bringBack(action);
    return { event: 'diverged', step: step - 1, loss, grad_norm, why, action, back_to: this.#step, settings };
  }

  /** @param {OnDivergence} action @returns {Record<string, number>} the settings that changed */
  #bringBack(action) {
    if (!this.#good) return {};
    putState(this.#good, this.#model, this.#trainer);
    this.#course.rewind(this.#mark);
    this.#step = this.#good.step;
    if (action === 'stop') return {};
    this.rollbacks++;
    const { learning_rate, min_lr, adam_lr, vector_lr, optimizer } = this.#trainer.config;
    const halves = { learning_rate: learning_rate / 2, min_lr: min_lr / 2, ...(optimizer === 'muon' ? { adam_lr: adam_lr / 2, vector_lr: vector_lr / 2 } : {}) };
    this.#trainer.configure(halves);
    return halves;
  }
}
