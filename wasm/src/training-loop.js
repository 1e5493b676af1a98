/** training-loop.js - the training of a run, in pieces that whoever shares the thread can live with. */

import { Best } from './best.js';
import { Budget } from './budget.js';
import { save } from './checkpoint/checkpoint.js';
import { fingerprint } from './checkpoint/fingerprint.js';
import { bitsPerNat, encodeText, shorten } from './corpus.js';
import { FolioError } from './error.js';
import { checkSwitches, optionsOf } from './given.js';
import { Guard } from './guard.js';
import { checkNames } from './options.js';
import { finished, paced } from './pace.js';
import { isSound } from './state.js';
import { checkTrainOptions } from './train-options.js';
import { Writer } from './writer.js';

/** @typedef {import('./folio.js').Folio} Folio */
/** @typedef {import('./baselines.js').Ids} Ids */
/** @typedef {{event: 'step', step: number, loss: number, lr: number, grad_norm: number, tokens: number, seconds: number}} StepEvent */
/**
 * @typedef {{event: 'eval', step: number, val_loss: number | null, bits_per_byte: number | null, old_val_loss?: number}} EvalEvent
 *   val_loss: nats per token; null where only the old text has a validation part
 */
/** @typedef {'steps' | 'plateau' | 'diverged'} Stopped why a run ended: it has its steps, or see TrainOptions */
/**
 * @typedef {object} Totals of one call of train
 * @property {number} tokens
 * @property {number} seconds of steps, rests between their pieces included
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

/** Tokens of the old text's validation part that are judged, from its beginning: always the same, and few beside a short new text's training. */
const OLD_TOKENS = 16384;

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
  /** Fingerprint of what is learnt, once all of it is there. @type {string | undefined} */
  #text;
  #guard;
  /** That of a run that was planned. @type {Budget | null} */
  #budget = null;
  /** @type {number | null} the last loss on the old text */
  #oldLoss = null;
  /** @type {number | null} that of the best weights */
  #bestOldLoss = null;
  /** Seconds rested since the last piece of a step. */
  #rested = 0;
  /** The weights of the last step, while the model has the best ones. @type {Float32Array | null} */
  #latest = null;
  /** The best weights so far, where they are kept. @type {Best | null} */
  best = null;

  /**
   * @param {Folio} folio
   * @param {Parts} parts
   * @param {{close(): void}[]} made the same, in the order to close them
   * @param {string[]} notes
   */
  constructor(folio, parts, made, notes) {
    this.#made = made;
    this.#guard = new Guard(parts);
    this.folio = folio;
    /** What a person should know of how the run begins, a line each. */
    this.notes = notes;
    /** Bits per byte for each nat per token, over the validation part. */
    this.bitsPerNat = 0;
    /** Ids of a text that is not all there yet. @type {Ids | null} */
    this.begun = null;
    this.parts = parts;
    this.parameters = parts.model.parameters;
    this.writer = new Writer(parts.model, parts.tokenizer);
  }

  /** What follows from the whole text. @param {string | Uint8Array} text @param {Ids} ids */
  know(text, ids) {
    this.bitsPerNat = bitsPerNat(this.parts.tokenizer, text, ids, this.parts.dataset.nTrain);
    this.#text = fingerprint(text);
    this.begun = null;
  }

  /**
   * Brings the whole of a text that the run was opened with the beginning of. What is learnt from stays as it is; from now on the model can be judged.
   * @param {string | Uint8Array} text
   */
  complete(text) {
    const { folio, parts, begun } = this;
    if (!begun) throw new FolioError('ARGUMENT', 'run.complete', 'run.complete: the text is all there already');
    const ids = shorten(encodeText(parts.tokenizer, text), parts.tokenizer.vocabSize);
    if (ids.length !== parts.dataset.tokens || begun.some((id, i) => id !== ids[i])) {
      throw new FolioError('ARGUMENT', 'run.complete', 'run.complete: the text is another than the run was begun with');
    }
    const dataset = folio.dataset(this.config, ids);
    this.#made.unshift(dataset); // the trainer keeps its own, whose training part is the same
    parts.evaluator.close(); // it has judged nothing
    const evaluator = folio.evaluator(parts.model, dataset);
    this.#made.unshift(evaluator);
    Object.assign(parts, { dataset, evaluator });
    this.know(text, ids);
  }

  /** @param {string} op that judges the model */
  #needText(op) {
    if (this.begun) throw new FolioError('ARGUMENT', op, `${op}: the text is not all there yet`);
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
   * Chooses max_iters so that what is trained from now on, in one call or in several, ends in so many seconds. Time between two calls counts too,
   * but for what the later one calls `rested`.
   * @param {{budget: number, spent?: number} & import('./pace.js').Pace} options spent: seconds of the budget that are gone already
   * @returns {Promise<import('./budget.js').PlanEvent>}
   */
  async plan(options) {
    const { budget = NaN, spent, signal, hold } = checkNames('plan', options, ['budget', 'spent', 'signal', 'hold']);
    const how = checkTrainOptions({ budget, spent }, 0, this.parts.evaluator.windows > 0);
    const pieces = Budget.plan(this, 0, Number(how.budget), how.spent);
    const planned = await finished(Budget.told(pieces), { signal, hold });
    this.#budget = planned.budget;
    return planned.event;
  }

  /**
   * Training in pieces of a few milliseconds: yields an event, or undefined after a piece without one. Ends after `steps` steps or as its
   * options say, with the totals. An unfinished step is forgotten when the loop is left, so that the next one starts it afresh.
   * @param {TrainOptions} [given]
   * @returns {Generator<StepEvent | EvalEvent | TurnEvent | undefined, Totals, void>}
   */
  *pieces(given) {
    const options = optionsOf('train', given);
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
    const budget = how.budget === undefined ? this.#budget : yield* Budget.plan(this, evalEvery, how.budget, how.spent);
    budget?.resume(how.rested);
    this.#guard.begin();
    try {
      if (how.evalFirst) {
        totals.val_loss = yield* this.#judge(how.keepBest);
        judged = trainer.step;
      }
      const end = () => (budget ? Math.min(how.steps ?? Infinity, this.config.max_iters) : (how.steps ?? this.config.max_iters));
      while (totals.stopped === 'steps' && (trainer.step < end() || judged !== trainer.step)) {
        if (trainer.step >= end()) {
          judged = yield* this.#assess(how, totals);
          continue;
        }
        const start = performance.now();
        const report = trainer.advance();
        totals.seconds += (performance.now() - start) / 1000 + this.#rested;
        this.#rested = 0;
        if (!report) {
          yield;
          continue;
        }
        const { step, loss, lr, grad_norm, tokens } = report;
        const diverged = this.#guard.check(report, onDivergence);
        const moved = budget?.stepped();
        totals.tokens += tokens;
        if (moved) yield moved; // first: whoever leaves at a step knows the end
        yield { event: 'step', step: step - 1, loss, lr, grad_norm, tokens: totals.tokens, seconds: totals.seconds };
        if (diverged) {
          yield diverged;
          if (diverged.action === 'stop') totals.stopped = 'diverged';
          continue;
        }
        if (!evalEvery || step % evalEvery) continue;
        const begin = performance.now();
        judged = yield* this.#assess(how, totals);
        budget?.judged((performance.now() - begin) / 1000);
        if (judged === step && patience && this.best && this.best.waited >= patience) totals.stopped = 'plateau';
      }
      if (judged !== trainer.step) totals.val_loss = yield* this.#judge(how.keepBest);
      if (this.best) totals.val_loss = this.#showBest(this.best);
      return { ...totals, best_step: this.best?.step ?? null, moved: budget?.moved ?? 0, rollbacks: this.#guard.rollbacks - before };
    } finally {
      trainer.restart();
    }
  }

  /**
   * An evaluation, and the way back where its loss is no number.
   * @param {{keepBest: boolean, onDivergence: import('./guard.js').OnDivergence}} how
   * @param {Totals} totals
   * @returns {Generator<EvalEvent | TurnEvent | undefined, number, void>} steps behind what was judged; -1 where the model is another now
   */
  *#assess({ keepBest, onDivergence }, totals) {
    totals.val_loss = yield* this.#judge(keepBest);
    const diverged = this.#guard.judged(totals.val_loss, onDivergence);
    if (!diverged) return this.step;
    yield diverged;
    if (diverged.action === 'stop') totals.stopped = 'diverged';
    return -1;
  }

  /** @param {boolean} keepBest @returns {Generator<EvalEvent | undefined, number | null, void>} */
  *#judge(keepBest) {
    this.#needText('run.train');
    const { evaluator, old } = this.parts;
    const val_loss = yield* evaluator.pieces();
    this.#oldLoss = old ? yield* old.pieces(this.#oldWindows()) : null;
    if (keepBest && val_loss !== null && Number.isFinite(val_loss)) this.#seeBest(val_loss);
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
   * @param {TrainOptions & import('./pace.js').Pace} [how]
   * @returns {AsyncGenerator<TrainEvent, void, void>}
   */
  async *train(how) {
    const { signal, hold, share, ...options } = optionsOf('train', how);
    this.#rested = 0;
    const rested = (/** @type {number} */ seconds) => void (this.#rested += seconds);
    const { tokens, seconds, val_loss, ...end } = yield* paced(this.pieces(options), { signal, hold, share, rested });
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
  async evaluate(options) {
    this.#needText('run.evaluate');
    const { windows, old = false, ...pace } = checkNames('evaluate', options, ['windows', 'old', 'signal', 'hold']);
    checkSwitches('evaluate', { old });
    const { evaluator, old: before } = this.parts;
    const chosen = old ? before : evaluator;
    return chosen ? finished(chosen.pieces(old && windows === undefined ? this.#oldWindows() : { windows }), pace) : null;
  }

  /**
   * What the model has to beat: Dataset.baselines, with bits per byte. Null where there is no validation part.
   * @param {import('./pace.js').Pace} [pace]
   */
  async baselines(pace) {
    checkNames('baselines', pace, ['signal', 'hold']);
    this.#needText('run.baselines');
    const { dataset, tokenizer } = this.parts;
    const { withBits } = await import('./baselines.js');
    return withBits(await finished(await dataset.baselinePieces({ vocabulary: tokenizer.vocabSize }), pace), this.bitsPerNat);
  }

  /**
   * The run as a file. Where the best weights are kept they are the file's weights, and those of the last step stand beside them. Should the present
   * state hold a NaN, which only the step after it can tell, the last good one is saved.
   * @param {{optimizer?: boolean}} [options] optimizer: false leaves out what only training needs
   */
  checkpoint(options) {
    const { optimizer = true } = checkNames('checkpoint', options, ['optimizer']);
    checkSwitches('checkpoint', { optimizer });
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
