// token-panel.js - the tokens of the Text section: which tokenizer trains, whose tokens are shown, how many there are of each. All work is done in
// the worker, and given up as soon as the text or the choice is another.

import { byId } from './dom.js';
import { findEncoding } from './encodings.js';
import { isAbort, isDeath } from './faults.js';
import { count } from './format.js';
import { noticeError } from './notices.js';
import { TokenLab, keyOf } from './token-lab.js';
import { TokenLines } from './token-lines.js';
import { on } from './training-panel.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./state.js').State} State
 * @typedef {import('./text-panel.js').TextPanel} TextPanel
 * @typedef {import('./token-lab.js').Choice} Choice
 */

/** Milliseconds that somebody may go on typing a number before work is begun for it. */
const PAUSE = 150;

/** Settings that change what is shown here. */
const WATCHED = ['tokenizer', 'vocab_size', 'block_size', 'stride', 'batching', 'batch_size', 'val_fraction'];

/** Fires 'vocabulary' when the tokenizer of the training has another size. */
export class TokenPanel extends EventTarget {
  #lab;
  #lines = new TokenLines();
  /** @type {import('./token-table.js').TokenTable|null} */
  #table = null;
  /** @type {import('./window-ruler.js').WindowRuler|null} */
  #ruler = null;
  #compare = byId('compare', HTMLDetailsElement);
  #stop = new AbortController();
  #timer = 0;
  #seen = '';
  /** An encoding or another tokenizer to look at, in place of the one that trains. */
  #shown = '';
  /** Encodings that the reader has asked for. @type {Set<string>} */
  #wanted = new Set();
  /** Sizes of tokenizers that have been made, by choice. @type {Map<string, number>} */
  #sizes = new Map();

  /** @param {Client} client @param {Session} session @param {State} state @param {TextPanel} texts */
  constructor(client, session, state, texts) {
    super();
    this.session = session;
    this.state = state;
    this.texts = texts;
    this.#lab = new TokenLab(client, () => !['idle', 'paused', 'done'].includes(session.status));
    state.addEventListener('change', () => this.#changed());
    texts.addEventListener('text', () => this.#takeText());
    this.#compare.addEventListener('toggle', () => this.#later());
    on(session, 'status', () => this.#deferred && this.#later());
    on(session, 'recovered', () => this.#later());
    this.#changed();
    if (texts.text) this.#takeText();
  }

  /** Fetches what can wait: what draws the windows over the text, and the table of tokenizers. */
  async finish() {
    const [{ WindowRuler }, { TokenTable }] = await Promise.all([import('./window-ruler.js'), import('./token-table.js')]);
    this.#ruler = new WindowRuler(this.#lines);
    this.#table = new TokenTable((name) => this.#look(name));
    this.#later();
  }

  /** Tokens in the vocabulary that the model will have; those asked for, until they are learnt. */
  get vocabSize() {
    const choice = this.#choice(String(this.state.get('tokenizer')));
    if (choice.name === 'char') return this.texts.text?.different ?? 0;
    return this.#sizes.get(keyOf(choice)) ?? choice.size ?? 256;
  }

  /** A tokenizer as it is set, or as it is by default. @param {string} name @returns {Choice} */
  #choice(name) {
    const row = this.state.rows.get('vocab_size');
    const usual = row?.under?.(() => name);
    if (!usual || usual.hidden) return { name };
    return { name, size: Number(name === this.state.get('tokenizer') ? this.state.get('vocab_size') : usual.default) };
  }

  /** @param {string} name */
  #look(name) {
    if (findEncoding(name)) this.#wanted.add(name);
    this.#shown = name;
    this.#later();
  }

  #changed() {
    const now = WATCHED.map((name) => this.state.get(name)).join();
    if (now === this.#seen) return;
    if (this.#seen && this.#seen.split(',')[0] !== this.state.get('tokenizer')) this.#shown = '';
    this.#seen = now;
    this.#stop.abort();
    this.#later(PAUSE);
  }

  #takeText() {
    if (!this.texts.text) return;
    this.#stop.abort();
    this.#lab.take(this.texts.text);
    this.#sizes.clear();
    this.dispatchEvent(new Event('vocabulary'));
    this.#later();
  }

  /** While a run is being made the worker answers nobody: then it waits. */
  #deferred = false;

  #later(pause = 0) {
    clearTimeout(this.#timer);
    this.#deferred = this.session.status === 'opening';
    if (!this.#deferred) this.#timer = window.setTimeout(() => void this.#refresh(), pause);
  }

  async #refresh() {
    const { texts } = this;
    if (!texts.text) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      await this.#show(signal);
      if (this.#compare.open && this.#table) await this.#countAll(signal);
    } catch (error) {
      if (!isAbort(error) && !isDeath(error)) noticeError(error);
    }
  }

  /** The first lines, as the chosen tokenizer has them, or the one that is looked at. @param {AbortSignal} signal */
  async #show(signal) {
    const lab = this.#lab;
    const chosen = this.#choice(String(this.state.get('tokenizer')));
    const shown = this.#choice(this.#shown || chosen.name);
    this.#table?.mark(chosen.name, shown.name);
    await this.#make(chosen, signal);
    await this.#fetch(signal);
    await this.#make(shown, signal);
    this.#lines.show(await lab.excerpt(shown, signal), shown.name);
    await this.#ruler?.show(this.state, () => lab.count(shown, signal));
  }

  /** Makes a tokenizer, and tells its size. @param {Choice} choice @param {AbortSignal} signal */
  async #make(choice, signal) {
    const { vocabSize } = await this.#lab.tokenizer(choice, signal);
    signal.throwIfAborted();
    const before = this.vocabSize;
    this.#sizes.set(keyOf(choice), vocabSize);
    if (this.vocabSize !== before) this.dispatchEvent(new Event('vocabulary'));
    return vocabSize;
  }

  /** Fetches the encodings that were asked for. @param {AbortSignal} signal */
  async #fetch(signal) {
    for (const name of this.#wanted) {
      if (!this.#lab.has(name)) {
        this.#table?.fetching(name, true);
        try {
          await this.#lab.fetch(name, signal);
        } catch (error) {
          this.#table?.fetching(name, false);
          if (!isAbort(error)) {
            this.#wanted.delete(name);
            if (this.#shown === name) this.#look('');
          }
          throw error;
        }
      }
      this.#table?.arrived(name);
    }
  }

  /** @param {AbortSignal} signal */
  async #countAll(signal) {
    const { KINDS } = await import('./token-table.js');
    const { bytes } = this.#lab;
    const choices = [...KINDS, ...this.#wanted].map((name) => this.#choice(name));
    for (const choice of choices) this.#table?.set(choice.name, { tokens: this.#lab.counted(choice), bytes });
    for (const choice of choices) {
      const tokens = await this.#lab.count(choice, signal);
      this.#table?.set(choice.name, { size: `of ${count(await this.#make(choice, signal))}`, tokens, bytes });
    }
  }
}
