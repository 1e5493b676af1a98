// timed.js - a run for so many seconds: how many steps that are follows from a measurement, and settings of the schedule follow from the steps.

/** @typedef {import('./state.js').State} State @typedef {import('./settings.js').Value} Value */

/** What a plan changes (folio/src/budget.js). */
const PLANNED = ['max_iters', 'warmup_iters', 'decay_iters'];

/** The seconds that a run may take; undefined where it has a number of steps. @param {State} state */
export const secondsOf = (state) => (state.get('for') === 'seconds' ? Number(state.get('budget')) : undefined);

/** Whether a run has the settings of the page, but for what its time has made of them and those that say nothing. @param {State} state @param {Record<string, unknown>} config of the run */
export function isAsSet(state, config) {
  const free = secondsOf(state) === undefined ? [] : PLANNED;
  return Object.entries(state.config()).every(([name, value]) => config[name] === value || free.includes(name) || state.row(name).hidden);
}

/**
 * Settings that give a run again: in place of its seconds, the steps that fitted into them.
 * @param {[string, Value][]} pairs those that are not at their defaults
 * @param {State} state @param {Record<string, any>} config of the run
 * @returns {[string, Value][]}
 */
export function inSteps(pairs, state, config) {
  if (secondsOf(state) === undefined) return pairs;
  const others = pairs.filter(([name]) => !['for', 'budget', ...PLANNED].includes(name));
  return [...others, ...PLANNED.filter((name) => config[name] !== state.base(name)).map((name) => /** @type {[string, Value]} */ ([name, config[name]]))];
}
