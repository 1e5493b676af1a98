// keep.js - the run survives its tab: it is stored as it goes, and the next visit offers to go on. Each run has a slot of its own, which belongs to the
// tab it trains in for as long as that tab lives.

import { byId, say } from './dom.js';
import { bytes, count, loss } from './format.js';
import { History } from './history.js';
import { notice, noticeError } from './notices.js';
import { readValue } from './settings.js';
import { takeConfig } from './start-panel.js';
import { Storage } from './storage.js';
import { makeText } from './text.js';
import { on } from './training-panel.js';

/**
 * @typedef {import('./session.js').Session} Session @typedef {import('./session.js').Kept} Run
 * @typedef {import('./state.js').State} State @typedef {import('./text-panel.js').TextPanel} TextPanel
 * @typedef {import('./slots.js').Kept} Kept @typedef {import('./slots.js').Facts} Facts
 */

/** Runs kept at most, and bytes of all of them; the oldest go first. */
const MOST = 3;
const MOST_BYTES = 500e6;
/** Largest checkpoint that is stored. */
const LARGEST = 200e6;
/** Milliseconds after a failure in which nothing is stored. */
const REST = 60_000;

const nameOfLock = (/** @type {string} */ slot) => `folio-run-${slot}`;

export class Keep {
  #storage = new Storage();
  #forget = byId('forget', HTMLButtonElement);
  #words = byId('kept-words', HTMLElement);
  /** Slots that are this tab's. @type {Set<string>} */
  #own = new Set();
  /** Slots whose text this tab has stored, or found stored. @type {Set<string>} */
  #known = new Set();
  /** Slots of runs that shall not be kept. @type {Set<string>} */
  #forgotten = new Set();
  /** What waits to be stored, the newest of each run. @type {Map<Run['source'], Run>} */
  #waiting = new Map();
  #busy = false;
  /** What was told already: each is told once. @type {Set<string>} */
  #told = new Set();
  /** No attempt before that. */
  #rest = 0;

