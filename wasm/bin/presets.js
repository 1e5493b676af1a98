/** presets.js - settings by name (models/presets/NAME.json) or from a file, and those typed one by one. */

import { existsSync, readdirSync } from 'node:fs';
import { FolioError } from '../src/error.js';
import { parseValue } from '../src/settings.js';
import { UsageError } from './args.js';
import { MOST_JSON, findModelFile, readFile } from './files.js';
import { meant } from './near.js';

export const DEFAULT_PRESET = 'shakespeare';

/** Options of `folio train` that are settings under another name, and what these are. @type {Record<string, string>} */
const OPTIONS = { steps: 'max_iters', seed: 'seed', 'eval-every': 'eval_interval' };

/** Names of all presets. */
export function presetNames() {
  const folder = findModelFile('presets');
  return folder ? readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5)).sort() : [];
}

/**
 * @param {string} nameOrFile
 * @returns {Record<string, unknown>}
 */
export function readPreset(nameOrFile) {
  const path = (/^[\w-]+$/.test(nameOrFile) && findModelFile(`presets/${nameOrFile}.json`)) || nameOrFile;
  if (!existsSync(path)) {
    throw new UsageError(`there is no preset or file '${nameOrFile}'; ${meant(nameOrFile, presetNames())}`);
  }
  const text = new TextDecoder().decode(readFile(path, { most: MOST_JSON }));
  try {
    const json = JSON.parse(text);
    if (json && typeof json === 'object' && !Array.isArray(json)) return json;
  } catch (error) {
    throw new UsageError(`the preset ${path} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  throw new UsageError(`the preset ${path} is not a JSON object of settings`);
}

/**
 * The settings that options ask for: preset, then --set, then the options that are settings themselves.
 * @param {import('../src/folio.js').Folio} folio
 * @param {import('./args.js').Options} options
 * @param {Record<string, unknown>} base
 * @returns {Record<string, unknown>}
 */
export function chosenSettings(folio, { preset, set = [], ...options }, base) {
  if (preset) checkPreset(folio, preset, base);
  return asUsage(() => {
    const typed = set.map((/** @type {string} */ pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--set needs key=value, not '${pair}'`);
      const setting = settingOf(folio, pair.slice(0, at));
      return [setting.name, parseValue(setting, pair.slice(at + 1))];
    });
    const named = Object.entries(OPTIONS).map(([option, name]) => [name, options[option]]).filter(([, value]) => value !== undefined);
    const settings = { ...base, ...Object.fromEntries(typed), ...Object.fromEntries(named) };
    folio.config(settings);
    return settings;
  });
}

/** What is wrong with a preset by itself is told with its name. @param {import('../src/folio.js').Folio} folio @param {string} preset @param {Record<string, unknown>} base */
function checkPreset(folio, preset, base) {
  for (const [name, value] of Object.entries(base)) {
    try {
      folio.config({ [name]: value });
    } catch (error) {
      // whether it agrees with other settings is seen when all of them are there
      if (error instanceof FolioError && ['SETTING', 'RANGE'].includes(error.code)) throw new UsageError(`the preset ${preset}: ${error.message.replace(/^config: /, '')}`);
    }
  }
}

/** @param {import('../src/folio.js').Folio} folio @param {string} name */
function settingOf({ settings }, name) {
  const found = settings.find((setting) => setting.name === name);
  if (found) return found;
  const option = name.replaceAll('_', '-');
  if (Object.hasOwn(OPTIONS, option)) throw new UsageError(`there is no setting '${name}'; did you mean '${OPTIONS[option]}', which --${option} sets?`);
  throw new UsageError(`there is no setting '${name}'; ${meant(name, settings.map((setting) => setting.name), '`folio info` lists them')}`);
}

/** What was typed wrong is a usage error, whoever found it. @template T @param {() => T} read @returns {T} */
function asUsage(read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof FolioError ? new UsageError(error.message.replace(/^config: /, '')) : error;
  }
}
