// link.js - the state as the fragment of the link: `#seed=7&n_layer=6`, defaults left out. A link comes from anywhere: each setting in it is
// checked by the table alone, and one that is wrong is left out with a notice, without harm to the others.

import { readValue } from './settings.js';

/** @typedef {import('./settings.js').Row} Row @typedef {import('./settings.js').Value} Value */

/** Longest fragment that is read; one with everything set has less than half of this. */
const LONGEST = 16384;
const MOST_NOTICES = 4;

/**
 * @param {string} fragment with or without its '#'
 * @param {Map<string, Row>} rows
 * @returns {{values: Map<string, Value>, notices: string[]}} what the link sets, and what was left out, in words
 */
export function readLink(fragment, rows) {
  /** @type {Map<string, Value>} */
  const values = new Map();
  /** @type {string[]} */
  const faults = [];
  if (fragment.length > LONGEST) {
    return { values, notices: [`The link is ${fragment.length} characters long; at most ${LONGEST} are read. The defaults are used instead.`] };
  }
  for (const [name, string] of new URLSearchParams(fragment.replace(/^#/, ''))) {
    const row = rows.get(name);
    const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
    if (!row) {
      faults.push(`there is no setting “${shown}”`);
    } else if (values.has(name)) {
      faults.push(`${name} stands there twice; the first one counts`);
    } else {
      const read = readValue(row, string);
      if ('value' in read) values.set(name, read.value);
      else faults.push(`${name} ${read.fault}`);
    }
  }
  const notices = faults.slice(0, MOST_NOTICES).map((fault) => `Left out of the link: ${fault}.`);
  if (faults.length > MOST_NOTICES) notices.push(`Left out of the link: ${faults.length - MOST_NOTICES} more.`);
  return { values, notices };
}

/**
 * @param {import('./state.js').State} state
 * @returns {string} '' where everything is at its default, else '#...'
 */
export function writeLink(state) {
  const pairs = new URLSearchParams();
  for (const { name, default: usual } of state.rows.values()) {
    const value = state.get(name);
    if (value !== (name === 'preset' ? usual : state.base(name))) pairs.set(name, String(value));
  }
  const link = pairs.toString();
  return link && `#${link}`;
}
