// address-panel.js - the form that asks for a text at an address. It says who will be asked before anybody is.

import { fetchAddress, readAddress } from './address.js';
import { byId, say } from './dom.js';
import { isAbort } from './faults.js';
import { bytes } from './format.js';

/** @typedef {import('./text.js').Text} Text */

/** Milliseconds between two words on how much has arrived. */
const PERIOD = 250;

class AddressPanel {
  #address = byId('address', HTMLInputElement);
  #words = byId('address-words', HTMLElement);
  #ask = byId('address-ask', HTMLButtonElement);
  #stop = byId('address-stop', HTMLButtonElement);
  #asking = new AbortController();

  constructor() {
    this.#address.addEventListener('input', () => this.#tell());
    this.#stop.addEventListener('click', () => this.#asking.abort());
    this.#tell();
  }

  /** Who will be asked, or what is wrong with the address. */
  #tell() {
    const read = readAddress(this.#address.value);
    const bad = 'fault' in read && read.fault !== '';
    this.#say('fault' in read ? read.fault || 'Nobody is asked before you press the button.' : `Your browser will ask ${read.url.host} for this file, without cookies.`, bad);
    say(this.#ask, 'url' in read ? `Ask ${read.url.host}` : 'Ask for it');
  }

  /** @param {string} words @param {boolean} [bad] */
  #say(words, bad = false) {
    say(this.#words, words);
    this.#words.classList.toggle('fault', bad);
    this.#address.setAttribute('aria-invalid', String(bad));
  }

  /** Asks for what stands there. @returns {Promise<Text|null>} null: nothing came of it, and the form says why */
  async ask() {
    const read = readAddress(this.#address.value);
    if (!('url' in read)) {
      this.#say(read.fault || 'Which address?', true);
      this.#address.focus();
      return null;
    }
    if (this.#ask.getAttribute('aria-disabled') === 'true') return null;
    this.#asking = new AbortController();
    this.#busy(true);
    this.#say(`Asking ${read.url.host}…`);
    let there = 0;
    let timer = 0;
    const tell = () => {
      timer = 0;
      this.#say(`${bytes(there)} have arrived.`);
    };
    const progress = (/** @type {number} */ arrived) => {
      there = arrived;
      timer ||= window.setTimeout(tell, PERIOD); // what came last is told too
    };
    try {
      const text = await fetchAddress(read.url, { signal: this.#asking.signal, progress });
      this.#tell();
      return text;
    } catch (error) {
      if (isAbort(error)) this.#say('Stopped. Nothing was taken.');
      else this.#say(`${error instanceof Error ? error.message : error}.`, true);
      return null;
    } finally {
      clearTimeout(timer);
      this.#busy(false);
    }
  }

  /** @param {boolean} now */
  #busy(now) {
    const focused = document.activeElement === this.#stop;
    this.#ask.setAttribute('aria-disabled', String(now));
    this.#stop.hidden = !now;
    if (focused) this.#ask.focus();
  }
}

/** @type {AddressPanel|null} */
let made = null;

/** The one panel. */
export const addressPanel = () => (made ??= new AddressPanel());
