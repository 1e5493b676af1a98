// writing-panel.js - the Writing section: what the model writes as it learns and when it is asked, and what it wrote before.

import { byId, say } from './dom.js';
import { isAbort, isDeath } from './faults.js';
import { bindControl } from './form.js';
import { count } from './format.js';
import { announce, noticeError } from './notices.js';
import { ALTERNATIVES } from './observer.js';
import { withSheet } from './sheets.js';
import { on } from './training-panel.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./state.js').State} State @typedef {import('./history.js').Sample} Sample */
/** @typedef {import('./leaves.js').Leaves} Leaves @typedef {import('./leaves.js').Lent} Lent */

/**
 * @typedef {{name: string, fetch: typeof import('./shipped.js').fetchShipped, forget: () => void}} Lender a model's name in a sentence, its file, and what to do when that
 *   cannot be read
 */

/** What stands above a leaf that the reader's own model has not written on yet. */
const OWN = 'It writes here as it learns, and when you press Write.';

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
    stop: String(state.get('stop')).replaceAll('\\n', '\n'),
  };
}

export class WritingPanel {
  #caption = byId('sample-caption', HTMLElement);
  #usual = this.#caption.textContent ?? '';
  /** What draws; fetched with the first sample. @type {Leaves|null} */
  #leaves = null;
  /** @type {Promise<void>|null} */
  #fetching = null;
  /** @type {(leaves: Leaves) => void} */
  #last = () => {};
  /** @type {AbortController|null} of what the reader asked for */
  #asked = null;
  /** @type {AbortController|null} of the model that comes with Folio */
  #lent = null;
  /** The lent model cannot be had: the reader's own writes from the beginning. */
  #alone = false;
  /** Whose model writes before the reader has one. @type {Lender} */
  #lender = {
    name: 'the model that comes with Folio',
    fetch: async (options) => (await import('./shipped.js')).fetchShipped(options),
    forget: () => void import('./shipped.js').then(({ forgetShipped }) => forgetShipped()),
  };

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
    on(session, 'sample', (/** @type {Sample} */ sample) => this.#draw((leaves) => leaves.show(sample, sample.asked)));
    on(session, 'history', () => this.#history());
    on(session, 'eval', () => this.#leaves?.draw());
    on(session, 'status', () => this.#lent?.abort()); // the reader's own model takes the pen
  }

  /** Lets another model write while the reader has none, and now. @param {Lender} lender */
  lend(lender) {
    this.#lender = lender;
    this.#alone = false;
    return this.#write();
  }

  async #write() {
    if (this.#asked) return;
    const hush = byId('hush', HTMLButtonElement);
    const write = byId('write', HTMLButtonElement);
    this.#asked = new AbortController();
    write.setAttribute('aria-disabled', 'true');
    hush.hidden = false;
    try {
      const { signal } = this.#asked;
      const lent = !this.#alone && !this.session.run;
      if (lent) this.#alone = !(await this.#shipped(signal));
      const own = !lent || this.#alone;
      if (own && (await this.open())) await this.session.write(penOf(this.state), { asked: true, signal });
      await this.#fetching;
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
   * Before the reader has a model, one that is lent writes.
   * @param {AbortSignal} asked
   * @returns {Promise<boolean>} false: it cannot be had
   */
  async #shipped(asked) {
    this.#lent = new AbortController();
    const signal = AbortSignal.any([asked, this.#lent.signal]);
    const pen = penOf(this.state);
    const { name, fetch, forget } = this.#lender;
    let writer;
    try {
      say(this.#caption, `Fetching ${name}…`);
      const bytes = await fetch({ signal, progress: (/** @type {number} */ share) => say(this.#caption, `Fetching ${name}: ${Math.round(100 * share)}%`) });
      writer = await this.session.client.open(bytes);
    } catch (error) {
      this.#begin();
      if (isAbort(error) || isDeath(error)) throw error;
      forget();
      noticeError(error);
      return false;
    }
    const { parameters, step } = writer;
    const size = parameters < 1e5 ? count(parameters) : `${(parameters / 1e6).toFixed(1)} million`;
    const by = `By ${name}: ${size} parameters, ${count(step)} steps. Start trains yours.`;
    /** @type {Required<Lent>} */
    const sheet = { text: pen.prompt, given: pen.prompt.length, tokens: [], by, done: false };
    const show = () => this.#draw((leaves) => leaves.show(sheet, true));
    say(this.#caption, by);
    try {
      for await (const token of writer.generate({ ...pen, details: ALTERNATIVES, signal })) {
        sheet.text += token.text;
        sheet.tokens.push(token);
        show();
      }
    } finally {
      this.#lent = null;
      sheet.done = true;
      show();
      await writer.close();
    }
    return true;
  }

  /** Another run, with its samples, or none. */
  #history() {
    if (this.session.history.samples.length) return this.#draw((leaves) => leaves.begin());
    this.#leaves?.begin();
    this.#begin();
  }

  /** Says who writes. */
  #begin() {
    say(this.#caption, this.session.run ? OWN : this.#usual);
  }

  /** @param {(leaves: Leaves) => void} how */
  #draw(how) {
    if (this.#leaves) return how(this.#leaves);
    this.#last = how;
    this.#fetching ??= this.#fetch();
  }

  /** What draws, and with it the last that was to be drawn. */
  async #fetch() {
    try {
      const [{ Leaves }] = await Promise.all([import('./leaves.js'), withSheet('css/reading.css')]);
      this.#leaves = new Leaves(this.session);
      this.#last(this.#leaves);
    } catch (error) {
      this.#fetching = null;
      noticeError(error);
    }
  }
}
