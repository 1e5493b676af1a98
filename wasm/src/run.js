/** run.js - one model learning one text: the training loop, the same for the command line, the worker and the page. */

import { read, restore, save } from './checkpoint/checkpoint.js';
import { fingerprint } from './checkpoint/fingerprint.js';
import { FolioError } from './error.js';
import { grownWords, startFrom, tooShortToJudge } from './fine-tune.js';
import { finished, paced } from './pace.js';
import { END_OF_TEXT, toBytes } from './tokenizer/names.js';
import { Writer } from './writer.js';

/** @typedef {import('./folio.js').Folio} Folio */
/** @typedef {{event: 'step', step: number, loss: number, lr: number, grad_norm: number, tokens: number, seconds: number}} StepEvent */
/**
 * @typedef {{event: 'eval', step: number, val_loss: number | null, bits_per_byte: number | null, old_val_loss?: number}} EvalEvent
 *   val_loss: nats per token; null where only the old text has a validation part
 */
/**
 * @typedef {{event: 'done', parameters: number, steps: number, tokens: number, seconds: number, tokens_per_second: number,
 *   val_loss: number | null, bits_per_byte: number | null, old_val_loss?: number, digest: string}} DoneEvent
 */
/** @typedef {StepEvent | EvalEvent | DoneEvent} TrainEvent step events count from 0, by the step whose loss they tell */
/**
 * @typedef {{steps?: number, evalEvery?: number, evalFirst?: boolean, keepBest?: boolean}} TrainOptions
 *   steps: how many shall be done in the end, those before included; evalFirst: an evaluation before the first step too
 */
/**
 * @typedef {object} RunOptions
 * @property {string | Uint8Array} text
 * @property {Record<string, unknown>} [config] settings; with a checkpoint, those to change
 * @property {Uint8Array} [checkpoint] go on from here
 * @property {import('./tokenizer.js').TokenizerJson} [tokenizer] a tokenizer that is ready, instead of one that learns from the text
 * @property {Uint8Array} [init] fine-tune this checkpoint on the text, from step 0 (fine-tune.js)
 * @property {'keep' | 'fresh'} [initOptimizer] with init: the optimizer's state; default fresh
 * @property {string | Uint8Array} [oldText] what the model has learnt before; evaluations then tell old_val_loss too
 */

/**
 * A model from a file, ready to write.
 * @param {Folio} folio
 * @param {Uint8Array} bytes
 * @returns {Writer}
 */
export function openWriter(folio, bytes) {
  const checkpoint = read(folio, bytes);
  const model = folio.model(checkpoint.config);
  restore(checkpoint, model);
  return new Writer(model, folio.tokenizer.load(checkpoint.tokenizer), checkpoint);
}

/**
 * Everything a training run needs, from a text. What was made is given back when something fails.
 * @param {Folio} folio
 * @param {RunOptions} options
 * @returns {Run}
 */
export function openRun(folio, { text, config: partial = {}, checkpoint: bytes, tokenizer: json, init, initOptimizer, oldText }) {
  /** @type {{close(): void}[]} */
  const made = [];
  /** @template {{close(): void}} T @param {T} part @returns {T} */
  const keep = (part) => {
    made.unshift(part);
    return part;
  };
  if (init && (bytes || json)) throw new FolioError('ARGUMENT', 'init', 'init: another checkpoint or tokenizer cannot stand beside it');
  try {
    const start = init && startFrom(folio, init, { text, config: partial, optimizer: initOptimizer });
    const checkpoint = start ? start.checkpoint : bytes && read(folio, bytes);
    const settings = folio.config({ ...checkpoint?.config, ...partial });
    const ready = checkpoint?.tokenizer ?? json;
    const tokenizer = keep(ready ? folio.tokenizer.load(ready) : learn(folio, settings.tokenizer, text, partial.vocab_size));
    const chosen = checkpoint || partial.vocab_size !== undefined;
    let config = folio.config({ ...settings, tokenizer: tokenizer.kind, ...(chosen ? {} : { vocab_size: tokenizer.vocabSize }) });
    if (config.vocab_size < tokenizer.vocabSize) {
      throw new FolioError('RANGE', 'run', `run: vocab_size=${config.vocab_size} is less than the ${tokenizer.vocabSize} tokens of the vocabulary`);
    }
    folio.checkMemory(config, 'total');
    const ids = encodeText(tokenizer, text);
    const notes = [];
    if (start?.added.length) notes.push(grownWords(start.added, tokenizer.vocabSize));
    if (start && tooShortToJudge(config, ids.length)) {
      const { block_size } = config;
      notes.push(`the text has ${ids.length} tokens: too few for a validation part of one window (block_size=${block_size}), so all of it is learnt`);
      config = { ...config, val_fraction: 0 };
    }
    const dataset = keep(folio.dataset(config, ids));
    const model = keep(folio.model(config));
    const trainer = keep(folio.trainer(model, dataset, config));
    const evaluator = keep(folio.evaluator(model, dataset));
    if (checkpoint) restore(checkpoint, model, start && !checkpoint.resumable ? undefined : trainer, { grown: Boolean(start) });
    const parts = { tokenizer, dataset, model, trainer, evaluator };
    if (oldText === undefined) return new Run(parts, made, bitsPerNat(tokenizer, text, ids, dataset.nTrain), { text: fingerprint(text), notes });
    const { val_fraction } = start ? start.trained : config;
    const old = keep(folio.evaluator(model, keep(oldDataset(folio, tokenizer, oldText, { ...config, val_fraction }))));
    return new Run({ ...parts, old }, made, bitsPerNat(tokenizer, text, ids, dataset.nTrain), { text: fingerprint(text), notes });
  } catch (error) {
    for (const part of made) part.close();
    throw error;
  }
}

