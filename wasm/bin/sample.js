/** sample.js - `folio sample`: let a model write. */

import { FolioError } from '../src/error.js';
import { openWriter } from '../src/run.js';
import { UsageError } from './args.js';
import { ENGINE_OPTIONS, loadEngine } from './engine.js';
import { about, chosenModel, isOfCheckpoint, readFile } from './files.js';
import { interrupt } from './interrupt.js';

/** @type {import('./args.js').Command} */
export const sample = {
  doc: 'let a model write',
  options: {
    model: { value: 'FILE', doc: 'a checkpoint of `folio train` (default: the model that comes with Folio)' },
    prompt: { value: 'TEXT', doc: 'go on from this text (default: a line break)' },
    tokens: { value: 'N', kind: 'count', doc: 'how many to write (default: 500)' },
    temperature: { value: 'X', kind: 'real', doc: '0: always the most likely token (default: 1)' },
    'top-k': { value: 'N', kind: 'count', doc: 'choose among the N most likely (default: 0, all)' },
    'top-p': { value: 'X', kind: 'real', doc: 'choose among the fewest whose probabilities reach X (default: 1)' },
    'min-p': { value: 'X', kind: 'real', doc: 'choose among those at least X times as likely as the most likely (default: 0)' },
    'repetition-penalty': { value: 'X', kind: 'real', doc: 'above 1: tokens in the context become less likely (default: 1)' },
    seed: { value: 'N', kind: 'count', doc: 'the same seed writes the same text (default: 1)' },
    ...ENGINE_OPTIONS,
  },
  run: runSample,
};

/** @param {import('./args.js').Options} options */
async function runSample(options) {
  const { prompt = '', tokens = 500, temperature, seed } = options;
  const model = chosenModel(options.model);
  const folio = await loadEngine(options);
  const writer = about(model, () => openWriter(folio, readFile(model)), isOfCheckpoint);
  const how = { topK: options['top-k'], topP: options['top-p'], minP: options['min-p'], repetitionPenalty: options['repetition-penalty'] };
  let before = prompt;
  try {
    for await (const text of writer.generate({ prompt, tokens, temperature, seed, ...how, ...interrupt })) {
      process.stdout.write(before + text);
      before = '';
    }
  } catch (error) {
    throw error instanceof FolioError && error.op === 'generate' && error.code === 'RANGE' ? new UsageError(error.message) : error;
  }
  process.stdout.write(`${before}\n`);
  return 0;
}
