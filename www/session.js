// session.js - the run on the page: opened, trained, paused, reset; looked at while it learns; and carried on in a fresh worker when the old one
// dies. Knows nothing of the page: it fires 'status', 'step', 'eval', 'old', 'sample', 'history', 'baselines', 'note',
// 'recovered' and 'fault'.

import { parse } from './folio/src/checkpoint/safetensors.js';

import { isAbort, isDeath, orAbort } from './faults.js';
import { History } from './history.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./folio/src/remote.js').RemoteRun} Run
 * @typedef {import('./text.js').Text} Text
 * @typedef {Record<string, import('./settings.js').Value>} Config
 * @typedef {'idle'|'opening'|'training'|'pausing'|'paused'|'done'} Status
 * @typedef {{text: Text, config: Config, init?: Uint8Array, oldText?: string}} Source what a run is made of; init: the file of the model that goes on
 *   with the text; oldText: what that model has learnt before
 * @typedef {{source: Source, checkpoint: Uint8Array, history: History}} Shelf a run put aside
 * @typedef {{prompt: string, tokens: number, temperature: number, topK: number, topP: number, minP: number, repetitionPenalty: number, seed: number}} Pen
 */

/** Steps after which the young model is looked at, before eval_interval takes over. */
const EARLY = [1, 10, 25, 50, 100, 175];
/** Validation tokens in a look at the model: few of the young one, whose loss falls fast. At the end the whole validation part is measured. */
const LOOK_EARLY = 4096;
const LOOK = 16384;
/** Milliseconds between checkpoints, and how many times longer than one of them takes they stand apart at least. */
const KEEP_EVERY = 4000;
const KEEP_SHARE = 40;
/** Deaths without a new checkpoint between them after which a run is not tried again. */
const MOST_DEATHS = 3;

