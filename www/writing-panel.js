// writing-panel.js - the Writing section: what the model writes as it learns and when it is asked, and what it wrote before.

import { byId, element, say } from './dom.js';
import { isAbort, isDeath } from './faults.js';
import { bindControl } from './form.js';
import { count } from './format.js';
import { announce, noticeError } from './notices.js';
import { fetchShipped, forgetShipped } from './shipped.js';
import { on } from './training-panel.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./state.js').State} State @typedef {import('./history.js').Sample} Sample */

/** Earlier samples in the strip: the first ones, where most is learned, and the newest. */
const STRIP_FIRST = 5;
const STRIP_LAST = 4;

/** How to write, as it is set. @param {State} state @returns {import('./session.js').Pen} */
export function penOf(state) {
  const number = (/** @type {string} */ name) => Number(state.get(name));
  return {
    prompt: String(state.get('prompt')),
    tokens: number('tokens'),
    temperature: number('temperature'),
    topK: number('top_k'),
    topP: number('top_p'),
    minP: number('min_p'),
    repetitionPenalty: number('repetition_penalty'),
    seed: number('sample_seed'),
  };
}

export class WritingPanel {
  #leaf = byId('sample', HTMLElement);
  #caption = byId('sample-caption', HTMLElement);
  #strip = byId('strip', HTMLElement);
  #usual = this.#caption.textContent ?? '';
  /** @type {AbortController|null} of what the reader asked for */
  #asked = null;
  /** @type {Sample|null} an earlier one that the reader is looking at */
  #chosen = null;

  /** @type {AbortController|null} of the model that comes with Folio */
  #lent = null;
  /** The model that comes with Folio cannot be had: the reader's own writes from the beginning. */
  #alone = false;

  /**
   * @param {Session} session @param {State} state
   * @param {() => Promise<boolean>} open makes a run where there is none, so that even an untrained model can write
   */
  constructor(session, state, open) {
    this.session = session;
    this.state = state;
    this.open = open;
    const row = state.rows.get('prompt');
    if (row) bindControl(byId('prompt', HTMLTextAreaElement), byId('prompt-fault', HTMLElement), row, state);
    byId('prompt-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#write();
    });
    byId('hush', HTMLButtonElement).addEventListener('click', () => this.#asked?.abort());
    on(session, 'sample', (/** @type {Sample & {prompt: string, done: boolean}} */ sample) => this.#sample(sample));
    on(session, 'history', () => this.#history());
    on(session, 'status', () => this.#lent?.abort()); // the reader's own model takes the pen
  }

  async #write() {
    if (this.#asked) return;
    const hush = byId('hush', HTMLButtonElement);
    const write = byId('write', HTMLButtonElement);
    this.#asked = new AbortController();
    this.#chosen = null;
    write.setAttribute('aria-disabled', 'true');
    hush.hidden = false;
    try {
      const { signal } = this.#asked;
      const lent = !this.#alone && !this.session.run;
      if (lent) this.#alone = !(await this.#shipped(signal));
      const own = !lent || this.#alone;
      if (own && (await this.open())) await this.session.write(penOf(this.state), { asked: true, signal });
      announce('The model has written.', true);
    } catch (error) {
      if (!isDeath(error) && !isAbort(error)) noticeError(error); // the session tells of that, and of what it does about it
    }
    this.#asked = null;
    write.removeAttribute('aria-disabled');
    if (document.activeElement === hush) write.focus();
    hush.hidden = true;
  }

  /**
   * Before the reader has a model, the one that comes with Folio writes.
   * @param {AbortSignal} asked
   * @returns {Promise<boolean>} false: it cannot be had
   */
  async #shipped(asked) {
    this.#lent = new AbortController();
    const signal = AbortSignal.any([asked, this.#lent.signal]);
    const pen = penOf(this.state);
    let writer;
    try {
      say(this.#caption, 'Fetching the model that comes with Folio…');
      const bytes = await fetchShipped({ signal, progress: (share) => share && say(this.#caption, `Fetching the model that comes with Folio: ${Math.round(100 * share)}%`) });
      writer = await this.session.client.open(bytes);
    } catch (error) {
      say(this.#caption, this.#usual);
      if (isAbort(error) || isDeath(error)) throw error;
      forgetShipped();
      noticeError(error);
      return false;
    }
    const { parameters, step } = writer;
    say(this.#caption, `By the model that comes with Folio: ${(parameters / 1e6).toFixed(1)} million parameters, ${count(step)} steps. Start trains yours.`);
    let text = pen.prompt;
    try {
      for await (const piece of writer.generate({ ...pen, signal })) this.#put((text += piece), pen.prompt.length, true);
    } finally {
      this.#lent = null;
      this.#leaf.classList.remove('writing');
      await writer.close();
    }
    return true;
  }

  /** @param {Sample & {prompt: string, done: boolean}} sample */
  #sample(sample) {
    if (sample.done) this.#drawStrip();
    if (this.#chosen) return;
    this.#show(sample, sample.prompt.length, !sample.done);
  }

  #history() {
    this.#chosen = null;
    const last = this.session.history.samples.at(-1);
    if (last) this.#show(last, 0, false);
    else {
      this.#leaf.replaceChildren();
      say(this.#caption, this.#usual);
    }
    this.#drawStrip();
  }

  /** @param {Sample} sample @param {number} given characters of the prompt @param {boolean} writing */
  #show(sample, given, writing) {
    const before = this.session.tuned ? 'Before it learns this text' : 'Untrained';
    const steps = sample.step === 1 ? 'After one step' : sample.step ? `After ${count(sample.step)} steps` : before;
    say(this.#caption, `${steps}${sample.asked ? ', as you asked' : ''}`);
    this.#put(sample.text, given, writing);
  }

  /** Puts a text on the leaf. @param {string} whole @param {number} given characters of the prompt @param {boolean} writing */
  #put(whole, given, writing) {
    const text = whole.replace(/^\n+/, '');
    const cut = Math.max(0, given - (whole.length - text.length));
    this.#leaf.classList.toggle('writing', writing);
    if (!cut) return say(this.#leaf, text);
    this.#leaf.replaceChildren(element('span', 'given', text.slice(0, cut)), text.slice(cut));
  }

  /** A button for each of some earlier samples. */
  #drawStrip() {
    const all = this.session.history.samples;
    const some = all.length <= STRIP_FIRST + STRIP_LAST ? all : [...all.slice(0, STRIP_FIRST), ...all.slice(-STRIP_LAST)];
    this.#strip.hidden = all.length < 2;
    const shown = this.#chosen ?? all.at(-1);
    const kept = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.at : undefined;
    this.#strip.replaceChildren(
      ...some.map((sample) => {
        const button = element('button', 'quiet', count(sample.step));
        button.type = 'button';
        button.dataset.at = String(all.indexOf(sample));
        button.setAttribute('aria-label', `After ${count(sample.step)} steps`);
        button.setAttribute('aria-pressed', String(sample === shown));
        button.addEventListener('click', () => {
          this.#chosen = sample === all.at(-1) ? null : sample;
          this.#show(sample, 0, false);
          this.#drawStrip();
        });
        return button;
      }),
    );
    if (kept !== undefined) /** @type {HTMLElement|null} */ (this.#strip.querySelector(`[data-at="${kept}"]`))?.focus();
  }
}