/** Tokens of the old text's validation part that are judged, from its beginning: always the same, and few beside a short new text's training. */
const OLD_TOKENS = 16384;

/** Most words in the vocabulary, where nobody says. */
const WORDS = 4096;

/**
 * @param {Folio} folio
 * @param {import('./tokenizer.js').TokenizerKind} kind
 * @param {string | Uint8Array} text
 * @param {unknown} vocabSize
 */
function learn(folio, kind, text, vocabSize) {
  const size = vocabSize === undefined ? undefined : Number(vocabSize);
  if (kind === 'word') return folio.tokenizer.train(kind, text, { vocabSize: size ?? WORDS });
  return folio.tokenizer.train(kind, text, kind === 'bpe' ? { vocabSize: size } : undefined);
}

/**
 * A text to learn or to judge: <|endoftext|> in it ends a document, the names of other special tokens are text.
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 */
export function encodeText(tokenizer, text) {
  const allowedSpecial = Object.hasOwn(tokenizer.special, END_OF_TEXT) ? [END_OF_TEXT] : [];
  return tokenizer.encode(text, { allowedSpecial, disallowedSpecial: [] });
}

/**
 * The text that a model has learnt before; one that cannot be used fails with op 'oldText'.
 * @param {Folio} folio
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 * @param {import('./settings.js').Config} config with the val_fraction of that training
 */
function oldDataset(folio, tokenizer, text, config) {
  try {
    return folio.dataset(config, encodeText(tokenizer, text));
  } catch (error) {
    throw error instanceof FolioError ? new FolioError(error.code, 'oldText', `the old text: ${error.message}`) : error;
  }
}

/**
 * What turns a loss in nats per token of the validation part into bits per byte of it, so that tokenizers can be compared.
 * @param {import('./tokenizer.js').Tokenizer} tokenizer
 * @param {string | Uint8Array} text
 * @param {Uint32Array} ids of the text
 * @param {number} nTrain where the validation part begins
 */
export function bitsPerNat(tokenizer, text, ids, nTrain) {
  const val = ids.subarray(nTrain);
  if (!val.length) return 0;
  const bytes = tokenizer.kind === 'word' ? toBytes(text).length - tokenizer.offsets(text, ids)[nTrain] : tokenizer.decodeBytes(val).length;
  return val.length / bytes / Math.LN2;
}

/**
 * @typedef {object} Parts
 * @property {import('./tokenizer.js').Tokenizer} tokenizer
 * @property {import('./dataset.js').Dataset} dataset
 * @property {import('./model.js').Model} model
 * @property {import('./trainer.js').Trainer} trainer
 * @property {import('./trainer.js').Evaluator} evaluator
 * @property {import('./trainer.js').Evaluator} [old] of the text that the model has learnt before
 */

export class Run {
  #made;
  #text;
  /** @type {number | null} the last loss on the old text */
  #oldLoss = null;

  /**
   * @param {Parts} parts
   * @param {{close(): void}[]} made the same, in the order to close them
   * @param {number} bits per byte for each nat per token, over the validation part
   * @param {{text: string, notes: string[]}} facts text: the fingerprint of what is learnt
   */
  constructor(parts, made, bits, { text, notes }) {
    this.#made = made;
    this.#text = text;
    /** What a person should know of how the run begins, a line each. */
    this.notes = notes;
    this.bitsPerNat = bits;
    this.parts = parts;
    this.config = parts.trainer.config;
    this.parameters = parts.model.parameters;
    this.writer = new Writer(parts.model, parts.tokenizer);
  }

