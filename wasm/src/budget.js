/**
 * budget.js - as many steps as fit into a time. The time of a step is measured before the first one, with a model and a trainer that are thrown
 * away, and watched from then on: max_iters moves when the end that is foreseen does.
 */

import { FolioError } from './error.js';
import { tokenSeconds } from './guess.js';

/** @typedef {{step_seconds: number, eval_seconds: number, guessed?: boolean}} Pace eval_seconds: of a whole evaluation; guessed: there was no time to measure */
/**
 * @typedef {{event: 'plan', step: number, budget: number, steps: number, step_seconds: number, eval_seconds: number,
 *   settings: Record<string, number>}} PlanEvent step: steps done before; steps: those done in the end; settings: those that were changed for it
 */
/** @typedef {{event: 'moved', step: number, from: number, steps: number, step_seconds: number, settings: Record<string, number>}} MovedEvent */

/** Share of the budget to be used: the rest is for what comes after the last step. */
const AIM = 0.98;

/** Share of the budget between two looks at the end. */
const LOOK = 0.03;

/** The end moves when it is foreseen to be off by more than this share of the time left, and of the budget. */
const OFF_LEFT = 0.1;
const OFF = 0.02;

/** Seconds that measuring may take: a share of the budget, within limits. One step is always done. */
const measuring = (/** @type {number} */ budget) => Math.min(2, Math.max(0.1, 0.03 * budget));

const now = () => performance.now() / 1000;

/**
 * Fails with MEMORY where there can be no second model and trainer beside the run's own, to be measured.
 * @param {Pick<import('./run.js').Run, 'folio' | 'config'>} run
 */
export function checkRoom({ folio, config }) {
  const { model_bytes, trainer_bytes, evaluator_bytes, limit_bytes } = folio.memory(config);
  const bytes = 2 * (model_bytes + trainer_bytes) + evaluator_bytes;
  if (bytes <= limit_bytes) return;
  throw new FolioError('MEMORY', 'train', `train: not enough memory for a budget, whose steps are measured with a second model and trainer: all of it needs ${bytes} bytes; `
    + `a WebAssembly memory holds at most ${limit_bytes}; give it steps instead, or train a smaller model`);
}

/**
 * What a step and an evaluation of this run take here, in pieces. Leaves no trace in the run.
 * @param {import('./run.js').Run} run
 * @param {number} seconds to be spent on it, about
 * @param {number} deadline on the clock of now(): where not one step is done then, it is guessed
 * @returns {Generator<undefined, Pace, void>}
 */
export function* measurePace(run, seconds, deadline = Infinity) {
  checkRoom(run);
  const begin = now();
  const step_seconds = yield* measureStep(run, seconds, deadline);
  if (step_seconds === null) return guessPace(run, now() - begin);
  const { evaluator } = run.parts;
  if (!evaluator.windows) return { step_seconds, eval_seconds: 0 };
  const timed = function* (/** @type {number} */ windows) {
    const start = now();
    yield* evaluator.pieces({ windows });
    return ((now() - start) / Math.min(windows, evaluator.windows)) * evaluator.windows;
  };
  const one = yield* timed(1);
  return { step_seconds, eval_seconds: one > (seconds * evaluator.windows) / FEW ? one : yield* timed(FEW) };
}

/** Windows of a short evaluation. */
const FEW = 32;

/**
 * The pace by the work that there is, and by a look at how fast this processor is.
 * @param {import('./run.js').Run} run
 * @param {number} least seconds that a step takes
 * @returns {Pace}
 */
function guessPace({ folio, config, parts: { evaluator } }, least) {
  const { batch_size, block_size, gradient_accumulation_steps } = config;
  const token = tokenSeconds(folio.bench.speed(config), folio.info().threads);
  const step_seconds = Math.max(least, batch_size * block_size * gradient_accumulation_steps * token);
  return { step_seconds, eval_seconds: (evaluator.windows * block_size * token) / 3, guessed: true }; // forward is a third of the work
}

/**
 * @param {import('./run.js').Run} run
 * @param {number} seconds
 * @param {number} deadline
 * @returns {Generator<undefined, number | null, void>} null where not one step was done in time
 */
function* measureStep({ folio, config, parts: { dataset } }, seconds, deadline) {
  const model = folio.model(config);
  try {
    const trainer = folio.trainer(model, dataset, config);
    try {
      /** @type {number[]} */
      const times = [];
      const begin = now();
      for (let last = begin; ;) {
        const report = trainer.advance();
        yield;
        const at = now();
        if (!report) {
          if (at <= deadline) continue;
          if (!times.length) return null;
          break;
        }
        times.push(at - last);
        last = at;
        if (at - begin > seconds && (times.length > 3 || at - begin > 2 * seconds)) break;
      }
      // the first steps find cold code and empty caches
      return typical(times.slice(Math.floor(times.length / 3)));
    } finally {
      trainer.close();
    }
  } finally {
    model.close();
  }
}

/** The mean of times, without those that were a pause. @param {number[]} times */
function typical(times) {
  const median = [...times].sort((a, b) => a - b)[times.length >> 1];
  const usual = times.filter((time) => time <= 4 * median);
  return usual.reduce((sum, time) => sum + time, 0) / usual.length;
}

/**
 * The most steps after `step` that fit, with their evaluations, the one at the end included.
 * @param {number} seconds
 * @param {Pace} pace
 * @param {number} step
 * @param {number} evalEvery
 */
