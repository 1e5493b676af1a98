// inside-throttle.js - when to look at a model that trains: so seldom that a fortieth of the time is the looks' at most.

/** Looks stand so many times longer apart than one of them takes; those between evaluations twice as far, and evaluations at least so far from each
    other. */
const SHARE = 40;
/** Steps until which each evaluation brings a look. */
const YOUNG = 200;

export class Throttle {
  /** When the last look began and ended, and the last one for an evaluation was asked for. */
  #began = 0;
  #ended = 0;
  #judged = 0;

  begin(now = performance.now()) {
    this.#began = now;
  }

  end(now = performance.now()) {
    this.#ended = now;
  }

  /**
   * Whether to look now. Evaluations come first, as only they bring gradients.
   * @param {{step: number, evaluated: boolean}} at evaluated: the model stands still; otherwise it trains on
   */
  isDue({ step, evaluated }, now = performance.now()) {
    if (this.#began > this.#ended) return evaluated && step <= YOUNG; // one is under way
    const rest = SHARE * (this.#ended - this.#began);
    const [looked, judged] = [now - this.#ended, now - this.#judged];
    const isDue = evaluated ? step <= YOUNG || looked >= rest || judged >= 2 * rest : looked >= 2 * rest;
    if (isDue && evaluated) this.#judged = now;
    return isDue;
  }
}
