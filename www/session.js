// session.js - the run on the page: opened, trained, paused, reset; looked at while it learns, by observer.js; and carried on in a fresh worker when the
// old one dies. Knows nothing of the page: it fires 'status', 'step', 'eval', 'old', 'sample', 'history', 'baselines', 'note', 'planned', 'kept',
// 'recovered' and 'fault'; a race adds 'rival-kept'.

import { Checkpoints } from './checkpoints.js';
import { aborted, isDeath, orAbort } from './faults.js';
import { History } from './history.js';
import { Observer } from './observer.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./folio/src/remote.js').RemoteRun} Run
 * @typedef {import('./text.js').Text} Text
 * @typedef {Record<string, import('./settings.js').Value>} Config
 * @typedef {'idle'|'opening'|'training'|'pausing'|'paused'|'done'} Status
 * @typedef {{text: Text|import('./coming.js').Begun, config: Config, init?: Uint8Array, oldText?: string, tuned?: boolean, opened?: boolean, slot?: string,
 *   seconds?: number}} Source what a run is made of;
 *   init: the file of the model that goes on with the text; oldText: what that model has learnt before; tuned: there was such a file once;
 *   opened: it goes on from a file of the reader's; slot: where the run is kept; seconds: that it may take, in place of
 *   as many steps as are set
 * @typedef {{source: Source, checkpoint: Uint8Array, history: History}} Shelf a run put aside
 * @typedef {Shelf & {step: number}} Kept a run as it was at its last checkpoint
 * @typedef {{prompt: string, tokens: number, temperature: number, topK: number, topP: number, minP: number, repetitionPenalty: number, seed: number,
 *   stop: string}} Pen
 */

/** Deaths without a new checkpoint between them after which a run is not tried again. */
const MOST_DEATHS = 3;

export class Session extends EventTarget {
  /** @type {Run|null} */
  #run = null;
  /** @type {Source|null} */
  #source = null;
  #checkpoints = new Checkpoints();
  #deaths = 0;
  /** That of the rest of the text. @type {Promise<void>} */
  #arrival = Promise.resolve();
  /** @type {Run|null} the run whose baselines were asked for last */
  #measured = null;
  /** When it stood still last: that time does not count where the run has seconds to end in. */
  #stoodAt = 0;
  #rested = 0;
  #stop = new AbortController();
  /** @type {Promise<void>} the training under way, or the last */
  #loop = Promise.resolve();
  /** @type {Promise<unknown>} the opening, putting aside or recovery under way, or the last */
  #changing = Promise.resolve();
  /** @type {Promise<Error>|null} the death of the worker that is watched */
  #watched = null;
  #observer = new Observer(this, (type, detail) => this.#fire(type, detail));

  /**
   * @param {Client} client
   * @param {() => Pen} pen how to write while learning
   */
  constructor(client, pen) {
    super();
    this.client = client;
    this.pen = pen;
    /** @type {Status} */
    this.status = 'idle';
    this.step = 0;
    /** Whether its training ended in a loss or weights that are no numbers, and has not begun again. */
    this.diverged = false;
    this.history = new History();
    /** Resolves when it may train, with the steps until which it may: a race has its runs train by turns. @type {(signal: AbortSignal) => Promise<number>} */
    this.turn = async () => Infinity;
    /** What the run has to beat, once it is known. @type {Awaited<ReturnType<Run['baselines']>>} */
    this.baselines = null;
    /** What was fired as 'kept' last: a short run may be over before anyone listens. @type {Kept|null} */
    this.told = null;
    this.#watch();
  }

  get config() {
    return this.#run?.config ?? null;
  }

  get run() {
    return this.#run;
  }

  get source() {
    return this.#source;
  }

  /** The last checkpoint. */
  get kept() {
    return this.#checkpoints.bytes;
  }

  /** Whether all of the text is there; until then the model is not judged, and nothing is kept. */
  get whole() {
    return !this.#source || !('whole' in this.#source.text);
  }

