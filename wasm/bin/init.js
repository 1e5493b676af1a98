/** init.js - what `folio train --init` needs of the options, and how it shows what the model writes before and after. */

import { fingerprint } from '../src/checkpoint/fingerprint.js';
import { parse } from '../src/checkpoint/safetensors.js';
import { UsageError } from './args.js';
import { about, isOfCheckpoint, readText } from './files.js';

/** @type {Record<string, import('./args.js').Option>} */
export const INIT_OPTIONS = {
  init: { value: 'FILE', doc: 'fine-tune: begin with the model of a checkpoint, at step 0 (see below)' },
  'init-optimizer': { value: 'keep|fresh', doc: "with --init: go on with the optimizer's state, or with a fresh one (default: fresh)" },
  'old-data': { value: 'FILE', doc: 'with --init or --resume: the text learnt before, to tell the loss on it too (default with --init: that of `folio train`, if it was learnt)' },
  'sample-prompt': { value: 'TEXT', doc: 'with --init: what the samples before and after go on from (default: a line break)' },
  'sample-tokens': { value: 'N', kind: 'count', doc: 'with --init: how many tokens each of them has; 0: none (default: 200)' },
};

export const INIT_NOTES = `--init takes the model and its tokenizer from the checkpoint; characters that a char tokenizer lacks become new tokens.

The training is that of --preset and --set; what they leave open is: 200 steps, three tenths of the checkpoint's rates, falling linearly to
nearly nothing after a twentieth of the steps, ten evaluations, and the best weights at the end. The loss on the old text is over the first 16,384 tokens of its validation part.`;

const TOKENS = 200;

/** What cannot stand together. @param {import('./args.js').Options} options */
export function checkInit(options) {
  const { init, resume, tokenizer, 'vocab-size': vocabSize, 'init-optimizer': optimizer = 'fresh' } = options;
  if (init && resume) throw new UsageError('--init and --resume exclude each other: --init begins a training, --resume goes on with one');
  const chosen = tokenizer || vocabSize !== undefined;
  if (init && chosen) throw new UsageError('--tokenizer and --init exclude each other: a checkpoint brings its tokenizer');
  if (optimizer !== 'keep' && optimizer !== 'fresh') throw new UsageError(`--init-optimizer can be keep or fresh, not '${optimizer}'`);
  for (const name of init ? [] : ['init-optimizer', 'sample-prompt', 'sample-tokens']) {
    if (options[name] !== undefined) throw new UsageError(`--${name} goes with --init`);
  }
  if (options['old-data'] && !init && !resume) throw new UsageError('--old-data goes with --init or --resume: a new model has learnt nothing before');
}

/**
 * The text learnt before: the one named, or with --init the default text, where the checkpoint has learnt that and is now to learn another.
 * @param {import('./args.js').Options} options
 * @param {Uint8Array | undefined} init
 * @param {Uint8Array} text to learn now
 * @returns {{path: string, text: Uint8Array} | undefined}
 */
export function oldTextOf({ init: file, 'old-data': named }, init, text) {
  if (named) return readText(named);
  const learnt = init && about(file, () => parse(init), isOfCheckpoint).metadata.text;
  if (!learnt || learnt === fingerprint(text)) return undefined;
  const usual = findUsual();
  return usual && fingerprint(usual.text) === learnt ? usual : undefined;
}

/** The default text, if there is one. */
function findUsual() {
  try {
    return readText();
  } catch {
    return undefined;
  }
}

/**
 * What the model writes now; before and after it is asked the same.
 * @param {import('../src/run.js').Run} run
 * @param {import('./args.js').Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<{event: 'sample', step: number, prompt: string, text: string} | undefined>}
 */
export async function writeSample(run, { 'sample-prompt': prompt = '', 'sample-tokens': tokens = TOKENS }, signal) {
  if (!tokens) return undefined;
  let text = '';
  for await (const piece of run.writer.generate({ prompt, tokens, signal })) text += piece;
  return { event: 'sample', step: run.step, prompt, text };
}