export function stepsWithin(seconds, { step_seconds, eval_seconds }, step, evalEvery) {
  const takes = (/** @type {number} */ steps) => {
    const between = evalEvery ? Math.floor((step + steps - 1) / evalEvery) - Math.floor(step / evalEvery) : 0;
    return steps * step_seconds + (Math.max(0, between) + 1) * eval_seconds;
  };
  let steps = Math.max(0, Math.floor((seconds - eval_seconds) / (step_seconds + (evalEvery ? eval_seconds / evalEvery : 0))));
  while (takes(steps + 1) <= seconds) steps++;
  while (steps > 0 && takes(steps) > seconds) steps--;
  return steps;
}

/**
 * Why a budget does not do, and which one would.
 * @param {number} budget
 * @param {number} begun seconds until now
 * @param {Pace} pace
 */
function tooShort(budget, begun, { step_seconds, eval_seconds, guessed }) {
  const about = guessed ? 'about ' : '';
  const least = (begun + (guessed ? 2 : 1) * step_seconds + eval_seconds) / (AIM - 0.03); // what is guessed is still to be measured
  return `train: a budget of ${budget} s is too short: after ${begun.toFixed(1)} s to begin, a step takes ${about}${step_seconds.toPrecision(2)} s here `
    + `and the evaluation at the end ${about}${eval_seconds.toPrecision(2)} s; give it ${about}${Math.ceil(least)} s or more, or train a smaller model`;
}

/**
 * The settings that end a schedule after so many steps: warm-up takes at most a quarter of them; a decay fits in.
 * @param {import('./settings.js').Config} config
 * @param {number} max_iters
 * @param {number} step done
 * @returns {Record<string, number>}
 */
function endingAt({ warmup_iters, decay_iters }, max_iters, step) {
  const long = step < warmup_iters && warmup_iters > max_iters / 4;
  return {
    max_iters,
    ...(long ? { warmup_iters: Math.floor(max_iters / 4) } : {}),
    ...(decay_iters > max_iters ? { decay_iters: 0 } : {}),
  };
}

export class Budget {
  #run;
  #evalEvery;
  #end;
  #pace;
  /** Times of the steps since the last look. @type {number[]} */
  #times = [];
  #looked;
  #last;
  /** Times that the end has moved. */
  moved = 0;

  /**
   * @param {import('./run.js').Run} run
   * @param {number} evalEvery
   * @param {{budget: number, end: number, pace: Pace}} facts end: on the clock of now()
   */
  constructor(run, evalEvery, { budget, end, pace }) {
    this.#run = run;
    this.#evalEvery = evalEvery;
    this.#end = end;
    this.#pace = pace;
    this.budget = budget;
    this.#looked = this.#last = now();
  }

  /**
   * Measures, and sets max_iters of the run.
   * @param {import('./run.js').Run} run
   * @param {number} evalEvery
   * @param {number} budget seconds
   * @param {number} spent of them
   * @returns {Generator<PlanEvent | undefined, Budget, void>}
   */
  static *plan(run, evalEvery, budget, spent) {
    const begin = now() - spent;
    const pace = yield* measurePace(run, measuring(budget), begin + budget);
    const plan = new Budget(run, evalEvery, { budget, end: begin + budget, pace });
    const steps = stepsWithin(plan.#left, pace, run.step, evalEvery);
    const { step_seconds, eval_seconds } = pace;
    if (!steps) throw new FolioError('BUDGET', 'train', tooShort(budget, now() - begin, pace));
    const settings = endingAt(run.config, run.step + steps, run.step);
    run.configure(settings);
    yield { event: 'plan', step: run.step, budget, steps: run.step + steps, step_seconds, eval_seconds, settings };
    plan.resume();
    return plan;
  }

  /** Seconds for what is still to be done. */
  get #left() {
    return this.#end - (1 - AIM) * this.budget - now();
  }

  /**
   * What a plan tells, and the budget that follows from it.
   * @param {ReturnType<typeof Budget.plan>} plan
   * @returns {Generator<undefined, {event: PlanEvent, budget: Budget}, void>}
   */
  static *told(plan) {
    let event = /** @type {PlanEvent | undefined} */ (undefined);
    for (;;) {
      const { done, value } = plan.next();
      if (done) return { event: /** @type {PlanEvent} */ (event), budget: value };
      event = value ?? event;
      yield;
    }
  }

  /** What passed since the last step was none: the next one's time counts from here. @param {number} [rested] seconds of it that the budget does without */
  resume(rested = 0) {
    this.#end += rested;
    this.#last = now();
  }

  /** An evaluation was made, and what its reader did with it. @param {number} seconds */
  judged(seconds) {
    this.#pace = { ...this.#pace, eval_seconds: seconds };
    this.resume();
  }

  /**
   * To be called after every step; moves max_iters where that is needed.
   * @returns {MovedEvent | null}
   */
  stepped() {
    const at = now();
    this.#times.push(at - this.#last);
    this.#last = at;
    if (at - this.#looked < LOOK * this.budget || this.#times.length < 3) return null;
    const step_seconds = (this.#pace.step_seconds + typical(this.#times)) / 2;
    this.#pace = { ...this.#pace, step_seconds };
    this.#times = [];
    this.#looked = at;
    const { step, config } = this.#run;
    const from = config.max_iters;
    const due = this.#evalEvery && step % this.#evalEvery === 0 ? this.#pace.eval_seconds : 0;
    const fit = stepsWithin(this.#left - due, this.#pace, step, this.#evalEvery);
    const off = Math.abs(step + fit - from) * step_seconds;
    if (from <= step || off < Math.max(OFF_LEFT * this.#left, OFF * this.budget)) return null;
    const steps = step + Math.max(1, fit);
    if (steps === from) return null;
    const settings = endingAt(config, steps, step);
    this.#run.configure(settings);
    this.moved++;
    return { event: 'moved', step, from, steps, step_seconds, settings };
  }
}
