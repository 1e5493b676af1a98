/** given.js - what callers give, checked by name: an error says what was asked, what is wrong with it, and what it must be. */

import { FolioError } from './error.js';

/** A value as it stands in a message. @param {unknown} value */
export function shownValue(value) {
  const text = String(value).slice(0, 40);
  return typeof value === 'string' ? `'${text}'` : typeof value === 'bigint' ? `${text}n` : text;
}

/**
 * @param {string} op what the caller was asked to do
 * @param {string} name
 * @param {unknown} value
 * @param {string} must what it must be
 * @returns {never}
 */
export function refuseValue(op, name, value, must) {
  throw new FolioError('RANGE', op, `${op}: ${name}=${shownValue(value)} is not allowed: it must be ${must}`);
}

/** @param {string} op @param {string} what @param {unknown} value @param {Function} kind its class */
export function checkObject(op, what, value, kind) {
  if (!(value instanceof kind)) throw new FolioError('ARGUMENT', op, `${op}: a ${what} is needed, not ${shownValue(value)}`);
}

/**
 * Options as they were given; none where nothing is said.
 * @template {object} T @param {string} op @param {T} [options] @param {string} [what] those are
 * @returns {T}
 */
export function optionsOf(op, options = /** @type {T} */ ({}), what = 'options') {
  if (options === null || typeof options !== 'object') throw new FolioError('ARGUMENT', op, `${op}: ${what} must be an object, not ${shownValue(options)}`);
  return options;
}

/** @param {string} op @param {Record<string, unknown>} values by name */
export function checkSwitches(op, values) {
  for (const [name, value] of Object.entries(values)) if (typeof value !== 'boolean') refuseValue(op, name, value, 'true or false');
}

/** @param {string} op @param {AbortSignal | null} [signal] */
export function checkSignal(op, signal) {
  if (signal !== undefined && signal !== null && typeof signal.throwIfAborted !== 'function') refuseValue(op, 'signal', signal, 'an AbortSignal');
}

/** @param {string} op @param {Record<string, unknown>} values by name; undefined where nothing is said */
export function checkNumbers(op, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && typeof value !== 'number') refuseValue(op, name, value, 'a number');
  }
}

/** @param {string} op @param {Record<string, unknown>} values by name @param {number} [least] */
export function checkCounts(op, values, least = 0) {
  for (const [name, value] of Object.entries(values)) {
    if (!(Number.isSafeInteger(value) && Number(value) >= least)) refuseValue(op, name, value, `a whole number from ${least}`);
  }
}
