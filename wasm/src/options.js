/** options.js - options by name: those that there are not are refused. */

import { FolioError } from './error.js';

/** @param {string} op what the caller was asked to do @param {object} options @param {string[]} known */
export function checkNames(op, options, known) {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new FolioError('RANGE', op, `${op}: there is no option '${name}'; known: ${known.join(', ')}`);
  }
}
