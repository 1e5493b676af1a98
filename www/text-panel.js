// text-panel.js - the Text section: which text is learned, what is in it, and the ways to bring one's own.

import { byId, say } from './dom.js';
import { bytes, count } from './format.js';
import { notice, noticeError } from './notices.js';
import { fetchText, keepText, keptText, makeText, readTextFile } from './text.js';

/** @typedef {import('./text.js').Text} Text @typedef {import('./state.js').State} State */

/** Fires 'text' when there is another one. */
export class TextPanel extends EventTarget {
  /** @type {State|null} */
  #state = null;
  /** @type {Text|null} the one that comes with the page */
  #usual = null;
  /** @type {Text|null} */
  text = null;
  /** The first text, as soon as it is there; rejects if it does not arrive. @type {Promise<Text>} */
  ready;

  constructor() {
    super();
    this.ready = fetchText();
    this.ready.catch(() => {}); // whoever waits for it tells
    const form = byId('text-form', HTMLFormElement);
    const paste = byId('text-paste', HTMLButtonElement);
    const area = byId('text-own', HTMLTextAreaElement);
    const open = (/** @type {boolean} */ shown) => {
      form.hidden = !shown;
      paste.setAttribute('aria-expanded', String(shown));
    };
    paste.addEventListener('click', () => {
      open(Boolean(form.hidden));
      if (!form.hidden) area.focus();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#take(() => makeText('Your text', area.value))) return;
      open(false);
      paste.focus();
    });
    const file = byId('text-file', HTMLInputElement);
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      file.value = '';
      if (chosen) void this.takeFile(chosen);
    });
    byId('text-default', HTMLButtonElement).addEventListener('click', () => {
      paste.focus();
      if (this.#usual) this.#use(this.#usual);
    });
    document.addEventListener('paste', (event) => {
      const { target } = event;
      if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return;
      const pasted = event.clipboardData?.getData('text/plain');
      if (pasted) this.#take(() => makeText('Your text', pasted));
    });
  }

  /**
   * The first text: the link's own, if this tab still has it, or the one that comes with the page.
   * @param {State} state
   */
  async start(state) {
    this.#state = state;
    const wanted = String(state.get('text'));
    const kept = wanted ? keptText(wanted) : undefined;
    if (kept) {
      this.#use(kept);
      void this.ready.then((text) => (this.#usual = text), noticeError);
      this.ready = Promise.resolve(kept);
    } else {
      this.#usual = await this.ready;
      if (!this.text) this.#use(this.#usual);
      if (wanted) notice('This link was made with a text of its own, which a link does not carry. Bring the same text, and you get the same run; until then it is Shakespeare.');
    }
    state.addEventListener('change', () => this.#show());
  }

  /** The text that comes with the page, once it is there. */
  get usual() {
    return this.#usual;
  }

  /** @param {File} file */
  async takeFile(file) {
    try {
      const text = await readTextFile(file);
      this.#take(() => text);
    } catch (error) {
      noticeError(error);
    }
  }

  /** Takes an own text, unless there is something wrong with it. @param {() => Text} make */
  #take(make) {
    try {
      const text = make();
      this.#use(text);
      const kept = keepText(text);
      notice(`${text.name} it is: ${count(text.characters)} characters. ${kept ? 'Press Start.' : 'It is too long to survive a reload of this tab.'}`);
      return true;
    } catch (error) {
      noticeError(error);
      return false;
    }
  }

  /** @param {Text} text */
  #use(text) {
    this.text = text;
    this.#state?.set('text', text.fingerprint);
    this.#show();
    this.dispatchEvent(new Event('text'));
  }

  #show() {
    const { text } = this;
    if (!text) return;
    const share = Number(this.#state?.get('val_fraction') ?? 0.1);
    const held = Math.round(share * 100);
    say(byId('text-name', HTMLElement), text.name);
    say(byId('text-gist', HTMLElement), `${text.name}, ${count(text.characters)} characters`);
    say(byId('text-facts', HTMLElement), `${count(text.characters)} characters, ${count(text.different)} different, ${bytes(text.text.length)}. ${held ? `${100 - held}% to learn from, ${held}% kept to test it on.` : 'All of it to learn from.'}`);
    byId('text-default', HTMLButtonElement).hidden = !text.fingerprint;
    const split = byId('text-split', HTMLElement);
    split.setAttribute('aria-label', `${held}% of the text is kept for validation`);
    split.style.setProperty('--held', `${share * 100}%`);
  }
}
