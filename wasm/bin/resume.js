/** resume.js - what `folio train --resume` looks at before it goes on, and how a run that was interrupted is gone on with. */

import { fingerprint } from '../src/checkpoint/fingerprint.js';
import { parse } from '../src/checkpoint/safetensors.js';
import { UsageError, quoted } from './args.js';
import { about, isOfCheckpoint } from './files.js';

/** Options that a checkpoint does not hold, but on which the rest of its run depends. */
const KEPT = ['patience', 'keep-best', 'on-divergence', 'numerics', 'threads', 'json'];

/**
 * Refuses settings that the model of a checkpoint has not; what a person should know besides is given back.
 * @param {import('../src/folio.js').Folio} folio
 * @param {string} file
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Record<string, unknown>} said settings that were asked for
 * @param {{path: string, text: Uint8Array, named: boolean}} data named: whether it was asked for
 * @returns {string[]}
 */
export function checkResumed(folio, file, bytes, said, { path, text, named }) {
  const { config, text: learnt } = about(file, () => parse(bytes), isOfCheckpoint).metadata;
  const is = known(config);
  if (is) {
    const shapes = (/** @type {Record<string, unknown>} */ of) => folio.layout(folio.config(of)).map(({ name, shape }) => `${name} ${shape}`).join();
    const ofModel = folio.settings.slice(0, folio.settings.findIndex(({ name }) => name === 'optimizer')).map(({ name }) => name);
    const wrong = ofModel.filter((name) => said[name] !== undefined && said[name] !== is[name]);
    const list = (/** @type {Record<string, unknown>} */ of) => wrong.map((name) => `${name}=${of[name]}`).join(', ');
    if (wrong.length && shapes(is) !== shapes({ ...is, ...said })) throw new UsageError(`${list(said)} contradicts the checkpoint ${file}, which has ${list(is)}`);
  }
  if (!learnt || learnt === fingerprint(text)) return [];
  const other = `${file} has learnt another text than ${path}`;
  if (!named) throw new UsageError(`${other}: name it with --data FILE`);
  return [`${other}: the run goes on, but is no longer the one it was (--init begins a fine-tuning)`];
}

/** The settings of a checkpoint; what is damaged is told by who reads it whole. @param {string | undefined} json @returns {Record<string, unknown> | undefined} */
function known(json) {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}

/**
 * The command that goes on from what was saved.
 * @param {import('./args.js').Options} options
 * @param {{path: string} | undefined} old the text learnt before
 */
export function goOn({ data, out, ...options }, old) {
  const named = { resume: out, data, out, 'old-data': old?.path, ...Object.fromEntries(KEPT.map((name) => [name, options[name]])) };
  const words = Object.entries(named).filter(([, value]) => value !== undefined);
  return ['folio train', ...words.map(([name, value]) => (value === true ? `--${name}` : `--${name} ${quoted(String(value))}`))].join(' ');
}
