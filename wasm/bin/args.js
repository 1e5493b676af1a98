/** args.js - what a command accepts: one table of options, read for parsing and for help. */

import { SETTING_WORDS } from '../dist/setting-words.js';
import { listed, near } from './near.js';
import { fill } from './wrap.js';

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
 * @property {{value: string, doc: string, optional?: boolean}} [operand] what may stand without dashes, once; found as `operand`
 * @property {string} [meant] the option that a word without dashes was probably meant for, where there is no operand
 * @property {string} [notes] more for the help; empty lines part its paragraphs
 * @property {(options: Options) => Promise<number>} run gives the exit code
 */

/** @typedef {Record<string, any>} Options */

/** Something was typed wrong: exit code 2. */
export class UsageError extends Error {}

/**
 * @param {Pick<Command, 'options' | 'operand' | 'meant'>} command
 * @param {string[]} argv
 * @param {Record<string, Pick<Command, 'options'>>} [commands] all of them: an option may be another's
 * @returns {Options}
 */
export function parseOptions({ options: table, operand, meant }, argv, commands = {}) {
  /** @type {Options} */
  const found = {};
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (!name && operand && !Object.hasOwn(found, 'operand') && (word === '-' || !word.startsWith('-'))) {
      found.operand = word;
      continue;
    }
    if (!name && operand && !word.startsWith('-')) throw new UsageError(`'${word}' is one too many: there is '${found.operand}' already`);
    if (!name) throw new UsageError(`'${word}' is not an option${meant && !/^-./.test(word) ? `; did you mean --${meant} ${quoted(word)}?` : ''}`);
    if (!Object.hasOwn(table, name)) throw new UsageError(`there is no option --${name}${whereElse(name, table, commands)}`);
    const option = table[name];
    if (Object.hasOwn(found, name) && !option.many) throw new UsageError(`--${name} stands twice`);
    const value = option.value ? readValue(name, option, inline ?? following(name, option, rest, table)) : inline === undefined || fail(`--${name} takes no value`);
    found[name] = option.many ? [...(found[name] ?? []), value] : value;
  }
  for (const [name, option] of Object.entries(table)) {
    if (option.required && !Object.hasOwn(found, name)) throw new UsageError(`--${name} ${option.value} is missing`);
  }
  return found;
}

/**
 * What to do about an option that a command has not: another has it, or it is a setting, or one is written nearly so.
 * @param {string} name
 * @param {Record<string, Option>} table
 * @param {Record<string, Pick<Command, 'options'>>} commands
 */
function whereElse(name, table, commands) {
  const others = Object.keys(commands).filter((command) => Object.hasOwn(commands[command].options, name));
  if (others.length) return ` here; ${listed(others.map((command) => `\`folio ${command}\``), 'and')} ${others.length > 1 ? 'have' : 'has'} it`;
  const setting = name.replaceAll('-', '_');
  if (Object.hasOwn(table, 'set') && SETTING_WORDS.some(([known]) => known === setting)) return `; it is a setting: --set ${setting}=VALUE`;
  const found = near(name, Object.keys(table));
  return found.length ? `; did you mean ${listed(found.map((known) => `--${known}`))}?` : '';
}

/**
 * The value of an option as the next word; another option in its place shows that it was forgotten.
 * @param {string} name
 * @param {Option} option
 * @param {string[]} rest
 * @param {Record<string, Option>} table
 */
function following(name, { value }, rest, table) {
  const [next] = rest;
  if (next?.startsWith('--') && Object.hasOwn(table, next.slice(2))) {
    throw new UsageError(`--${name} needs a value: --${name} ${value}; ${next} is an option (if it is meant: --${name}=${next})`);
  }
  return rest.shift();
}

/** A word as a shell takes it. @param {string} word */
export const quoted = (word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

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

/** Where the words about an option begin, at most: what is longer stands on a line of its own. */
const INDENT = 26;

/**
 * @param {string} name
 * @param {Command} command
 * @param {number} [columns] of the terminal
 */
export function helpText(name, { doc, options, operand, notes }, columns = 80) {
  const rows = [...(operand ? [[operand.value, operand.doc]] : []), ...Object.entries(options).map(([key, option]) => [label(key, option), option.doc])];
  const indent = Math.min(INDENT, 4 + Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.flatMap(([left, right]) => {
    const [first, ...more] = fill(right, columns - indent).map((line) => ' '.repeat(indent) + line);
    return left.length + 4 > indent ? [`  ${left}`, first, ...more] : [`  ${left}`.padEnd(indent) + first.slice(indent), ...more];
  });
  const usage = `usage: folio ${name}${operand ? ` ${operand.optional ? `[${operand.value}]` : operand.value}` : ''}${needed(options)} [OPTION ...]`;
  return [...fill(`folio ${name} - ${doc}`, columns), usage, '', ...lines, ...(notes ?? '').split('\n\n').flatMap((part) => (part ? ['', ...fill(part, columns)] : []))].join('\n');
}

/** @param {string} key @param {Option} option */
const label = (key, { value }) => `--${key}${value ? ` ${value}` : ''}`;

/** @param {Record<string, Option>} options */
const needed = (options) => Object.entries(options).filter(([, { required }]) => required).map(([key, option]) => ` ${label(key, option)}`).join('');
