/** engine.js - the options of every command that computes: which module runs, with how many threads. */

import { load } from '../src/folio.js';
import { UsageError } from './args.js';

/** @type {Record<string, import('./args.js').Option>} */
export const ENGINE_OPTIONS = {
  numerics: { value: 'exact|fast', doc: 'exact: the same bits everywhere; fast: fused multiply-add where the engine has it (default: exact)' },
  threads: { value: 'N|auto', doc: 'how many threads work (default: auto, one a processor, at most 8); the result does not depend on it' },
};

/** @param {import('./args.js').Options} options */
export async function loadEngine({ numerics, threads = 'auto' }) {
  if (numerics !== undefined && numerics !== 'exact' && numerics !== 'fast') throw new UsageError(`--numerics can be exact or fast, not '${numerics}'`);
  if (threads !== 'auto' && !(/^\d+$/.test(threads) && Number(threads) >= 1 && Number(threads) <= 64)) {
    throw new UsageError(`--threads can be auto or a whole number from 1 to 64, not '${threads}'`);
  }
  return load({ numerics, threads: threads === 'auto' ? threads : Number(threads) });
}

/** What runs, in a line. @param {import('../src/folio.js').Info} info */
export function engineWords({ variant, numerics, threads, notes }) {
  return [`module ${variant}, ${numerics} numerics, ${threads} thread${threads > 1 ? 's' : ''}`, ...notes].join('; ');
}
