// token-lab.js - tokenizers of the present text, made in the worker when they are asked for, and what they make of it. Knows nothing of the page.

import { findEncoding } from './encodings.js';
import { isAbort } from './faults.js';
import { fetchRanks } from './ranks.js';
import { piecesOf } from './tokens.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./folio/src/remote.js').RemoteTokenizer} Tokenizer
 * @typedef {import('./text.js').Text} Text
 * @typedef {{name: string, size?: number}} Choice name: of a kind or an encoding; size: the most tokens, for kinds that learn so many
 */

/** Characters of a text that are encoded for its first lines, so that the lines' tokens are those of the whole. */
const CONTEXT = 4096;

/** Most of what is shown: lines, and characters. */
const LINES = 4;
const CHARACTERS = 240;

const END_OF_TEXT = '<|endoftext|>';

/** The first lines of a text. @param {string} text */
function firstLines(text) {
  const end = text.split('\n', LINES).join('\n').length + 1;
  const cut = Math.min(end, CHARACTERS, text.length);
  return text.slice(0, /[\ud800-\udbff]/.test(text[cut - 1]) ? cut - 1 || 2 : cut);
}

/** One tokenizer from another. @param {Choice} choice */
export const keyOf = ({ name, size }) => (size ? `${name} ${size}` : name);

export class TokenLab {
  #client;
  #busy;
  /** To the worker that the tokenizers live in. @type {Client['line']|null} */
  #line = null;
  /** @type {Text|null} */
  #text = null;
  #blob = new Blob();
  /** @type {Map<string, Promise<Tokenizer>>} by kind and size */
  #made = new Map();
  /** @type {Map<string, number>} tokens of the whole text */
  #counts = new Map();
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} what was fetched, by encoding */
  #files = new Map();

  /** @param {Client} client @param {() => boolean} busy whether the worker has work that may keep it from answering soon */
  constructor(client, busy) {
    this.#client = client;
    this.#busy = busy;
  }

  /** The text to work on. @param {Text} text */
  take(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#blob = new Blob([text.text]);
    this.#counts.clear();
    for (const key of this.#made.keys()) if (!this.#files.has(key)) this.#drop(key);
  }

  /** Bytes of the text. */
  get bytes() {
    return this.#blob.size;
  }

  /** Whether an encoding's tokens are here. @param {string} name */
  has(name) {
    return this.#files.has(name);
  }

  /** Fetches an encoding's tokens. @param {string} name @param {AbortSignal} signal */
  async fetch(name, signal) {
    const encoding = findEncoding(name);
    if (encoding && !this.has(name)) this.#files.set(name, await fetchRanks(encoding, signal));
  }

  /** @param {Choice} choice @param {AbortSignal} signal @returns {Promise<Tokenizer>} */
  tokenizer(choice, signal) {
    const key = keyOf(choice);
    const { line } = this.#client;
    if (line !== this.#line) this.#made.clear(); // the worker died, and all tokenizers with it
    this.#line = line;
    const known = this.#made.get(key);
    if (known) {
      // Who asked first may give it up before it is made: then it is made anew.
      return known.catch((error) => {
        if (signal.aborted || !isAbort(error)) throw error;
        return this.tokenizer(choice, signal);
      });
    }
    // Of one kind, only the last size is kept.
    for (const other of this.#made.keys()) if (choice.size && other.startsWith(`${choice.name} `)) this.#drop(other);
    const made = this.#make(choice, signal);
    this.#made.set(key, made);
    made.catch(() => this.#made.get(key) === made && this.#made.delete(key));
    return made;
  }

  /** @param {Choice} choice @param {AbortSignal} signal @returns {Promise<Tokenizer>} */
  async #make({ name, size }, signal) {
    const { tokenizer } = this.#client;
    const file = this.#files.get(name);
    if (file) return tokenizer.ranks(file, { encoding: name });
    if (name === 'char') return tokenizer.load({ kind: 'char', vocabulary: this.#text?.vocabulary });
    if (name === 'byte') return tokenizer.load({ kind: 'byte' });
    return tokenizer.train(/** @type {'word'|'bpe'} */ (name), this.#blob, { vocabSize: size, signal: this.#patient(signal) });
  }

  /** The tokens of the text's first lines. @param {Choice} choice @param {AbortSignal} signal */
  async excerpt(choice, signal) {
    const tokenizer = await this.tokenizer(choice, signal);
    const text = this.#text?.text.slice(0, CONTEXT) ?? '';
    // As a run encodes it.
    const allowedSpecial = END_OF_TEXT in tokenizer.special ? [END_OF_TEXT] : [];
    const ids = await tokenizer.encode(text, { allowedSpecial, disallowedSpecial: [], signal: this.#patient(signal) });
    const offsets = await tokenizer.offsets(text, ids);
    signal.throwIfAborted();
    const encoder = new TextEncoder();
    return piecesOf(encoder.encode(text), ids, offsets, encoder.encode(firstLines(text)).length);
  }

  /** How many tokens the whole text has. @param {Choice} choice @param {AbortSignal} signal @returns {Promise<number>} */
  async count(choice, signal) {
    const key = keyOf(choice);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const tokenizer = await this.tokenizer(choice, signal);
    const { length } = await tokenizer.encode(this.#blob, { signal: this.#patient(signal) });
    signal.throwIfAborted();
    this.#counts.set(key, length);
    return length;
  }

  /** The same, if it is known already. @param {Choice} choice */
  counted(choice) {
    return this.#counts.get(keyOf(choice)) ?? null;
  }

  /**
   * The signal for the worker. A worker that does not answer an abort is ended, and a run with it: while it is busy, work is left to end instead,
   * and what comes of it is not looked at.
   * @param {AbortSignal} signal
   */
  #patient(signal) {
    const forwarded = new AbortController();
    signal.addEventListener('abort', () => this.#busy() || forwarded.abort(signal.reason), { once: true });
    return forwarded.signal;
  }

  /** @param {string} key */
  #drop(key) {
    void this.#made.get(key)?.then((tokenizer) => tokenizer.close(), () => {}).catch(() => {});
    this.#made.delete(key);
  }
}
