/** run.js - one model learning one text: the training loop, the same for the command line, the worker and the page. */

import { withBits } from './baselines.js';
import { Best } from './best.js';
import { Budget } from './budget.js';
import { bestOf, read, restore, save } from './checkpoint/checkpoint.js';
import { fingerprint } from './checkpoint/fingerprint.js';
import { FolioError } from './error.js';
import { grownWords, startFrom, tooShortToJudge } from './fine-tune.js';
import { Guard } from './guard.js';
import { finished, paced } from './pace.js';
import { isSound } from './state.js';
import { END_OF_TEXT, toBytes } from './tokenizer/names.js';
import { checkTrainOptions } from './train-options.js';
import { Writer } from './writer.js';

/** @typedef {import('./folio.js').Folio} Folio */
/** @typedef {{event: 'step', step: number, loss: number, lr: number, grad_norm: number, tokens: number, seconds: number}} StepEvent */
/**
 * @typedef {{event: 'eval', step: number, val_loss: number | null, bits_per_byte: number | null, old_val_loss?: number}} EvalEvent
 *   val_loss: nats per token; null where only the old text has a validation part
 */
/** @typedef {'steps' | 'plateau' | 'diverged'} Stopped why a run ended: it has its steps, or see TrainOptions */
/**
 * @typedef {object} Totals of one call of train
 * @property {number} tokens
 * @property {number} seconds of steps
 * @property {number | null} val_loss of the weights that the run ends with
 * @property {Stopped} stopped
 * @property {number | null} best_step steps behind the best weights, where those are kept
 * @property {number} moved times that the end was moved to keep a budget
 * @property {number} rollbacks times that the run went back
 */
/**
 * @typedef {{event: 'done', parameters: number, steps: number, tokens: number, seconds: number, tokens_per_second: number,
 *   val_loss: number | null, bits_per_byte: number | null, old_val_loss?: number, digest: string}
 *   & Pick<Totals, 'stopped' | 'best_step' | 'moved' | 'rollbacks'>} DoneEvent
 */
/** @typedef {import('./budget.js').PlanEvent | import('./budget.js').MovedEvent | import('./guard.js').DivergedEvent} TurnEvent all have `settings`, which changed */
/** @typedef {StepEvent | EvalEvent | TurnEvent | DoneEvent} TrainEvent step events count from 0, by the step whose loss they tell */
/** @typedef {import('./train-options.js').TrainOptions} TrainOptions */
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
    const ids = shorten(encodeText(tokenizer, text), tokenizer.vocabSize);
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
    /** @type {Parts} */
    const parts = { tokenizer, dataset, model, trainer, evaluator };
    if (oldText !== undefined) {
      const { val_fraction } = start ? start.trained : config;
      parts.old = keep(folio.evaluator(model, keep(oldDataset(folio, tokenizer, oldText, { ...config, val_fraction }))));
    }
    const run = new Run(folio, parts, made, { bitsPerNat: bitsPerNat(tokenizer, text, ids, dataset.nTrain), text: fingerprint(text), notes });
    if (checkpoint && !start) run.best = bestOf(checkpoint, model);
    return run;
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

