/** run.js - one model that learns one text, from its beginning: the same for the command line, the worker and the page. */

import { bestOf, read, restore } from './checkpoint/checkpoint.js';
import { beginningOf, bitsPerNat, encodeText, learnTokenizer, oldDataset, shorten } from './corpus.js';
import { FolioError } from './error.js';
import { grownWords, startFrom, tooShortToJudge } from './fine-tune.js';
import { optionsOf } from './given.js';
import { Run } from './training-loop.js';
import { Writer } from './writer.js';

export * from './training-loop.js';
export { bitsPerNat, encodeText, shorten };

/** @typedef {import('./folio.js').Folio} Folio */
/** @typedef {{characters: number, vocabulary: string}} Rest of a text that still arrives: how many characters it has in all, and each of them once */
/**
 * @typedef {object} RunOptions
 * @property {string | Uint8Array} text
 * @property {Record<string, unknown>} [config] settings; with a checkpoint, those to change
 * @property {Uint8Array} [checkpoint] go on from here
 * @property {import('./tokenizer.js').TokenizerJson} [tokenizer] a tokenizer that is ready, instead of one that learns from the text
 * @property {Uint8Array} [init] fine-tune this checkpoint on the text, from step 0 (fine-tune.js)
 * @property {'keep' | 'fresh'} [initOptimizer] with init: the optimizer's state; default fresh
 * @property {string | Uint8Array} [oldText] what the model has learnt before; evaluations then tell old_val_loss too
 * @property {Rest} [rest] the text is only a beginning, which has all that is learnt from; `Run.complete` brings the whole
 */

/**
 * A model from a file, ready to write. What was made is given back when something fails.
 * @param {Folio} folio
 * @param {Uint8Array} bytes
 * @returns {Writer}
 */
export function openWriter(folio, bytes) {
  const checkpoint = read(folio, bytes);
  const model = folio.model(checkpoint.config);
  try {
    restore(checkpoint, model);
    return new Writer(model, folio.tokenizer.load(checkpoint.tokenizer), checkpoint);
  } catch (error) {
    model.close();
    throw error;
  }
}

/**
 * Everything a training run needs, from a text. What was made is given back when something fails.
 * @param {Folio} folio
 * @param {RunOptions} options
 * @returns {Run}
 */
export function openRun(folio, options) {
  const { text, config: partial = {}, checkpoint: bytes, tokenizer: json, init, initOptimizer, oldText, rest } = options ?? /** @type {any} */ ({});
  optionsOf('config', partial);
  /** @type {{close(): void}[]} */
  const made = [];
  /** @template {{close(): void}} T @param {T} part @returns {T} */
  const keep = (part) => {
    made.unshift(part);
    return part;
  };
  folio.startThreads();
  if (init && (bytes || json)) throw new FolioError('ARGUMENT', 'init', 'init: another checkpoint or tokenizer cannot stand beside it');
  try {
    const start = init ? startFrom(folio, init, { text, config: partial, optimizer: initOptimizer }) : undefined;
    const checkpoint = start ? start.checkpoint : bytes ? read(folio, bytes) : undefined;
    const settings = folio.config({ ...checkpoint?.config, ...partial });
    const ready = checkpoint?.tokenizer ?? json;
    if (rest && (init || settings.tokenizer !== 'char')) throw new FolioError('ARGUMENT', 'rest', 'rest: only a char tokenizer can be known before its text, and only of a new model');
    const tokenizer = keep(ready ? folio.tokenizer.load(ready) : learnTokenizer(folio, settings.tokenizer, rest?.vocabulary ?? text, partial.vocab_size));
    const chosen = checkpoint || partial.vocab_size !== undefined;
    let config = folio.config({ ...settings, tokenizer: tokenizer.kind, ...(chosen ? {} : { vocab_size: tokenizer.vocabSize }) });
    if (config.vocab_size < tokenizer.vocabSize) {
      throw new FolioError('RANGE', 'run', `run: vocab_size=${config.vocab_size} is less than the ${tokenizer.vocabSize} tokens of the vocabulary`);
    }
    folio.checkMemory(config, 'total');
    const there = shorten(encodeText(tokenizer, text), tokenizer.vocabSize);
    const ids = rest ? beginningOf(there, rest.characters) : there;
    const notes = [];
    if (start?.added.length) notes.push(grownWords(start.added, tokenizer.vocabSize));
    if (start && tooShortToJudge(config, ids.length)) {
      const { block_size } = config;
      notes.push(`the text has ${ids.length} tokens: too few for a validation part of one window (block_size=${block_size}), so all of it is learnt`);
      config = { ...config, val_fraction: 0 };
    }
    const dataset = keep(folio.dataset(config, ids));
    if (there.length < dataset.nTrain) throw new FolioError('RANGE', 'rest', `rest: the beginning has ${there.length} of the ${dataset.nTrain} characters that are learnt from`);
    const model = keep(folio.model(config));
    const trainer = keep(folio.trainer(model, dataset, config));
    const evaluator = keep(folio.evaluator(model, dataset));
    if (checkpoint) restore(checkpoint, model, start && !checkpoint.resumable ? undefined : trainer, { grown: Boolean(start) });
    /** @type {import('./training-loop.js').Parts} */
    const parts = { tokenizer, dataset, model, trainer, evaluator };
    if (oldText !== undefined) {
      const { val_fraction } = start ? start.trained : config;
      parts.old = keep(folio.evaluator(model, keep(oldDataset(folio, tokenizer, oldText, { ...config, val_fraction }))));
    }
    const run = new Run(folio, parts, made, notes);
    if (rest) run.begun = there;
    else run.know(text, ids);
    if (checkpoint && !start) run.best = bestOf(checkpoint, model);
    return run;
  } catch (error) {
    for (const part of made) part.close();
    throw error;
  }
}
