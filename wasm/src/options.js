/** options.js - options by name: those that there are not are refused. */

import { FolioError } from './error.js';
import { optionsOf } from './given.js';

/**
 * @template {object} T
 * @param {string} op what the caller was asked to do
 * @param {T | undefined} given
 * @param {string[]} known
 * @returns {T} empty where nothing is given
 */
export function checkNames(op, given, known) {
  const options = optionsOf(op, given);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new FolioError('RANGE', op, `${op}: there is no option '${name}'; known: ${known.join(', ')}`);
  }
  return options;
}
