// coming.js - the text that comes with the page, while it arrives. How many characters it has, and which, is known before it is there (the build
// counts them), so that training can begin with its beginning.

import { makeText } from './text.js';

/**
 * @typedef {import('./text.js').Text} Text
 * @typedef {Text & {whole: Promise<Text>}} Begun a text of which the beginning is there; all else is told of the whole
 */

/** Bytes of the real tiny Shakespeare; a page built without it has a text that a model wrote in its place. */
const TINY_SHAKESPEARE = 1115394;
const nameOf = (/** @type {number} */ characters) => (characters === TINY_SHAKESPEARE ? 'Tiny Shakespeare' : 'Mock Shakespeare');

export class Coming {
  /** What is there. */
  #text = '';
  #ended = false;
  /** Who waits for so many characters. @type {{characters: number, go: () => void}[]} */
  #waiting = [];
  /** Of the whole; null where it is not known before. @type {Promise<{characters: number, vocabulary: string}|null>} */
  #known;

  constructor() {
    this.#known = fetch(new URL('data/text.json', document.baseURI))
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null);
    /** Rejects with an Error that says what did not arrive, and why. @type {Promise<Text>} */
    this.whole = this.#read().finally(() => {
      this.#ended = true;
      this.#look();
    });
    this.whole.catch(() => {}); // whoever waits for it tells
  }

  /** The beginning, once it has this share of the characters, or the whole, if that is sooner. @param {number} share @returns {Promise<Text|Begun>} */
  async begun(share) {
    const known = await this.#known;
    if (!known || this.#ended) return this.whole;
    const { characters, vocabulary } = known;
    await new Promise((/** @type {(value?: undefined) => void} */ go) => {
      this.#waiting.push({ characters: Math.ceil(share * characters), go });
      this.#look();
    });
    if (this.#ended) return this.whole;
    return { name: nameOf(characters), text: this.#text, fingerprint: '', characters, vocabulary, different: vocabulary.length, whole: this.whole };
  }

  #look() {
    this.#waiting = this.#waiting.filter(({ characters, go }) => {
      if (!this.#ended && this.#text.length < characters) return true;
      go();
      return false;
    });
  }

  async #read() {
    const url = new URL('data/text.txt', document.baseURI);
    const late = (/** @type {Error} */ { message }) => {
      throw new Error(`The text did not arrive (${url.pathname}: ${message}).`);
    };
    const response = await fetch(url).catch(late);
    if (!response.ok || !response.body) return late(new Error(`${response.status} ${response.statusText}`));
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (let piece; !(piece = await reader.read().catch(late)).done; this.#look()) this.#text += decoder.decode(piece.value, { stream: true });
    this.#text += decoder.decode();
    return makeText(nameOf(this.#text.length), this.#text, '');
  }
}
