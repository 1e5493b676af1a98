/** eval.js - `folio eval`: the loss of a model over the whole validation part of a text. */

import { fingerprint } from '../src/checkpoint/fingerprint.js';
import { FolioError } from '../src/error.js';
import { withBits } from '../src/baselines.js';
import { finished } from '../src/pace.js';
import { ENGINE_OPTIONS, loadEngine } from './engine.js';
import { bitsPerNat, encodeText, openWriter, shorten } from '../src/run.js';
import { baselineWords } from './baselines.js';
import { about, chosenModel, isOfCheckpoint, isOfText, readFile, readText } from './files.js';
import { interrupt } from './interrupt.js';

/** @type {import('./args.js').Command} */
export const evaluate = {
  doc: 'the loss of a model over the whole validation part of a text',
  options: {
    model: { value: 'FILE', doc: 'a checkpoint of `folio train`, or a folder of `folio export` (default: the model that comes with Folio)' },
    data: { value: 'FILE|-', doc: 'the text, UTF-8; -: standard input (default: as for `folio train`)' },
    baselines: { doc: 'also what a model has to beat: uniform, unigram, bigram, trigram, counted on the training part' },
    json: { doc: 'one JSON object on stdout' },
    ...ENGINE_OPTIONS,
  },
  meant: 'data',
  run: runEval,
};

/** @param {import('./args.js').Options} options */
async function runEval({ model, data, json, baselines, ...options }) {
  const file = chosenModel(model);
  const folio = await loadEngine(options);
  const { tokenizer, step, text: learnt, model: trained } = about(file, () => openWriter(folio, readFile(file)), isOfCheckpoint);
  const { path, text } = readText(data);
  if (data === undefined && learnt && learnt !== fingerprint(text)) console.error(`${file} has learnt another text than ${path}; --data FILE names it`);
  const ids = about(path, () => shorten(encodeText(tokenizer, text), tokenizer.vocabSize), isOfText);
  const dataset = about(path, () => folio.dataset(trained.config, ids), isOfText);
  const val_loss = await finished(folio.evaluator(trained, dataset).pieces(), interrupt);
  if (val_loss === null) throw new FolioError('EMPTY', 'eval', 'this model has val_fraction=0, so no part of the text is for validation');
  const bits = bitsPerNat(tokenizer, text, ids, dataset.nTrain);
  const bits_per_byte = val_loss * bits;
  const beat = baselines && withBits(await finished(await dataset.baselinePieces({ vocabulary: tokenizer.vocabSize }), interrupt), bits);
  if (json) console.log(JSON.stringify({ event: 'eval', step, val_loss, bits_per_byte, ...(beat ? { baselines: beat } : {}) }));
  else console.log(`${path}: validation loss ${val_loss.toFixed(4)} nats per token, ${bits_per_byte.toFixed(4)} bits per byte (${dataset.valWindows} windows of ${dataset.blockSize})`);
  if (beat && !json) console.log(baselineWords(beat));
  return 0;
}
