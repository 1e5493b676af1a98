// race.js - two runs against each other in one worker, by turns: the one that is behind trains first, so that both stay at about equal steps. A is the
// run that is on the page, B the one that its settings describe by then. Fires 'change'.

import { loss } from './format.js';
import { Session } from './session.js';

/** @typedef {import('./session.js').Status} Status @typedef {import('./session.js').Source} Source @typedef {import('./history.js').History} History */
/** @typedef {Pick<Session, 'status'|'step'>} Racer */

/** Steps of a turn. */
const STRETCH = 10;

/** Who may train: one at a time, the one behind first. */
export class Turns {
  /** @type {Racer|null} */
  #holder = null;
  /** Those who wait. @type {Map<Racer, (most: number) => void>} */
  #waiting = new Map();

  /** @param {Racer[]} racers */
  constructor(racers) {
    this.racers = racers;
  }

  /** Resolves with the steps until which the racer may train; what it had before is over. @param {Racer} racer @param {AbortSignal} signal @returns {Promise<number>} */
  take(racer, signal) {
    if (this.#holder === racer) this.#holder = null;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#waiting.set(racer, resolve);
      this.look();
    });
  }

  /** Gives the turn to whoever is due. Call it when a racer's status has changed. */
  look() {
    for (const racer of this.racers) {
      if (racer.status === 'training') continue;
      if (this.#holder === racer) this.#holder = null;
      this.#waiting.delete(racer);
    }
    const training = this.racers.filter(({ status }) => status === 'training');
    if (this.#holder || !training.every((racer) => this.#waiting.has(racer))) return;
    const [first] = training.toSorted((a, b) => a.step - b.step);
    if (!first) return;
    const ahead = Math.max(...training.map(({ step }) => step));
    this.#holder = first;
    const go = this.#waiting.get(first);
    this.#waiting.delete(first);
    go?.(ahead > first.step ? ahead : first.step + STRETCH);
  }
}

export class Race extends EventTarget {
  /** @type {Promise<void>|null} the opening of B under way */
  #opening = null;

  /** @param {Session} a */
  constructor(a) {
    super();
    this.a = a;
    this.b = new Session(a.client, a.pen);
    this.racers = [this.a, this.b];
    this.source = a.source;
    this.over = false;
    const turns = new Turns(this.racers);
    for (const racer of this.racers) {
      racer.turn = (signal) => turns.take(racer, signal);
      racer.addEventListener('status', () => {
        if (this.over) return;
        turns.look();
        if (racer === a) this.#follow();
        this.dispatchEvent(new Event('change'));
      });
    }
    // The page keeps what A's session fires: B survives the tab too.
    this.b.addEventListener('kept', (event) => a.dispatchEvent(new CustomEvent('rival-kept', { detail: /** @type {CustomEvent} */ (event).detail })));
    this.b.addEventListener('step', () => this.dispatchEvent(new Event('change')));
  }

  /** B has not begun: the settings on the page are what it will be made of. */
  get armed() {
    return this.b.status === 'idle';
  }

  /** That of both. @returns {Status} */
  get status() {
    const has = (/** @type {Status} */ status) => this.racers.some((racer) => racer.status === status);
    const over = has('done') && this.racers.every(({ status, diverged }) => status === 'done' || diverged);
    return /** @type {Status[]} */ (['opening', 'training', 'pausing']).find(has) ?? (over ? 'done' : 'paused');
  }

  /** Begins, or goes on. @param {() => Promise<import('./session.js').Source>} source of B */
  async start(source) {
    if (this.armed) await (this.#opening ??= this.#open(source).finally(() => (this.#opening = null)));
    this.train();
  }

  /** @param {() => Promise<import('./session.js').Source>} source */
  async #open(source) {
    const made = await source();
    if (!this.over) await this.b.open(made);
  }

  /** Both go on, unless the race has ended. */
  train() {
    if (!this.over) for (const racer of this.racers) void racer.train();
  }

  async pause() {
    await Promise.all(this.racers.map((racer) => racer.pause()));
  }

  /** Leaves A as it is, paused, and puts B aside. */
  async end() {
    if (this.over) return;
    await this.pause();
    this.over = true;
    this.a.turn = async () => Infinity;
    try {
      await this.b.reset();
    } finally {
      this.dispatchEvent(new Event('change'));
    }
  }

  /** What pauses A or lets it go on does the same to B; another run in A's place ends the race. */
  #follow() {
    const { a, b } = this;
    if (a.source !== this.source) return void this.end().catch((detail) => b.dispatchEvent(new CustomEvent('fault', { detail })));
    if (a.status === 'pausing') void b.pause();
    if (a.status === 'training' && b.status === 'paused') void b.train();
  }
}

/**
 * How the two stand, in words: their mean losses at equal steps and after equal seconds of training.
 * @param {{name: string, source: Source, history: History}} a @param {{name: string, source: Source, history: History}} b
 */
export function standing(a, b) {
  const apart = incomparable(a.source, b.source);
  if (apart) return `${apart}: their losses cannot be compared.`;
  const histories = [a.history, b.history];
  const step = Math.min(...histories.map(({ smooth, steps }) => steps[smooth.findLastIndex((mean) => mean !== null)] ?? -1));
  if (step < 0) return '';
  const seconds = Math.min(...histories.map((history) => history.seconds));
  const [atSteps, atSeconds] = [
    histories.map((history) => meanAt(history, history.steps, step)),
    histories.map((history) => meanAt(history, history.times, seconds)),
  ];
  const words = (/** @type {(number|null)[]} */ [mine, other]) => {
    if (mine === null || other === null) return 'nothing can be said yet';
    if (mine === other) return 'both are equal';
    const by = loss(Math.abs(mine - other));
    return by === loss(0) ? `they differ by less than ${loss(0.001)}` : `${mine < other ? a.name : b.name} is ${by} lower`;
  };
  return `Mean loss at ${step + 1} steps: ${words(atSteps)}. After ${seconds.toFixed(1)} s of training each: ${words(atSeconds)}.`;
}

/** Why the losses of two runs do not say which is better; '' where they do. @param {Source} a @param {Source} b */
function incomparable(a, b) {
  if (a.text.text !== b.text.text) return 'The two learn different texts';
  return ['tokenizer', 'vocab_size'].some((name) => a.config[name] !== b.config[name]) ? 'The tokens of the two are different' : '';
}

/** The last mean loss up to there. @param {History} history @param {number[]} column @param {number} most */
function meanAt({ smooth }, column, most) {
  const last = column.findLastIndex((x, i) => x <= most && smooth[i] !== null);
  return last < 0 ? null : smooth[last];
}
