/**
 * page-settings.js - the settings of a link that are the page's own, with what each may be: how its model writes, and when it trains. A replay needs
 * three of them; what is wrong with the others is told. www/settings.js has the same rows, with where each stands on the page.
 */

import { allowed, fits, parseValue } from '../src/settings.js';

/** @typedef {import('../src/settings.js').Limits} Limits */

/** A text has at most so many characters. @type {Map<string, number>} */
export const TEXTS = new Map([['prompt', 2000], ['stop', 200]]);

const none = { min: 0, max: 0 };

/** @type {Map<string, Limits>} */
export const OTHERS = new Map([
  ['temperature', { kind: 'real', min: 0, max: 5 }],
  ['top_k', { kind: 'int', min: 0, max: 100000 }],
  ['sample_seed', { kind: 'int', min: 0, max: 2147483647 }],
  ['tokens', { kind: 'int', min: 1, max: 5000 }],
  ['top_p', { kind: 'real', min: 0.01, max: 1 }],
  ['min_p', { kind: 'real', min: 0, max: 1 }],
  ['repetition_penalty', { kind: 'real', min: 0.1, max: 10 }],
  ['for', { kind: 'enum', ...none, choices: ['steps', 'seconds'] }],
  ['budget', { kind: 'real', min: 1, max: 86400 }],
  ['numerics', { kind: 'enum', ...none, choices: ['exact', 'fast'] }],
  ['effort', { kind: 'enum', ...none, choices: ['all', 'half', 'quarter'] }],
  ['pause_hidden', { kind: 'bool', ...none }],
]);

/** @param {string} name */
export const isOfPage = (name) => TEXTS.has(name) || OTHERS.has(name);

/**
 * What is wrong with a setting of the page, in words; undefined where nothing is.
 * @param {string} name
 * @param {string} value as a link has it
 */
export function pageFault(name, value) {
  const most = TEXTS.get(name);
  if (most !== undefined) {
    if (value.length > most) return `${name} has ${value.length} characters; at most ${most} fit`;
    return /[\0-\x08\x0b-\x1f\x7f]/.test(value) ? `${name} has control characters in it` : undefined;
  }
  const limits = OTHERS.get(name);
  if (!limits || fits(limits, parseValue(limits, value))) return undefined;
  return `${name} is “${value.length > 24 ? `${value.slice(0, 24)}…` : value}”; it must be ${allowed(limits)}`;
}