/** Ids in half the memory, where they fit. @param {Uint32Array<ArrayBuffer>} ids @param {number} vocabSize */
export const shorten = (ids, vocabSize) => (vocabSize <= 0x10000 ? new Uint16Array(ids) : ids);

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
 * @param {import('./baselines.js').Ids} ids of the text
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
  #guard;
  /** @type {number | null} the last loss on the old text */
  #oldLoss = null;
  /** @type {number | null} that of the best weights */
  #bestOldLoss = null;
  /** The weights of the last step, while the model has the best ones. @type {Float32Array | null} */
  #latest = null;
  /** The best weights so far, where they are kept. @type {Best | null} */
  best = null;

  /**
   * @param {Folio} folio
   * @param {Parts} parts
   * @param {{close(): void}[]} made the same, in the order to close them
   * @param {{bitsPerNat: number, text: string, notes: string[]}} facts bitsPerNat: bits per byte for each nat per token, over the validation part;
   *   text: the fingerprint of what is learnt
   */
  constructor(folio, parts, made, { bitsPerNat, text, notes }) {
    this.#made = made;
    this.#text = text;
    this.#guard = new Guard(parts);
    this.folio = folio;
    /** What a person should know of how the run begins, a line each. */
    this.notes = notes;
    this.bitsPerNat = bitsPerNat;
    this.parts = parts;
    this.parameters = parts.model.parameters;
    this.writer = new Writer(parts.model, parts.tokenizer);
  }

  /** Steps done. */
  get step() {
    return this.parts.trainer.step;
  }

  get config() {
    return this.parts.trainer.config;
  }

  /** Changes the course of the rate, as Trainer.configure. @param {Record<string, unknown>} partial */
  configure(partial) {
    this.parts.trainer.configure(partial);
  }

  /**
   * Training in pieces of a few milliseconds: yields an event, or undefined after a piece without one. Ends after `steps` steps or as its
   * options say, with the totals. An unfinished step is forgotten when the loop is left, so that the next one starts it afresh.
   * @param {TrainOptions} [options]
   * @returns {Generator<StepEvent | EvalEvent | TurnEvent | undefined, Totals, void>}
   */
  *pieces(options = {}) {
    const { trainer, evaluator } = this.parts;
    const keepBest = options.keepBest ?? (this.best ? true : undefined);
    const how = checkTrainOptions({ ...options, keepBest }, this.config.eval_interval, evaluator.windows > 0);
    const { evalEvery, patience, onDivergence } = how;
    if (!how.keepBest) this.best = null;
    this.#showLatest();
    /** @type {Totals} */
    const totals = { tokens: 0, seconds: 0, val_loss: null, stopped: 'steps', best_step: null, moved: 0, rollbacks: 0 };
    const before = this.#guard.rollbacks;
    let judged = -1;
    const budget = how.budget === undefined ? null : yield* Budget.plan(this, evalEvery, how.budget, how.spent);
    this.#guard.begin();
    try {
      if (how.evalFirst) {
        totals.val_loss = yield* this.#judge(how.keepBest);
        judged = trainer.step;
      }
      while (totals.stopped === 'steps' && trainer.step < (how.steps ?? this.config.max_iters)) {
        const start = performance.now();
        const report = trainer.advance();
        totals.seconds += (performance.now() - start) / 1000;
        if (!report) {
          yield;
          continue;
        }
        const { step, loss, lr, grad_norm, tokens } = report;
        const diverged = this.#guard.check(report, onDivergence);
        const moved = budget?.stepped();
        totals.tokens += tokens;
        yield { event: 'step', step: step - 1, loss, lr, grad_norm, tokens: totals.tokens, seconds: totals.seconds };
        if (moved) yield moved;
        if (diverged) {
          yield diverged;
          if (diverged.action === 'stop') totals.stopped = 'diverged';
          continue;
        }
        if (!evalEvery || step % evalEvery) continue;
        const begin = performance.now();
        totals.val_loss = yield* this.#judge(how.keepBest);
        budget?.judged((performance.now() - begin) / 1000);
        judged = step;
        if (patience && this.best && this.best.waited >= patience) totals.stopped = 'plateau';
      }
      if (judged !== trainer.step) totals.val_loss = yield* this.#judge(how.keepBest);
      if (this.best) totals.val_loss = this.#showBest(this.best);
      return { ...totals, best_step: this.best?.step ?? null, moved: budget?.moved ?? 0, rollbacks: this.#guard.rollbacks - before };
    } finally {
      trainer.restart();
    }
  }

  /** @param {boolean} keepBest @returns {Generator<EvalEvent | undefined, number | null, void>} */
  *#judge(keepBest) {
    const { evaluator, old } = this.parts;
    const val_loss = yield* evaluator.pieces();
    this.#oldLoss = old ? yield* old.pieces(this.#oldWindows()) : null;
    if (keepBest && val_loss !== null) this.#seeBest(val_loss);
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

  /** @param {number} val_loss of the weights as they are now */
  #seeBest(val_loss) {
    const { params } = this.parts.model;
    if (this.best) this.best.see(params, this.step, val_loss);
    else this.best = new Best(params.slice(), { step: this.step, val_loss, waited: 0 });
    if (this.best.step === this.step) this.#bestOldLoss = this.#oldLoss;
  }

  /** @param {Best} best */
  #showBest({ params, val_loss }) {
    const { model } = this.parts;
    this.#latest = model.params.slice();
    this.#oldLoss = this.#bestOldLoss;
    model.params.set(params);
    return val_loss;
  }

  /** Training goes on from the last step, not from the best one. */
  #showLatest() {
    if (this.#latest) this.parts.model.params.set(this.#latest);
    this.#latest = null;
  }

  /**
   * Training as a stream of events, the last of them 'done'; the event loop turns meanwhile.
   * @param {TrainOptions & import('./pace.js').Pace} [options]
   * @returns {AsyncGenerator<TrainEvent, void, void>}
   */
  async *train({ signal, hold, ...options } = {}) {
    const { tokens, seconds, val_loss, ...end } = yield* paced(this.pieces(options), { signal, hold });
    const tokens_per_second = seconds > 0 ? tokens / seconds : 0;
    const digest = await this.parts.model.digest();
    const bits_per_byte = this.#bitsPerByte(val_loss);
    const totals = { parameters: this.parameters, steps: this.step, tokens, seconds, tokens_per_second };
    yield { event: 'done', ...totals, val_loss, bits_per_byte, ...this.#old(), digest, ...end };
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
   * What the model has to beat: Dataset.baselines, with bits per byte. Null where there is no validation part.
   * @param {import('./pace.js').Pace} [pace]
   */
  async baselines(pace) {
    const { dataset, tokenizer } = this.parts;
    return withBits(await finished(dataset.baselinePieces({ vocabulary: tokenizer.vocabSize }), pace), this.bitsPerNat);
  }

  /**
   * The run as a file. Where the best weights are kept they are the file's weights, and those of the last step stand beside them. Should the present
   * state hold a NaN, which only the step after it can tell, the last good one is saved.
   * @param {{optimizer?: boolean}} [options] optimizer: false leaves out what only training needs
   */
  checkpoint({ optimizer = true } = {}) {
    const { model, tokenizer, trainer } = this.parts;
    const { best } = this;
    const sound = isSound(model, trainer);
    const now = { step: this.step, params: this.#latest ?? model.params, ...trainer.moments };
    const state = sound ? now : (this.#guard.good ?? now);
    return save(model, tokenizer, { trainer: optimizer ? trainer : undefined, state, best, config: this.config, text: this.#text });
  }

  close() {
    for (const part of this.#made) part.close();
  }
}