  /** @param {Session} session @param {State} state @param {TextPanel} texts */
  constructor(session, state, texts) {
    this.session = session;
    this.state = state;
    this.texts = texts;
    for (const type of ['kept', 'rival-kept']) on(session, type, (/** @type {Run} */ run) => void this.#store(run));
    if (session.told) void this.#store(session.told); // a short run is over before this file is here
    document.addEventListener('visibilitychange', () => document.hidden && void session.save().catch(() => {}));
    this.#forget.addEventListener('click', () => void this.#forgetAll().catch(noticeError));
  }

  /** Offers the newest run that no living tab has, and on request the others. */
  async offer() {
    try {
      const free = await this.#free();
      this.#forget.hidden = !free.length;
      const [newest, ...others] = free.filter(({ facts }) => facts);
      if (newest) this.#offerOne(newest, others);
    } catch {
      // Nothing can be kept here; it is told when there is something to keep.
    }
  }

  /** @param {Kept} kept @param {Kept[]} [others] older ones */
  #offerOne(kept, others = []) {
    const { slot, facts } = kept;
    if (!facts) return;
    const done = facts.step >= facts.steps;
    const where = done ? `all of its ${count(facts.steps)} steps` : `step ${count(facts.step)} of ${count(facts.steps)}`;
    const learnt = facts.loss === null ? '' : `, loss ${loss(facts.loss)}`;
    /** @type {import('./notices.js').Action[]} */
    const actions = [
      { label: done ? 'Bring it back' : 'Go on', run: () => void this.#goOn(slot, facts).catch(noticeError) },
      { label: 'Forget it', run: () => void this.#drop(slot).catch(noticeError) },
    ];
    const all = () => [...others.toReversed(), kept].forEach((each) => this.#offerOne(each)); // the newest comes last, and stands first
    if (others.length) actions.push({ label: others.length === 1 ? 'Show an older one' : `Show ${others.length} older ones`, run: all });
    notice(`A run is kept: ${facts.name}, ${where}${learnt}, ${when(facts.at)}.`, { actions });
  }

  /** What no living tab has, the newest first. @returns {Promise<Kept[]>} */
  async #free() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const living = new Set(held.map(({ name }) => name));
    return (await this.#storage.list()).filter(({ slot }) => !this.#own.has(slot) && !living.has(nameOfLock(slot)));
  }

  /** Makes a slot this tab's for as long as it lives. @param {string} slot @returns {Promise<boolean>} false: it is another's */
  #take(slot) {
    const own = this.#own.has(slot) || !navigator.locks;
    if (own) this.#own.add(slot);
    if (own) return Promise.resolve(true);
    return new Promise((resolve) => {
      void navigator.locks.request(nameOfLock(slot), { ifAvailable: true }, (lock) => {
        if (lock) this.#own.add(slot);
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined;
      });
    });
  }

  /** Removes what is kept in a slot, unless it is another tab's. @param {string} slot @returns {Promise<boolean>} */
  async #drop(slot) {
    if (!(await this.#take(slot))) return false;
    this.#known.delete(slot);
    await this.#storage.remove(slot);
    return true;
  }

  /** @param {string} slot @param {Facts} offered */
  async #goOn(slot, offered) {
    if (!(await this.#take(slot))) return void notice('Another tab goes on with that run.');
    const loaded = await this.#storage.load(slot);
    if (!loaded) {
      await this.#drop(slot);
      return void notice('The run that was kept is not there any more, or damaged.', { bad: true });
    }
    this.#known.add(slot);
    const { facts, checkpoint } = loaded;
    const { config, own, tuned, opened, old, fingerprint, history } = /** @type {any} */ (facts);
    const { session, state, texts } = this;
    await texts.ready.catch(() => {});
    const text = makeText(facts.name, loaded.text, fingerprint);
    const source = { text, config: {}, tuned, opened, slot, ...(old && texts.usual ? { oldText: texts.usual.text } : {}) };
    await session.restore({ source, checkpoint, history: History.from(history, facts.step) });
    texts.take(text);
    takeConfig(state, config);
    for (const [name, value] of own) {
      const row = state.rows.get(name);
      const read = row && !row.core && !['preset', 'text', 'numerics'].includes(name) ? readValue(row, String(value)) : null;
      if (read && 'value' in read) state.set(name, read.value);
    }
    if (facts.step < offered.step) notice(`What was kept last is damaged; the run goes on from the one before it, step ${count(facts.step)}.`);
    void session.train();
  }

  /** Stores a run; of what comes of it meanwhile, the newest. @param {Run} run */
  async #store(run) {
    if (this.#forgotten.has(run.source.slot ?? '') || performance.now() < this.#rest) return;
    this.#waiting.set(run.source, run);
    if (this.#busy) return;
    this.#busy = true;
    this.#words.setAttribute('aria-busy', 'true');
    try {
      for (const [source, next] of this.#waiting) {
        this.#waiting.delete(source); // what comes while it is stored goes to the end
        await this.#save(next);
      }
    } catch (error) {
      this.#waiting.clear();
      this.#rest = performance.now() + REST;
      this.#failed(/** @type {Error} */ (error));
    }
    this.#busy = false;
    this.#words.setAttribute('aria-busy', 'false');
  }

  /** @param {Run} run */
  async #save({ source, checkpoint, history, step }) {
    if (checkpoint.length > LARGEST) throw new DOMException(bytes(checkpoint.length), 'TooLarge');
    const { text, config } = source;
    let slot = (source.slot ??= newSlot());
    while (!(await this.#take(slot))) slot = source.slot = newSlot();
    const facts = {
      name: text.name,
      step,
      steps: Number(config.max_iters),
      loss: history.val ?? history.loss,
      at: Date.now(),
      fingerprint: text.fingerprint,
      config,
      own: [...this.state.own].filter(([name]) => !this.state.rows.get(name)?.core),
      tuned: Boolean(source.init ?? source.tuned),
      opened: Boolean(source.opened),
      old: source.oldText !== undefined,
      history: history.facts(),
    };
    const first = !this.#known.has(slot);
    const whole = { slot, facts, checkpoint, text: text.text };
    await this.#write(first ? whole : { ...whole, text: undefined }).catch((error) => {
      if (error.name === 'QuotaExceededError') throw error;
      this.#storage.restart('it failed'); // it died, or what it had open is gone: a fresh one may fare better
      return this.#write(whole);
    });
    if (this.#forgotten.has(slot)) return void (await this.#drop(slot)); // meanwhile
    this.#known.add(slot);
    this.#forget.hidden = false;
    this.#words.hidden = false;
    say(this.#words, `Kept in this browser at step ${count(step)}.`);
    if (first) await this.#clean().catch(() => {}); // the run is stored all the same, and the next one cleans again
  }

  /** Where there is no room, the oldest runs make it. @param {Parameters<Storage['save']>[0]} run */
  async #write(run) {
    for (;;) {
      try {
        return await this.#storage.save(run);
      } catch (error) {
        const oldest = /** @type {Error} */ (error).name === 'QuotaExceededError' && (await this.#free()).at(-1);
        if (!oldest || !(await this.#drop(oldest.slot))) throw error;
      }
    }
  }

  /** Removes what was never whole, and the oldest runs where there are too many, this tab's own included. */
  async #clean() {
    let room = MOST_BYTES;
    const elsewhere = new Set((await this.#free()).map(({ slot }) => slot));
    const ours = (await this.#storage.list()).filter(({ slot }) => this.#own.has(slot) || elsewhere.has(slot));
    const gone = ours.filter(({ facts, bytes: size }, i) => ((room -= size) < 0 && i > 0) || i >= MOST || !facts);
    for (const { slot } of gone) await this.#drop(slot);
  }

  /** Tells why a run is not stored, once each. @param {Error} error */
  #failed({ name, message }) {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const download = 'Download its checkpoint to have it.';
    if (name === 'QuotaExceededError') return void notice(`The space that this browser has for the page is full: the run is not kept, and ends with its tab. Training goes on. ${download}`, { name, bad: true });
    if (name === 'TooLarge') return void notice(`This run's checkpoint has ${message}: too much to keep in the browser. It ends with its tab. ${download}`);
    notice(`This browser lets the page keep nothing: the run ends with its tab. ${download}`);
  }

  async #forgetAll() {
    const { source } = this.session;
    if (source) this.#own.add((source.slot ??= newSlot()));
    for (const slot of this.#own) this.#forgotten.add(slot);
    for (const slot of [...(await this.#free()).map(({ slot: free }) => free), ...this.#own]) await this.#drop(slot);
    this.#forget.hidden = true;
    this.#words.hidden = true;
    notice(source ? 'Nothing is kept any more. This run is not kept either, and ends with its tab.' : 'Nothing is kept any more.');
  }
}

/** Eight hexadecimal digits. */
const newSlot = () => [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A time as people say it. @param {number} at milliseconds since 1970 */
function when(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
  return date.toDateString() === new Date().toDateString() ? `today at ${time}` : `${date.toLocaleDateString()} at ${time}`;
}
