/** args.js - what a command accepts: one table of options, read for parsing and for help. */

import { nearest } from '../src/settings.js';

/**
 * @typedef {object} Option
 * @property {string} [value] what stands after it, in capitals; without one it is a switch
 * @property {'text' | 'count' | 'real'} [kind] of the value; default text
 * @property {boolean} [many] may stand more than once
 * @property {boolean} [required]
 * @property {string} doc one line
 */

/**
 * @typedef {object} Command
 * @property {string} doc one line
 * @property {Record<string, Option>} options by name, without the dashes
 * @property {{value: string, doc: string}} [operand] what may stand without dashes, once; found as `operand`
 * @property {string} [meant] the option that a word without dashes was probably meant for, where there is no operand
 * @property {string} [notes] more lines for the help
 * @property {(options: Options) => Promise<number>} run gives the exit code
 */

/** @typedef {Record<string, any>} Options */

/** Something was typed wrong: exit code 2. */
export class UsageError extends Error {}

/**
 * @param {Pick<Command, 'options' | 'operand' | 'meant'>} command
 * @param {string[]} argv
 * @returns {Options}
 */
export function parseOptions({ options: table, operand, meant }, argv) {
  /** @type {Options} */
  const found = {};
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (!name && operand && !Object.hasOwn(found, 'operand') && (word === '-' || !word.startsWith('-'))) {
      found.operand = word;
      continue;
    }
    if (!name) throw new UsageError(`'${word}' is not an option${meant && !/^-./.test(word) ? `; did you mean --${meant} ${quoted(word)}?` : ''}`);
    if (!Object.hasOwn(table, name)) {
      const near = nearest(name, Object.keys(table));
      throw new UsageError(`there is no option --${name}${near ? `; did you mean --${near}?` : ''}`);
    }
    const option = table[name];
    if (Object.hasOwn(found, name) && !option.many) throw new UsageError(`--${name} stands twice`);
    const value = option.value ? readValue(name, option, inline ?? rest.shift()) : inline === undefined || fail(`--${name} takes no value`);
    found[name] = option.many ? [...(found[name] ?? []), value] : value;
  }
  for (const [name, option] of Object.entries(table)) {
    if (option.required && !Object.hasOwn(found, name)) throw new UsageError(`--${name} ${option.value} is missing`);
  }
  return found;
}

/** A word as a shell takes it. @param {string} word */
const quoted = (word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** @param {string} message @returns {never} */
function fail(message) {
  throw new UsageError(message);
}

/**
 * @param {string} name
 * @param {Option} option
 * @param {string | undefined} text
 * @returns {string | number}
 */
function readValue(name, { value, kind = 'text' }, text) {
  if (text === undefined) return fail(`--${name} needs a value: --${name} ${value}`);
  if (text === '' && name !== 'prompt') return fail(`--${name} needs a value that is not empty: --${name} ${value}`);
  if (kind === 'text') return text;
  const number = text.trim() === '' ? NaN : Number(text);
  if (kind === 'count' && !(Number.isSafeInteger(number) && number >= 0)) return fail(`--${name} must be a whole number from 0, not '${text}'`);
  if (!Number.isFinite(number)) return fail(`--${name} must be a number, not '${text}'`);
  return number;
}

/**
 * @param {string} name
 * @param {Command} command
 */
export function helpText(name, { doc, options, operand, notes }) {
  const rows = Object.entries(options).map(([key, { value }]) => `--${key}${value ? ` ${value}` : ''}`);
  const width = Math.max(...rows.map((row) => row.length));
  const lines = Object.values(options).map((option, i) => `  ${rows[i].padEnd(width)}  ${option.doc}`);
  return [`folio ${name} - ${doc}`, '', ...(operand ? [`  ${operand.value.padEnd(width)}  ${operand.doc}`] : []), ...lines, ...(notes ? ['', notes] : [])].join('\n');
}
