// text-panel.js - the Text section: which text is learned, what is in it, and the ways to bring one's own.

import { Coming } from './coming.js';
import { byId, say } from './dom.js';
import { count } from './format.js';
import { notice, noticeError, withdraw } from './notices.js';
import { keepText, keptText, makeText, readTextFile } from './text.js';

/** @typedef {import('./text.js').Text} Text @typedef {import('./state.js').State} State */

/** Fires 'text' when there is another one. */
export class TextPanel extends EventTarget {
  /** @type {State|null} */
  #state = null;
  /** @type {Text|null} the one that comes with the page */
  #usual = null;
  /** @type {Text|null} */
  text = null;
  /** That, while it arrives; null where another is the first. @type {Coming|null} */
  #coming;
  /** The first text, as soon as it is there; rejects if it does not arrive. @type {Promise<Text>} */
  ready;

  constructor() {
    super();
    this.#coming = new Coming();
    this.ready = this.#coming.whole;
    const paste = byId('text-paste', HTMLButtonElement);
    const area = byId('text-own', HTMLTextAreaElement);
    this.#onForm(paste, byId('text-form', HTMLFormElement), area, async () => this.#take(() => makeText('Your text', area.value)));
    // Its code is fetched when the form is opened.
    const asking = () => import('./address-panel.js').then(({ addressPanel }) => addressPanel());
    const address = byId('text-address', HTMLButtonElement);
    address.addEventListener('click', () => void asking());
    this.#onForm(address, byId('address-form', HTMLFormElement), byId('address', HTMLInputElement), async () => {
      const text = await (await asking()).ask();
      return Boolean(text) && this.#take(() => /** @type {Text} */ (text));
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
   * A way to bring a text: a button that opens a form, and closes it again when a text came of it.
   * @param {HTMLButtonElement} button @param {HTMLFormElement} form @param {HTMLElement} first what has the focus then @param {() => Promise<boolean>} bring
   */
  #onForm(button, form, first, bring) {
    const open = (/** @type {boolean} */ shown) => {
      form.hidden = !shown;
      button.setAttribute('aria-expanded', String(shown));
    };
    button.addEventListener('click', () => {
      const shown = Boolean(form.hidden);
      // One way at a time.
      if (shown) for (const other of document.querySelectorAll('.bring [aria-expanded=true]')) /** @type {HTMLElement} */ (other).click();
      open(shown);
      if (shown) first.focus();
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const focused = form.contains(document.activeElement);
      if (!(await bring())) return;
      open(false);
      if (focused) button.focus();
    });
  }

  /**
   * The first text: the one in the link; the one that the link names, if this tab still has it; or the one that comes with the page.
   * @param {State} state
   * @param {Promise<Text|undefined>} [given] in the link, if it can be read
   */
  async start(state, given) {
    this.#state = state;
    const wanted = String(state.get('text'));
    const kept = wanted ? keptText(wanted) : undefined;
    if (given || kept) {
      const usual = this.ready;
      this.#coming = null;
      void usual.then((text) => (this.#usual = text), noticeError);
      this.ready = Promise.resolve(given ?? kept).then((text) => text ?? usual);
      const text = await this.ready;
      if (text.fingerprint) keepText(text);
      if (!this.text) this.#use(text);
    } else {
      this.#usual = await this.ready;
      if (!this.text) this.#use(this.#usual);
      if (wanted) notice('This link was made with a text of its own, which a link does not carry. Bring the same text, and you get the same run; until then it is Shakespeare.');
    }
    state.addEventListener('change', () => this.#show());
  }

  /** What training can begin with: the first text, or its beginning, with this share of it. @param {number} share @returns {Promise<Text|import('./coming.js').Begun>} */
  begun(share) {
    return this.#coming?.begun(share) ?? this.ready;
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

  /** Takes a text that a run has learnt, as it is. @param {Text} text */
  take(text) {
    const { usual } = this;
    this.#use(usual?.text === text.text ? usual : text);
    if (this.text?.fingerprint) keepText(this.text);
  }

  /** Takes an own text, unless there is something wrong with it. @param {() => Text} make */
  #take(make) {
    try {
      const text = make();
      this.#use(text);
      const kept = keepText(text);
      notice(`${text.name} it is: ${count(text.characters)} characters.${kept ? '' : ' It is too long to survive a reload of this tab.'}`, { kind: 'ready' });
      return true;
    } catch (error) {
      noticeError(error);
      return false;
    }
  }

  /** @param {Text} text */
  #use(text) {
    this.text = text;
    withdraw('ready');
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
    say(byId('text-facts', HTMLElement), `${count(text.characters)} characters, ${count(text.different)} different. ${held ? `${100 - held}% to learn from, ${held}% to test on.` : 'All of it to learn from.'}`);
    byId('text-default', HTMLButtonElement).hidden = !text.fingerprint;
    const split = byId('text-split', HTMLElement);
    split.setAttribute('aria-label', `${held}% of the text is kept for validation`);
    split.style.setProperty('--held', `${share * 100}%`);
  }
}
