/** tokenizer.js - text <-> token ids. */

import { FolioError } from './error.js';
import { Handle, out } from './module.js';

/** @typedef {'char' | 'byte'} TokenizerKind */
/** @typedef {{kind: TokenizerKind, vocabulary?: string}} TokenizerJson vocabulary: every character once, by code point; char only */

const KINDS = /** @type {TokenizerKind[]} */ (['char', 'byte']);

/** @param {string | Uint8Array} text */
const toBytes = (text) => (typeof text === 'string' ? new TextEncoder().encode(text) : text);

/** @param {string} op @param {unknown} kind */
function kindIndex(op, kind) {
  const index = KINDS.indexOf(/** @type {TokenizerKind} */ (kind));
  if (index < 0) throw new FolioError('ARGUMENT', op, `${op}: there is no tokenizer '${kind}' (known: ${KINDS.join(', ')})`);
  return index;
}

/**
 * Where and on what the core stopped.
 * @param {Uint32Array} fault byte offset, character offset, code point or byte
 * @returns {(code: string) => string | undefined}
 */
const explain = ([byte, character, codepoint]) => (code) => {
  const hex = codepoint.toString(16).toUpperCase();
  if (code === 'UNKNOWN_CHAR') return `'${String.fromCodePoint(codepoint)}' (U+${hex.padStart(4, '0')}) at character ${character}, byte ${byte}`;
  return code === 'UTF8' ? `byte 0x${hex.padStart(2, '0')} at byte ${byte}, after ${character} characters` : undefined;
};

export class Tokenizer {
  #module;
  #handle;

  /**
   * @param {import('./module.js').Module} module
   * @param {TokenizerKind} kind
   * @param {Handle} handle
   */
  constructor(module, kind, handle) {
    this.#module = module;
    this.#handle = handle;
    this.kind = kind;
    /** Tokens in the vocabulary. */
    this.vocabSize = module.call('tokenizer_vocab_size', handle);
  }

  /**
   * Learns the vocabulary of a text.
   * @param {import('./module.js').Module} module
   * @param {TokenizerKind} kind
   * @param {string | Uint8Array} text
   */
  static train(module, kind, text) {
    const op = 'tokenizer.train';
    const bytes = toBytes(text);
    const fault = new Uint32Array(3);
    const args = [kindIndex(op, kind), bytes, bytes.length, out(fault)];
    return new Tokenizer(module, kind, module.create(op, 'tokenizer_train', args, (code) => explain(fault)(code)));
  }

  /**
   * @param {import('./module.js').Module} module
   * @param {TokenizerJson | string} json what toJSON gave, or its text
   */
  static load(module, json) {
    const op = 'tokenizer.load';
    const { kind, vocabulary = '' } = typeof json === 'string' ? parse(json) : json;
    const index = kindIndex(op, kind);
    if (typeof vocabulary !== 'string') throw new FolioError('VOCABULARY', op, `${op}: 'vocabulary' must be a string of all characters`);
    const codepoints = Uint32Array.from(vocabulary, (character) => /** @type {number} */ (character.codePointAt(0)));
    return new Tokenizer(module, kind, module.create(op, 'tokenizer_load', [index, codepoints, codepoints.length]));
  }

  /**
   * @param {string | Uint8Array} text
   * @returns {Uint32Array<ArrayBuffer>}
   */
  encode(text) {
    const bytes = toBytes(text);
    const ids = new Uint32Array(bytes.length);
    const count = new Uint32Array(1);
    const fault = new Uint32Array(3);
    const args = [this.#handle, bytes, bytes.length, out(ids), out(count), out(fault)];
    this.#module.check('tokenizer.encode', 'tokenizer_encode', args, (code) => explain(fault)(code));
    return ids.slice(0, count[0]);
  }

  /**
   * @param {ArrayLike<number>} ids
   * @returns {Uint8Array<ArrayBuffer>} UTF-8; a byte tokenizer may give parts of characters
   */
  decodeBytes(ids) {
    const words = Uint32Array.from(ids);
    const bytes = new Uint8Array(4 * words.length);
    const written = new Uint32Array(1);
    this.#module.check('tokenizer.decode', 'tokenizer_decode', [this.#handle, words, words.length, out(bytes), bytes.length, out(written)],
      () => `the vocabulary has ${this.vocabSize} tokens`);
    return bytes.slice(0, written[0]);
  }

  /**
   * @param {ArrayLike<number>} ids
   * @returns {string}
   */
  decode(ids) {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.decodeBytes(ids));
  }

  /**
   * Text as it comes: send one id after another, undefined at the end; each answer is the text that is now complete. A character whose bytes
   * are spread over tokens appears with the last of them. The first next() only starts it.
   * @returns {Generator<string, string, number | undefined>}
   */
  *decodeStream() {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let id = yield ''; ; ) {
      if (id === undefined) return decoder.decode();
      id = yield decoder.decode(this.decodeBytes([id]), { stream: true });
    }
  }

  /** @returns {TokenizerJson} */
  toJSON() {
    if (this.kind === 'byte') return { kind: 'byte' };
    const codepoints = this.#module.words('tokenizer_codepoints', this.#handle, this.vocabSize);
    return { kind: 'char', vocabulary: Array.from(codepoints, (codepoint) => String.fromCodePoint(codepoint)).join('') };
  }

  close() {
    this.#handle.close();
  }
}

/** @param {string} text @returns {TokenizerJson} */
function parse(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FolioError('VOCABULARY', 'tokenizer.load', `tokenizer.load: not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (value === null || typeof value !== 'object') throw new FolioError('VOCABULARY', 'tokenizer.load', 'tokenizer.load: not a JSON object');
  return /** @type {TokenizerJson} */ (value);
}