export class Session extends EventTarget {
  /** @type {Run|null} */
  #run = null;
  /** @type {Source|null} */
  #source = null;
  /** @type {Uint8Array|null} the last checkpoint, in this page's memory, out of the worker's reach */
  #kept = null;
  #keptAt = 0;
  #keepCost = 0;
  #deaths = 0;
  /** @type {Run|null} the run whose baselines were asked for last */
  #measured = null;
  #stop = new AbortController();
  /** @type {Promise<void>} the training under way, or the last */
  #loop = Promise.resolve();
  /** @type {Promise<unknown>} the writing under way, or the last */
  #pen = Promise.resolve();

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
    this.history = new History();
    /** What the run has to beat, once it is known. @type {Awaited<ReturnType<Run['baselines']>>} */
    this.baselines = null;
    this.#watch();
  }

  get config() {
    return this.#run?.config ?? null;
  }

  get run() {
    return this.#run;
  }

  /** Whether the run goes on from a model that had learnt another text. */
  get tuned() {
    return Boolean(this.#source?.init);
  }

  get maxSteps() {
    return Number(this.#run?.config.max_iters ?? 0);
  }

  /**
   * Opens a run, in place of the one before. On failure the one before is still there.
   * @param {Source} source
   * @param {Uint8Array} [checkpoint] to go on from
   */
  async open(source, checkpoint) {
    const before = this.status;
    await this.pause();
    this.#set('opening');
    let run;
    try {
      run = await this.#begin(source, checkpoint);
    } catch (error) {
      this.#set(before === 'training' ? 'paused' : before);
      throw error;
    }
    await this.#run?.close();
    this.#run = run;
    this.#source = { ...source, config: run.config };
    this.#kept = checkpoint ?? null;
    this.#keptAt = performance.now();
    this.#deaths = 0;
    this.baselines = null;
    this.step = run.step;
    this.#show(new History());
    this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
    for (const note of run.notes) this.#fire('note', note);
  }

  /** @param {Source} source @param {Uint8Array} [checkpoint] to go on from @returns {Promise<Run>} */
  #begin({ text: { text }, config, init, oldText }, checkpoint) {
    return this.client.run({ text, config, oldText, ...(checkpoint ? { checkpoint } : { init }) });
  }

  /** Trains until `steps` are done, a pause or a fault. @param {number} [steps] default: all */
  train(steps = this.maxSteps) {
    if (!this.#run || this.status !== 'paused') return this.#loop;
    this.#stop = new AbortController();
    this.#set('training');
    this.#loop = this.#train(this.#run, steps);
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

  /** @param {Run} run @param {number} steps */
  async #train(run, steps) {
    const { signal } = this.#stop;
    try {
      if (this.tuned && this.step === 0 && !this.history.samples.length) await this.#lookBefore(run).catch(orAbort);
      while (this.step < steps && !signal.aborted) {
        const target = Math.min(steps, this.#nextLook());
        await this.#stretch(run, target).then(() => this.#look(run)).catch(orAbort);
      }
      await this.#keep(run);
      // The worker may have been a few steps ahead when it was stopped.
      this.step = stepOf(this.#kept, this.step);
    } catch (error) {
      if (isDeath(error)) return; // #recover sees to it
      this.#fire('fault', error);
    }
    this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
  }

  /** Trains up to exactly `target` steps, or to a pause; the last stretch ends with the whole validation part. @param {Run} run @param {number} target */
  async #stretch(run, target) {
    const { signal } = this.#stop;
    for await (const event of run.train({ steps: target, evalEvery: 0, signal })) {
      if (event.event === 'eval') this.#addVals(event.step, event.val_loss, event.old_val_loss ?? null);
      if (event.event === 'diverged') {
        this.step = event.back_to;
        throw new Error(`After step ${event.step + 1} ${event.why}: the run has diverged, and is back at step ${this.step}. Reset, and try a lower learning rate.`);
      }
      if (event.event !== 'step') continue;
      this.step = event.step + 1;
      this.history.addLoss(event.step, event.loss);
      this.#fire('step', event);
      if (!this.baselines && this.#measured !== run) void this.#measure(run);
      if (!Number.isFinite(event.loss)) throw new Error(`The loss is ${event.loss} at step ${this.step}: the run has diverged. Reset, and try a lower learning rate.`);
      if (this.step >= target && target < this.maxSteps) break;
      if (performance.now() - this.#keptAt > Math.max(KEEP_EVERY, KEEP_SHARE * this.#keepCost)) await this.#keep(run);
    }
  }

  /** What counting gives, beside the training, whose first steps do not wait for it. @param {Run} run */
  async #measure(run) {
    this.#measured = run;
    try {
      const baselines = await run.baselines();
      if (run !== this.#run) return;
      this.baselines = baselines;
      this.#fire('baselines', baselines);
    } catch (error) {
      if (run === this.#run && !isDeath(error)) this.#fire('fault', error);
    }
  }

  /** The next number of steps at which to look at what the model has learned. */
  #nextLook() {
    const early = EARLY.find((step) => step > this.step) ?? Infinity;
    const every = Number(this.#run?.config.eval_interval);
    return Math.min(early, every ? (Math.floor(this.step / every) + 1) * every : Infinity, this.maxSteps);
  }

  /** A look at what the model has learned, if it is time: a sample, and the loss on some of the validation part. @param {Run} run */
  async #look(run) {
    const every = Number(run.config.eval_interval);
    const last = this.step >= this.maxSteps;
    if (!last && !EARLY.includes(this.step) && !(every && this.step % every === 0)) return;
    await this.#sample(this.#stop.signal);
    if (!last) await this.#judge(run);
  }

  /** What a model that goes on with another text can do before it learns that. @param {Run} run */
  async #lookBefore(run) {
    await this.#sample(this.#stop.signal);
    await this.#judge(run);
  }

  /** The loss on some of the validation part, and on that of the text learnt before. @param {Run} run */
  async #judge(run) {
    const { signal } = this.#stop;
    const windows = Math.ceil((this.step <= Math.max(...EARLY) ? LOOK_EARLY : LOOK) / Number(run.config.block_size));
    const val = run.valTokens ? await run.evaluate({ windows, signal }) : null;
    this.#addVals(this.step, val, this.#source?.oldText ? await run.evaluate({ old: true, signal }) : null);
  }

  /** A prompt that cannot be written from is no reason to stop learning. @param {AbortSignal} signal */
  async #sample(signal) {
    try {
      await this.write(this.pen(), { asked: false, signal });
    } catch (error) {
      if (isDeath(error) || isAbort(error)) throw error;
      this.#fire('fault', error);
    }
  }

  /** @param {number} step @param {number|null} val @param {number|null} old on the text learnt before */
  #addVals(step, val, old) {
    if (old !== null) this.history.olds.push({ step, loss: old });
    if (old !== null) this.#fire('old', this.history.olds);
    if (val === null) return;
    this.history.addVal(step, val);
    this.#fire('eval', { step, val_loss: val });
  }

  /** @param {Run} run */
  async #keep(run) {
    const began = performance.now();
    const bytes = await run.checkpoint();
    this.#kept = bytes;
    this.#keptAt = performance.now();
    this.#keepCost = this.#keptAt - began;
    this.#deaths = 0;
  }

  /** The run as a file. @returns {Promise<Uint8Array|null>} */
  async checkpoint() {
    return (await this.#run?.checkpoint()) ?? null;
  }

  /**
   * Lets the model write; one writing at a time. Fires 'sample' with {step, text, asked, done} at every piece.
   * @param {Pen} pen
   * @param {{asked: boolean, signal: AbortSignal}} options asked: by the reader
   */
  write(pen, { asked, signal }) {
    const writing = this.#pen.catch(() => {}).then(async () => {
      const run = this.#run;
      if (!run) return;
      signal.throwIfAborted();
      const sample = { step: this.step, text: pen.prompt, prompt: pen.prompt, asked, done: false };
      const history = this.history;
      try {
        for await (const piece of run.generate({ ...pen, signal })) {
          sample.text += piece;
          this.#fire('sample', sample);
        }
      } finally {
        sample.done = true;
        if (sample.text !== pen.prompt) history.samples.push(sample);
        this.#fire('sample', sample);
      }
    });
    this.#pen = writing;
    return writing;
  }

  /** Puts the run aside. @returns {Promise<Shelf|null>} what `restore` takes; null where nothing was trained */
  async reset() {
    await this.pause();
    const run = this.#run;
    const source = this.#source;
    const shelf = run && source && this.step > 0 ? { source, checkpoint: await run.checkpoint(), history: this.history } : null;
    this.#run = null;
    this.#source = null;
    this.#kept = null;
    this.baselines = null;
    this.step = 0;
    await run?.close();
    this.#show(new History());
    this.#set('idle');
    return shelf;
  }

  /** @param {Shelf} shelf */
  async restore(shelf) {
    await this.open(shelf.source, shelf.checkpoint);
    this.#show(shelf.history);
  }

  #watch() {
    void this.client.died.then((error) => this.#recover(error));
  }

  /** A fresh worker, and in it the run from its last checkpoint. @param {Error} error what the worker died of */
  async #recover(error) {
    const before = this.status;
    const goesOn = before === 'training';
    const reached = this.step;
    const source = this.#source;
    this.#run = null;
    try {
      this.#set('opening');
      await this.client.restart();
      this.#watch();
      if (!source) {
        this.#set('idle');
        return this.#fire('recovered', { error, reached, step: 0, lost: false });
      }
      if (++this.#deaths > MOST_DEATHS) throw error;
      this.#run = await this.#begin(source, this.#kept ?? undefined);
      this.step = this.#run.step;
      this.#keptAt = performance.now();
      this.#show(this.history.upTo(this.step));
      this.#set(this.step >= this.maxSteps ? 'done' : 'paused');
      this.#fire('recovered', { error, reached, step: this.step, lost: true });
      if (goesOn) void this.train();
    } catch (fault) {
      if (!this.#run) this.#set('idle');
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

/** The number of steps in a checkpoint. @param {Uint8Array|null} bytes @param {number} otherwise */
const stepOf = (bytes, otherwise) => (bytes ? Number(parse(bytes).metadata.step) : otherwise);
