/** presets.js - settings by name (models/presets/NAME.json) or from a file, and those typed one by one. */

import { existsSync, readdirSync } from 'node:fs';
import { FolioError } from '../src/error.js';
import { findSetting, nearest, parseValue } from '../src/settings.js';
import { UsageError } from './args.js';
import { MOST_JSON, findModelFile, readFile } from './files.js';

export const DEFAULT_PRESET = 'shakespeare';

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
    const near = nearest(nameOrFile, presetNames());
    const hint = near ? `did you mean '${near}'?` : `known: ${presetNames().join(', ')}`;
    throw new UsageError(`there is no preset or file '${nameOrFile}'; ${hint}`);
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
export function chosenSettings(folio, { set = [], steps, seed, 'eval-every': evalEvery }, base) {
  return asUsage(() => {
    const typed = set.map((/** @type {string} */ pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--set needs key=value, not '${pair}'`);
      const setting = findSetting(folio.settings, pair.slice(0, at));
      return [setting.name, parseValue(setting, pair.slice(at + 1))];
    });
    const named = Object.entries({ max_iters: steps, seed, eval_interval: evalEvery }).filter(([, value]) => value !== undefined);
    const settings = { ...base, ...Object.fromEntries(typed), ...Object.fromEntries(named) };
    folio.config(settings);
    return settings;
  });
}

/** What was typed wrong is a usage error, whoever found it. @template T @param {() => T} read @returns {T} */
function asUsage(read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof FolioError ? new UsageError(error.message) : error;
  }
}
