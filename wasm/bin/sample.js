/** sample.js - `folio sample`: let a model write. */

import { FolioError } from '../src/error.js';
import { openWriter } from '../src/run.js';
import { UsageError } from './args.js';
import { ENGINE_OPTIONS, loadEngine } from './engine.js';
import { about, chosenModel, isOfCheckpoint, readFile } from './files.js';
import { interrupt } from './interrupt.js';
import { HEADS, hasColours, legend, row, shade } from './shade.js';

/** @type {import('./args.js').Command} */
export const sample = {
  doc: 'let a model write',
  options: {
    model: { value: 'FILE', doc: 'a checkpoint of `folio train`, or a folder of `folio export` (default: the model that comes with Folio)' },
    prompt: { value: 'TEXT', doc: 'go on from this text (default: a line break)' },
    tokens: { value: 'N', kind: 'count', doc: 'how many to write (default: 500)' },
    temperature: { value: 'X', kind: 'real', doc: '0: always the most likely token (default: 1)' },
    'top-k': { value: 'N', kind: 'count', doc: 'choose among the N most likely (default: 0, all)' },
    'top-p': { value: 'X', kind: 'real', doc: 'choose among the fewest whose probabilities reach X (default: 1)' },
    'min-p': { value: 'X', kind: 'real', doc: 'choose among those at least X times as likely as the most likely (default: 0)' },
    'repetition-penalty': { value: 'X', kind: 'real', doc: 'above 1: tokens in the context become less likely (default: 1)' },
    seed: { value: 'N', kind: 'count', doc: 'the same seed writes the same text (default: 1)' },
    stop: { value: 'TEXT', doc: 'end before this text (default: at the length only)' },
    probabilities: { doc: 'tell of each token how likely it was: in colours on a terminal, a line each elsewhere' },
    alternatives: { value: 'N', kind: 'count', doc: 'how many of the likeliest tokens are told, with --json, or with --probabilities where there are no colours (default: 5)' },
    json: { doc: 'one JSON object a line for each token: its probability, chance, rank and alternatives' },
    ...ENGINE_OPTIONS,
  },
  meant: 'prompt',
  run: runSample,
};

/** @param {import('./args.js').Options} options */
async function runSample(options) {
  const { prompt = '', tokens = 500, temperature, seed, stop, alternatives: details = 5 } = options;
  const detailed = options.probabilities || options.json;
  if (!detailed && options.alternatives !== undefined) throw new UsageError('--alternatives goes with --probabilities or --json');
  const model = chosenModel(options.model);
  const folio = await loadEngine(options);
  const writer = about(model, () => openWriter(folio, readFile(model)), isOfCheckpoint);
  const how = { topK: options['top-k'], topP: options['top-p'], minP: options['min-p'], repetitionPenalty: options['repetition-penalty'] };
  const asked = { prompt, tokens, temperature, seed, stop, ...how, ...interrupt };
  try {
    if (detailed) await writeTokens(writer.generate({ ...asked, details }), prompt, options.json);
    else await writeText(writer.generate(asked), prompt);
  } catch (error) {
    if (error instanceof FolioError && error.code === 'UNKNOWN_CHAR') throw new FolioError(error.code, 'sample', `--prompt: ${error.message.replace(/^tokenizer\.encode: /, '')}`);
    throw error instanceof FolioError && error.op === 'generate' && error.code === 'RANGE' ? new UsageError(error.message.replace(/^generate: /, '')) : error;
  }
  return 0;
}

/** The prompt stands before the first piece, not before an error. @param {AsyncIterable<string>} pieces @param {string} prompt */
async function writeText(pieces, prompt) {
  let before = prompt;
  for await (const text of pieces) {
    process.stdout.write(before + text);
    before = '';
  }
  process.stdout.write(`${before}\n`);
}

/** @param {AsyncIterable<import('../src/writer.js').WrittenToken>} tokens @param {string} prompt @param {boolean} [json] */
async function writeTokens(tokens, prompt, json) {
  const coloured = hasColours(process.stdout);
  const say = json ? (/** @type {any} */ token) => `${JSON.stringify(token)}\n` : coloured
    ? (/** @type {any} */ { text, probability }) => shade(text, probability)
    : (/** @type {any} */ token) => `${row(token)}\n`;
  let before = json ? '' : coloured ? prompt : `${HEADS}\n`;
  for await (const token of tokens) {
    process.stdout.write(before + say(token));
    before = '';
  }
  process.stdout.write(before);
  if (!json && coloured) process.stdout.write(`\n\n${legend()}\n`);
}
