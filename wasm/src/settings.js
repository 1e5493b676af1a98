/** settings.js - the core's table of settings, and configs: objects with a value for every row of it. */

import { SETTING_WORDS } from '../dist/setting-words.js';
import { FolioError } from './error.js';

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {'int' | 'real' | 'bool' | 'enum'} kind
 * @property {Value} default
 * @property {number} min
 * @property {number} max
 * @property {string[]} [choices] of an enum
 * @property {string} doc one line
 */

/** @typedef {Pick<Setting, 'kind' | 'min' | 'max' | 'choices'>} Limits what a value may be */
/** @typedef {number | boolean | string} Value a number, true or false, or one of the choices, as the setting's kind asks */
/**
 * @typedef {Record<string, any> & {n_layer: number, n_head: number, n_embd: number, block_size: number, vocab_size: number,
 *   batch_size: number, max_iters: number, eval_interval: number, val_fraction: number, seed: number, tokenizer: 'char' | 'byte' | 'word' | 'bpe',
 *   optimizer: string}} Config
 */

const KINDS = /** @type {const} */ (['int', 'real', 'bool', 'enum']);

/**
 * Reads the table out of a module.
 * @param {import('./module.js').Module} module
 * @returns {Setting[]}
 */
export function readSettings(module) {
  const count = module.call('setting_count');
  if (count !== SETTING_WORDS.length) throw new FolioError('WASM', 'load', `load: the module has ${count} settings, this package ${SETTING_WORDS.length}: they are of two versions`);
  return SETTING_WORDS.map(([name, words, doc], i) => {
    const kind = KINDS[module.call('setting_kind', i)];
    const choices = words.split('|');
    const number = module.call('setting_default', i);
    return {
      name,
      kind,
      default: toValue(kind, choices, number),
      min: module.call('setting_min', i),
      max: module.call('setting_max', i),
      ...(kind === 'enum' ? { choices } : {}),
      doc,
    };
  });
}

/**
 * @param {Setting['kind']} kind
 * @param {string[]} choices
 * @param {number} number
 * @returns {Value}
 */
function toValue(kind, choices, number) {
  if (kind === 'bool') return number !== 0;
  return kind === 'enum' ? choices[number] : number;
}

/**
 * A whole config: `partial` over the defaults, each value checked against its row.
 * @param {Setting[]} settings
 * @param {Record<string, unknown>} partial
 * @returns {Config}
 */
export function completeConfig(settings, partial) {
  if (!partial) throw new FolioError('ARGUMENT', 'config', `config: settings must be an object, not ${partial}`);
  for (const key of Object.keys(partial)) findSetting(settings, key);
  return /** @type {Config} */ (Object.fromEntries(settings.map((setting) => {
    const value = Object.hasOwn(partial, setting.name) ? partial[setting.name] : undefined;
    return [setting.name, value === undefined ? setting.default : checkValue(setting, value)];
  })));
}

/**
 * The row of a name; a name that is not there gets an error with the nearest one that is.
 * @param {Setting[]} settings
 * @param {string} name
 * @returns {Setting}
 */
export function findSetting(settings, name) {
  const found = settings.find((setting) => setting.name === name);
  if (found) return found;
  const near = nearest(name, settings.map((setting) => setting.name));
  throw new FolioError('SETTING', 'config', `config: there is no setting '${name}'${near ? `; did you mean '${near}'?` : ''}`);
}

/**
 * Whether a setting accepts a value.
 * @param {Limits} limits
 * @param {unknown} value
 * @returns {boolean}
 */
export function fits({ kind, min, max, choices = [] }, value) {
  if (kind === 'bool') return typeof value === 'boolean';
  if (kind === 'enum') return choices.includes(/** @type {string} */ (value));
  return typeof value === 'number' && value >= min && value <= max && (kind === 'real' || Number.isInteger(value));
}

/**
 * @param {Setting} setting
 * @param {unknown} value
 * @returns {Value}
 */
function checkValue(setting, value) {
  if (fits(setting, value)) return /** @type {Value} */ (value);
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  throw new FolioError('RANGE', 'config', `config: ${setting.name}=${shown} is not allowed: it must be ${allowed(setting)}`);
}

/**
 * What a setting accepts, in words.
 * @param {Limits} limits
 */
export function allowed({ kind, min, max, choices = [] }) {
  if (kind === 'bool') return 'true or false';
  if (kind === 'enum') return `one of ${choices.join(', ')}`;
  return `${kind === 'int' ? 'a whole number' : 'a number'} from ${min} to ${max}`;
}

/** How numbers are written; as the page reads them, so that a link means the same everywhere. */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * A value written as text, as in `key=value`. What cannot be read as the setting's kind is left as it is, for the check to name.
 * @param {Limits} setting
 * @param {string} text
 * @returns {Value}
 */
export function parseValue(setting, text) {
  if (setting.kind === 'bool') return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  const plain = text.trim();
  return setting.kind !== 'enum' && plain.length <= 32 && DECIMAL.test(plain) ? Number(plain) : text;
}

/**
 * A config as the core takes it: one double a row.
 * @param {Setting[]} settings
 * @param {Record<string, any>} config complete
 */
export function packConfig(settings, config) {
  return Float64Array.from(settings, ({ name, kind, choices = [] }) => (kind === 'enum' ? choices.indexOf(config[name]) : Number(config[name])));
}

/**
 * The word of `words` that differs least from `word`, if it differs little (Levenshtein distance).
 * @param {string} word
 * @param {string[]} words
 * @returns {string | undefined}
 */
export function nearest(word, words) {
  let best = Math.max(2, Math.floor(word.length / 2)) + 1;
  /** @type {string | undefined} */
  let found;
  for (const candidate of words) {
    const away = distance(word.toLowerCase(), candidate.toLowerCase());
    if (away < best) [best, found] = [away, candidate];
  }
  return found;
}

/** How many letters have to be put in, left out or changed (Levenshtein). @param {string} a @param {string} b */
export function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length];
}
