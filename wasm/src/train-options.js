/** train-options.js - what a run may be asked for, checked by name. */

import { FolioError } from './error.js';
import { checkCounts, checkSwitches, refuseValue } from './given.js';
import { checkNames } from './options.js';

/**
 * @typedef {object} TrainOptions
 * @property {number} [steps] how many shall be done in the end, those before included; default max_iters
 * @property {number} [evalEvery] steps between evaluations; 0: only at the end
 * @property {boolean} [evalFirst] an evaluation before the first step too
 * @property {number} [budget] seconds that all of it may take, instead of steps: max_iters is chosen so that it ends in time
 * @property {number} [spent] seconds of the budget that are gone already
 * @property {number} [rested] of a run that was planned: seconds since its last training that its budget does without
 * @property {number} [patience] ends after so many evaluations without improvement; 0: never
 * @property {boolean} [keepBest] at the end the weights with the lowest validation loss are back; so it is with patience, and in a run that has some
 * @property {import('./guard.js').OnDivergence} [onDivergence] when the loss leaves its course: stop (default), go back and on with half the
 *   rate, or ignore it as long as it is finite
 */

const NAMES = ['steps', 'evalEvery', 'evalFirst', 'budget', 'spent', 'rested', 'patience', 'keepBest', 'onDivergence'];

/** The longest budget, a year: in seconds. */
const YEAR = 31_536_000;

/** @param {string} message @returns {never} */
function refuse(message) {
  throw new FolioError('RANGE', 'train', `train: ${message}`);
}

/**
 * @param {TrainOptions} options
 * @param {number} evalEvery what holds where they say nothing
 * @param {boolean} judged there is a validation part
 */
export function checkTrainOptions(options, evalEvery, judged) {
  checkNames('train', options, NAMES);
  for (const name of /** @type {const} */ (['steps', 'evalEvery', 'patience'])) if (options[name] !== undefined) checkCounts('train', { [name]: options[name] });
  const { steps, budget, spent = 0, rested = 0, patience = 0, keepBest = patience > 0, onDivergence = 'stop', evalFirst = false } = options;
  const timed = budget === undefined || (typeof budget === 'number' && budget > 0 && budget <= YEAR);
  if (!timed) refuseValue('train', 'budget', budget, `seconds, more than 0 and at most ${YEAR}`);
  for (const [name, seconds] of Object.entries({ spent, rested })) {
    if (!(typeof seconds === 'number' && seconds >= 0 && seconds <= YEAR)) refuseValue('train', name, seconds, `seconds from 0 to ${YEAR}`);
  }
  if (budget !== undefined && steps !== undefined) refuse('budget and steps exclude each other');
  checkSwitches('train', { keepBest, evalFirst });
  if (patience && !keepBest) refuse('patience and keepBest=false exclude each other');
  if (!['stop', 'rollback', 'ignore'].includes(onDivergence)) refuseValue('train', 'onDivergence', onDivergence, 'stop, rollback or ignore');
  if (keepBest && !judged) refuse('keepBest and patience need a validation part: val_fraction is 0');
  if (patience && !(options.evalEvery ?? evalEvery)) refuse('patience needs evaluations on the way: eval_interval is 0');
  return { steps, evalEvery: options.evalEvery ?? evalEvery, evalFirst, budget, spent, rested, patience, keepBest, onDivergence };
}