  /** Steps done. */
  get step() {
    return this.parts.trainer.step;
  }

  /**
   * Training in pieces of a few milliseconds: yields an event, or undefined after a piece without one. Ends after `steps` steps, with the
   * totals. An unfinished step is forgotten when the loop is left, so that the next one starts it afresh.
   * @param {TrainOptions} [options]
   * @returns {Generator<StepEvent | EvalEvent | undefined, {tokens: number, seconds: number, val_loss: number | null}, void>}
   */
  *pieces({ steps = this.config.max_iters, evalEvery = this.config.eval_interval, evalFirst = false } = {}) {
    const { trainer } = this.parts;
    let tokens = 0;
    let seconds = 0;
    /** @type {number | null} */
    let val_loss = null;
    let judged = -1;
    try {
      if (evalFirst) {
        val_loss = yield* this.#judge();
        judged = trainer.step;
      }
      while (trainer.step < steps) {
        const start = performance.now();
        const report = trainer.advance();
        seconds += (performance.now() - start) / 1000;
        if (!report) {
          yield;
          continue;
        }
        tokens += report.tokens;
        const { step, loss, lr, grad_norm } = report;
        yield { event: 'step', step: step - 1, loss, lr, grad_norm, tokens, seconds };
        if (!evalEvery || step % evalEvery) continue;
        val_loss = yield* this.#judge();
        judged = step;
      }
      if (judged !== trainer.step) val_loss = yield* this.#judge();
      return { tokens, seconds, val_loss };
    } finally {
      trainer.restart();
    }
  }

  /** @returns {Generator<EvalEvent | undefined, number | null, void>} */
  *#judge() {
    const { evaluator, old } = this.parts;
    const val_loss = yield* evaluator.pieces();
    this.#oldLoss = old ? yield* old.pieces(this.#oldWindows()) : null;
    const bits_per_byte = this.#bitsPerByte(val_loss);
    if (val_loss !== null || this.#oldLoss !== null) yield { event: 'eval', step: this.step, val_loss, bits_per_byte, ...this.#old() };
    return val_loss;
  }

  /** @param {number | null} loss over the validation part */
  #bitsPerByte(loss) {
    return loss === null ? null : loss * this.bitsPerNat;
  }

  #oldWindows() {
    return { windows: Math.ceil(OLD_TOKENS / this.config.block_size) };
  }

  #old() {
    return this.#oldLoss === null ? {} : { old_val_loss: this.#oldLoss };
  }

  /**
   * Training as a stream of events, the last of them 'done'; the event loop turns meanwhile.
   * @param {TrainOptions & import('./pace.js').Pace} [options]
   * @returns {AsyncGenerator<TrainEvent, void, void>}
   */
  async *train({ signal, hold, ...options } = {}) {
    const { tokens, seconds, val_loss } = yield* paced(this.pieces(options), { signal, hold });
    const tokens_per_second = seconds > 0 ? tokens / seconds : 0;
    const digest = await this.parts.model.digest();
    const bits_per_byte = this.#bitsPerByte(val_loss);
    const totals = { parameters: this.parameters, steps: this.step, tokens, seconds, tokens_per_second };
    yield { event: 'done', ...totals, val_loss, bits_per_byte, ...this.#old(), digest };
  }

  /**
   * Mean loss over the whole validation part, or its first windows, nats per token; null where there is none.
   * @param {{windows?: number, old?: boolean} & import('./pace.js').Pace} [options] old: of the text that the model has learnt before
   * @returns {Promise<number | null>}
   */
  async evaluate({ windows, old = false, ...pace } = {}) {
    const { evaluator, old: before } = this.parts;
    const chosen = old ? before : evaluator;
    return chosen ? finished(chosen.pieces(old && windows === undefined ? this.#oldWindows() : { windows }), pace) : null;
  }

  /**
   * The run as a file.
   * @param {{optimizer?: boolean}} [options] optimizer: false leaves out what only training needs
   */
  checkpoint({ optimizer = true } = {}) {
    const { model, tokenizer, trainer } = this.parts;
    return save(model, tokenizer, { step: this.step, trainer: optimizer ? trainer : undefined, text: this.#text });
  }

  close() {
    for (const part of this.#made) part.close();
  }
}
