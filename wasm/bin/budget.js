/** budget.js - `folio train --budget`: times as they are typed, and the preset that fits into one. */

import { finished } from '../src/pace.js';
import { measurePace } from '../src/budget.js';
import { UsageError } from './args.js';
import { MOST_JSON, findModelFile, readFile } from './files.js';

/** @typedef {{name: string, seconds: number}} BudgetedPreset seconds: what its own training was made for */
/** @typedef {BudgetedPreset & {steps: number, step_seconds: number, takes: number}} MeasuredPreset takes: seconds of its own training here */

const UNITS = /** @type {Record<string, number>} */ ({ '': 1, s: 1, m: 60, h: 3600 });

/** '90', '90s', '1.5m', '1h' -> seconds @param {string} text */
export function parseDuration(text) {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?|\.\d+)([smh]?)$/.exec(text) ?? [];
  const seconds = Number(number) * UNITS[unit];
  if (!number || !(seconds > 0 && seconds <= 31_536_000)) throw new UsageError(`--budget must be a time, such as 60s, 5m or 1h, not '${text}'`);
  return seconds;
}

/**
 * The presets that were made for a time, the shortest first: models/budgets.json, preset to seconds.
 * @param {string[]} known names of presets
 * @param {string} [path]
 * @returns {BudgetedPreset[]}
 */
export function budgetedPresets(known, path = findModelFile('budgets.json')) {
  if (!path) throw new UsageError('--preset auto needs models/budgets.json, and it is not there');
  const refuse = (/** @type {string} */ message) => new UsageError(`--preset auto: ${path} ${message}`);
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(new TextDecoder().decode(readFile(path, { most: MOST_JSON })));
  } catch (error) {
    throw refuse(`cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) throw refuse('is not a JSON object of presets and seconds');
  const presets = Object.entries(json).map(([name, seconds]) => ({ name, seconds }));
  if (!presets.length) throw refuse('names no preset');
  for (const { name, seconds } of presets) {
    if (!known.includes(name)) throw refuse(`names the preset '${name}', which is not there; known: ${known.join(', ')}`);
    if (!(typeof seconds === 'number' && seconds > 0)) throw refuse(`says ${JSON.stringify(seconds)} for '${name}': it must be seconds, more than 0`);
  }
  return presets.sort((a, b) => a.seconds - b.seconds);
}

/**
 * The largest of the presets whose own training fits into a budget here; the smallest where none does. None larger than the first that does not
 * fit is measured.
 * @param {BudgetedPreset[]} presets the smallest first
 * @param {number} budget seconds
 * @param {(preset: BudgetedPreset) => Promise<MeasuredPreset>} measure
 * @returns {Promise<MeasuredPreset>}
 */
export async function choosePreset(presets, budget, measure) {
  let chosen = await measure(presets[0]);
  for (const preset of presets.slice(1)) {
    if (chosen.takes > budget) break;
    const next = await measure(preset);
    if (next.takes > budget) break;
    chosen = next;
  }
  return chosen;
}

/**
 * What a run's own steps and its evaluation at the end take here.
 * @param {import('../src/run.js').Run} run
 * @param {number} budget
 * @param {AbortSignal} signal
 */
export async function measureRun(run, budget, signal) {
  const { step_seconds, eval_seconds } = await finished(measurePace(run, Math.min(1, Math.max(0.1, 0.02 * budget)), performance.now() / 1000 + budget), { signal });
  const { max_iters: steps } = run.config;
  return { steps, step_seconds, takes: steps * step_seconds + eval_seconds };
}
