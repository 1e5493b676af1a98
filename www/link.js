// link.js - the settings as a link has them, `seed=7&n_layer=6`, defaults left out; folio/src/link reads the rest of a link. A link comes from
// anywhere: each setting in it is checked by the table alone, and one that is wrong is left out with a notice, without harm to the others.

import { readValue } from './settings.js';

/** @typedef {import('./settings.js').Row} Row @typedef {import('./settings.js').Value} Value @typedef {import('./state.js').State} State */

const MOST_NOTICES = 4;

/** @typedef {{settings: Map<string, string>, parts?: {numerics?: string}, faults: string[], refused?: string}} Link */

/** The numerics that a link asks for, which the engine is loaded with, before anything else of it is read. @param {string} fragment */
export const numericsOf = (fragment) => (/[#&]numerics=fast(&|$)/.test(fragment) ? 'fast' : 'exact');

/**
 * @param {Link} link as folio/src/link/link.js reads it
 * @param {Map<string, Row>} rows
 * @returns {{values: Map<string, Value>, notices: string[]}} what the link sets, and what was left out, in words
 */
export function settingsOf({ settings, parts, faults: before, refused }, rows) {
  /** @type {Map<string, Value>} */
  const values = new Map();
  if (refused) return { values, notices: [`${refused} The defaults are used instead.`] };
  const faults = [...before];
  for (const [name, string] of [...settings, ...(parts?.numerics ? [/** @type {[string, string]} */ (['numerics', parts.numerics])] : [])]) {
    const row = rows.get(name);
    const read = row ? readValue(row, string) : undefined;
    if (!read) faults.push(`there is no setting “${name.length > 40 ? `${name.slice(0, 40)}…` : name}”`);
    else if ('value' in read) values.set(name, read.value);
    else faults.push(`${name} ${read.fault}`);
  }
  const notices = faults.slice(0, MOST_NOTICES).map((fault) => `Left out of the link: ${fault}.`);
  if (faults.length > MOST_NOTICES) notices.push(`Left out of the link: ${faults.length - MOST_NOTICES} more.`);
  return { values, notices };
}

/** The settings that are not at their defaults. @param {State} state @returns {[string, Value][]} */
export function pairsOf(state) {
  return [...state.rows.values()].flatMap(({ name, default: usual }) => {
    const value = state.get(name);
    return value === (name === 'preset' ? usual : state.base(name)) ? [] : [[name, value]];
  });
}

/**
 * The settings alone, as the address always has them.
 * @param {State} state
 * @returns {string} '' where everything is at its default, else '#...'
 */
export function writeLink(state) {
  const pairs = pairsOf(state);
  return pairs.length ? `#${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : '';
}