  /** Whether the same settings and text give this run again, from nothing: no file is part of it. */
  get replayable() {
    return Boolean(this.#source && !this.tuned && !this.#source.opened);
  }

  /** Whether the run goes on from a model that had learnt another text. */
  get tuned() {
    return Boolean(this.#source?.init ?? this.#source?.tuned);
  }

  get maxSteps() {
    return Number(this.#run?.config.max_iters ?? 0);
  }

  /**
   * Opens a run, in place of the one before. On failure the one before is still there.
   * @param {Source} source
   * @param {Uint8Array} [checkpoint] to go on from
   */
  open(source, checkpoint) {
    return this.#inTurn(() => this.#open(source, checkpoint));
  }

  /** One run is opened, put aside or recovered after the other, however fast that is asked for. @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  #inTurn(change) {
    const changing = this.#changing.then(change);
    this.#changing = changing.catch(() => {});
    return changing;
  }

  /** @param {Source} source @param {Uint8Array} [checkpoint] */
  async #open(source, checkpoint) {
    await this.#standStill();
    const before = this.status;
    this.#set('opening');
    const began = performance.now();
    let run = /** @type {Run|undefined} */ (undefined);
    let plan = /** @type {import('./folio/src/budget.js').PlanEvent|undefined} */ (undefined);
    try {
      run = await this.#begin(source, checkpoint);
      if (source.seconds && !checkpoint) plan = await run.plan({ budget: source.seconds, spent: (performance.now() - began) / 1000 });
    } catch (error) {
      await run?.close();
      this.#set(before);
      throw error;
    }
    const old = this.#run;
    this.#run = run;
    this.#stoodAt = performance.now();
    this.#source = { ...source, config: run.config };
    this.#checkpoints = new Checkpoints(checkpoint);
    this.told = null;
    this.#deaths = 0;
    this.baselines = null;
    this.diverged = false;
    this.step = run.step;
    this.#await(run);
    this.#show(new History());
    this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
    if (plan) this.#fire('planned', plan);
    for (const note of run.notes) this.#fire('note', note);
    await old?.close(); // what it still was asked for is no fault of the new one
  }

  /** @param {Source} source @param {Uint8Array} [checkpoint] to go on from @returns {Promise<Run>} */
  async #begin({ text, config, init, oldText }, checkpoint) {
    await this.client.revive();
    this.#watch();
    const rest = 'whole' in text ? { characters: text.characters, vocabulary: text.vocabulary } : undefined;
    return this.client.run({ text: text.text, rest, config, oldText, ...(checkpoint ? { checkpoint } : { init }) });
  }

  /** The rest of a text that a run was begun without, brought to it as soon as it is there. @param {Run} run */
  #await(run) {
    const source = this.#source;
    const text = source?.text;
    this.#arrival = Promise.resolve();
    if (!source || !text || !('whole' in text)) return;
    const bring = async () => {
      const whole = await text.whole;
      if (run !== this.#run) return;
      await run.complete(whole.text);
      source.text = whole;
    };
    this.#arrival = bring();
    this.#arrival.catch(() => {}); // whoever waits for it tells
  }

  /** Trains until `steps` are done, a pause or a fault. @param {number} [steps] default: all */
  train(steps = Infinity) {
    if (!this.#run || this.status !== 'paused') return this.#loop;
    if (this.history.reached > this.step) this.#show(this.history.upTo(this.step)); // it diverged, and is back at an earlier step
    this.#rested = (performance.now() - this.#stoodAt) / 1000;
    this.diverged = false;
    this.#stop = new AbortController();
    this.#set('training');
    this.#loop = this.#train(this.#run, steps, this.#stop.signal);
    return this.#loop;
  }

  /** Stops within a step, which is begun afresh when training goes on. */
  async pause() {
    if (this.status === 'training') {
      this.#set('pausing');
      this.#stop.abort();
    }
    await this.#loop;
  }

  /** Pauses, even if training begins again meanwhile. Whoever has waited for this sets a status in which it cannot. */
  async #standStill() {
    do await this.pause();
    while (this.status === 'training');
  }

  /** @param {Run} run @param {number} steps @param {AbortSignal} signal */
  async #train(run, steps, signal) {
    try {
      if (this.tuned && this.step === 0 && !this.history.samples.length) await this.#observer.lookBefore(run, signal).catch(orAbort);
      while (this.step < Math.min(steps, this.maxSteps) && !signal.aborted) {
        const target = Math.min(steps, this.#observer.nextLook);
        const stood = performance.now();
        const stretch = (/** @type {number} */ most) => {
          this.#rested += (performance.now() - stood) / 1000; // the turn of another
          return this.#stretch(run, Math.min(target, most), signal);
        };
        if (target >= this.maxSteps) await Promise.race([this.#arrival, aborted(signal)]); // the end is judged
        await this.turn(signal).then(stretch).then(() => this.#observer.look(run, signal)).catch(orAbort);
      }
      this.step = await this.#keep(run); // the worker may have been a few steps ahead when it was stopped
    } catch (error) {
      if (isDeath(error)) return; // #recover sees to it
      this.#fire('fault', error);
    }
    this.#stoodAt = performance.now();
    this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
  }

  /** Trains up to exactly `target` steps, or to a pause; the last stretch ends with the whole validation part. @param {Run} run @param {number} target @param {AbortSignal} signal */
  async #stretch(run, target, signal) {
    let seconds = 0;
    const rested = this.#rested;
    this.#rested = 0;
    for await (const event of run.train({ steps: target, evalEvery: 0, rested, signal })) {
      if (event.event === 'eval') this.#observer.addVals(event.step, event.val_loss, event.old_val_loss ?? null);
      if (event.event === 'diverged') {
        this.step = event.back_to;
        this.diverged = true;
        throw new Error(`After step ${event.step + 1} ${event.why}: the run has diverged, and is back at step ${this.step}. Reset, and try a lower learning rate.`);
      }
      if (event.event === 'moved' && this.#source) this.#source.config = run.config; // what it is carried on with, should its worker die
      if (event.event !== 'step') continue;
      this.step = event.step + 1;
      this.history.addLoss(event.step, event.loss, event.seconds - seconds);
      seconds = event.seconds;
      this.#fire('step', event);
      if (!this.baselines && this.#measured !== run) void this.#measure(run);
      this.diverged = !Number.isFinite(event.loss);
      if (this.diverged) throw new Error(`The loss is ${event.loss} at step ${this.step}: the run has diverged. Reset, and try a lower learning rate.`);
      if (this.step >= target && target < this.maxSteps) break;
      if (this.#checkpoints.due) await this.#keep(run);
    }
  }

  /** What counting gives, beside the training, whose first steps do not wait for it. @param {Run} run */
  async #measure(run) {
    this.#measured = run;
    try {
      await this.#arrival;
      const baselines = await run.baselines();
      if (run !== this.#run) return;
      this.baselines = baselines;
      this.#fire('baselines', baselines);
    } catch (error) {
      if (run === this.#run && !isDeath(error)) this.#fire('fault', error);
    }
  }

  /** Takes a checkpoint. @param {Run} run @returns {Promise<number>} its step */
  async #keep(run) {
    const { bytes, step } = await this.#checkpoints.take(run);
    this.#deaths = 0;
    if (run === this.#run && this.#source && this.whole) {
      this.told = { source: this.#source, checkpoint: bytes, history: this.history, step };
      this.#fire('kept', this.told);
    }
    return step;
  }

  /** Takes a checkpoint now, since the page may be gone soon. */
  async save() {
    if (this.#run && this.status === 'training') await this.#keep(this.#run);
  }

  /** The run as a file. @returns {Promise<Uint8Array|null>} */
  async checkpoint() {
    return (await this.#run?.checkpoint()) ?? null;
  }

  /** Lets the model write, as `Observer.write`. @param {Pen} pen @param {{asked: boolean, signal: AbortSignal}} options */
  write(pen, options) {
    return this.#observer.write(pen, options);
  }

  /** Puts the run aside. @returns {Promise<Kept|null>} what `restore` takes; null where nothing was trained */
  reset() {
    return this.#inTurn(() => this.#reset());
  }

  async #reset() {
    await this.#standStill();
    const before = this.status;
    const run = this.#run;
    const source = this.#source;
    let shelf = /** @type {Kept|null} */ (null);
    if (run && source && this.step > 0) {
      this.#set('pausing'); // nobody trains what is about to go
      try {
        shelf = { source, checkpoint: await run.checkpoint(), history: this.history, step: this.step };
      } catch (error) {
        if (this.status === 'pausing') this.#set(before);
        throw error;
      }
    }
    this.#run = null; // so that nothing is asked of it while it closes
    await run?.close();
    this.#clear();
    return shelf;
  }

  /** There is no run any more. */
  #clear() {
    this.#run = null;
    this.#source = null;
    this.#checkpoints = new Checkpoints();
    this.told = null;
    this.baselines = null;
    this.step = 0;
    this.#show(new History());
    this.#set('idle');
  }

  /** @param {Shelf} shelf */
  async restore(shelf) {
    await this.open(shelf.source, shelf.checkpoint);
    this.#show(shelf.history);
    if (this.#run && this.status === 'done') void this.#measure(this.#run); // no step will ask for it
  }

  #watch() {
    const { died } = this.client;
    if (died !== this.#watched) void died.then((error) => this.#inTurn(() => this.#recover(error)));
    this.#watched = died;
  }

  /** A fresh worker, and in it the run from its last checkpoint. @param {Error} error what the worker died of */
  async #recover(error) {
    if (this.#run?.line.alive) return; // another was opened before it came to this
    const goesOn = this.status === 'training';
    const reached = this.step;
    const source = this.#source;
    this.#run = null;
    try {
      this.#set('opening');
      await this.client.revive();
      this.#watch();
      if (!source) {
        this.#set('idle');
        return this.#fire('recovered', { error, reached, step: 0, lost: false });
      }
      if (++this.#deaths > MOST_DEATHS) throw error;
      this.#run = await this.#begin(source, this.kept ?? undefined);
      this.step = this.#run.step;
      this.#await(this.#run);
      this.#checkpoints.rest();
      this.#show(this.history.upTo(this.step));
      this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
      this.#fire('recovered', { error, reached, step: this.step, lost: true });
      if (goesOn) void this.train();
    } catch (fault) {
      if (!this.#run) this.#clear(); // whoever keeps the runs of the visit has its last checkpoint
      this.#fire('fault', fault);
    }
  }

  /** @param {History} history */
  #show(history) {
    this.history = history;
    this.#fire('history', history);
  }

  /** @param {Status} status */
  #set(status) {
    if (status === this.status) return;
    this.status = status;
    this.#fire('status', status);
  }

  /** @param {string} type @param {unknown} detail */
  #fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
