/** tokenizer.js - text <-> token ids, the same for every kind. tokenizer/make.js makes them: from texts, encodings, files. */

import { FolioError } from './error.js';
import { optionsOf, refuseValue } from './given.js';
import { toIds } from './ids.js';
import { Handle, out } from './module.js';
import { explainText } from './tokenizer/faults.js';
import { toHuggingFace } from './tokenizer/huggingface.js';
import { END_OF_TEXT, hasStrings, toBytes } from './tokenizer/names.js';
import { concat, toBase64, unpack } from './tokenizer/strings.js';

/** @typedef {import('./tokenizer/names.js').TokenizerKind} TokenizerKind */
/** @typedef {import('./tokenizer/names.js').SpecialTokens} SpecialTokens */
/** @typedef {import('./tokenizer/training.js').TrainingOptions} TrainingOptions */
/** @typedef {import('./tokenizer/training.js').TrainingEvent} TrainingEvent */
/**
 * @typedef {object} TokenizerJson
 * @property {TokenizerKind} kind
 * @property {string} [vocabulary] char: every character once, by id
 * @property {import('./tokenizer/names.js').Split} [split] bpe
 * @property {string} [tokens] word, bpe: the tokens by id, packed, in base64
 * @property {SpecialTokens} [special] word, bpe
 */
/**
 * @typedef {object} EncodeOptions as tiktoken has them; a list of names, or all
 * @property {'all' | string[]} [allowedSpecial] special tokens whose names in the text become their ids (default: none)
 * @property {'all' | string[]} [disallowedSpecial] those whose names in the text are an error (default: all that are not allowed); the names of all
 *   others are text like any other
 */
/** @typedef {import('./tokenizer/make.js').RanksOptions} RanksOptions */

/** Bytes of a long text that are encoded at a time: few enough for a cache to hold them with their ids. */
const PART = 1 << 18;
/** FOLIO_ERR_TOKEN of core/error.h. */
const TOKEN = -13;

export class Tokenizer {
  #module;
  #handle;

  /**
   * @param {import('./module.js').Module} module
   * @param {Handle} handle
   * @param {{kind: TokenizerKind, split?: import('./tokenizer/names.js').Split, special?: SpecialTokens}} facts special by ascending id
   */
  constructor(module, handle, { kind, split, special = {} }) {
    this.#module = module;
    this.#handle = handle;
    this.kind = kind;
    /** How bpe cuts a text; undefined for the other kinds. */
    this.split = split;
    /** Names of special tokens and their ids, by ascending id. */
    this.special = special;
    /** Tokens in the vocabulary: ids are below it. */
    this.vocabSize = module.call('tokenizer_vocab_size', handle);
  }

  /**
   * Fails with NOT_ALLOWED where the text holds the name of a disallowed special token.
   * @param {string | Uint8Array} text bytes that are no UTF-8 are refused by char and kept by the others
   * @param {EncodeOptions} [options]
   * @returns {Uint32Array<ArrayBuffer>}
   */
  encode(text, options) {
    const bytes = toBytes(text);
    let all = new Uint32Array(0);
    let count = 0;
    for (const { ids, end } of this.#parts(bytes, options)) {
      if (count + ids.length > all.length) {
        if (end === bytes.length && !count) return ids;
        const larger = new Uint32Array(Math.ceil((count + ids.length) * Math.max(1, (1.02 * bytes.length) / end))); // as many for each byte to come
        larger.set(all.subarray(0, count));
        all = larger;
      }
      all.set(ids, count);
      count += ids.length;
    }
    return all.subarray(0, count);
  }

  /** All of the text as text: names of special tokens mean nothing. @param {string | Uint8Array} text */
  encodeOrdinary(text) {
    return this.encode(text, { disallowedSpecial: [] });
  }

  /**
   * Documents, each as text, with <|endoftext|> between them.
   * @param {Iterable<string | Uint8Array>} documents
   */
  encodeDocuments(documents) {
    const end = this.special[END_OF_TEXT];
    if (end === undefined) throw new FolioError('ARGUMENT', 'tokenizer.encode', `tokenizer.encode: this tokenizer has no ${END_OF_TEXT} to put between documents`);
    const parts = Array.from(documents, (text, i) => (i ? [Uint32Array.of(end), this.encodeOrdinary(text)] : [this.encodeOrdinary(text)]));
    return concatIds(parts.flat());
  }

  /**
   * The same, a long text part by part; the ids of all parts together are those of the text.
   * @param {string | Uint8Array} text
   * @param {EncodeOptions} [options]
   * @returns {Generator<Uint32Array<ArrayBuffer>, void, void>}
   */
  *encodeParts(text, options) {
    for (const { ids } of this.#parts(toBytes(text), options)) yield ids;
  }

  /**
   * Ids of a text part by part, and where in the text they end.
   * @param {Uint8Array} bytes
   * @param {EncodeOptions} [options]
   * @returns {Generator<{ids: Uint32Array<ArrayBuffer>, end: number}, void, void>}
   */
  *#parts(bytes, options) {
    const policies = this.#policies(options);
    const separable = !Object.keys(this.special).some((name) => /\s/u.test(name)) || !policies.length;
    let at = 0;
    for (let size = separable ? PART : bytes.length; at < bytes.length; ) {
      const part = bytes.subarray(at, at + size);
      const cut = at + part.length === bytes.length ? part.length : this.cut(part);
      if (cut === 0) {
        size *= 2; // no sure end of a piece in so long a part
        continue;
      }
      const ids = this.#encode(part.subarray(0, cut), policies, at);
      at += cut;
      size = PART;
      yield { ids, end: at };
    }
  }

  /** Where a text can be cut, as late as possible, so that both parts encode as the whole; 0 for nowhere. @param {Uint8Array} bytes */
  cut(bytes) {
    return this.#module.call('tokenizer_cut', this.#handle, bytes, bytes.length);
  }

  /** @param {Uint8Array} bytes @param {Uint8Array} policies @param {number} start where they stand in the text */
  #encode(bytes, policies, start) {
    const count = new Uint32Array(1);
    const fault = new Uint32Array(3);
    const args = [this.#handle, policies, policies.length, bytes, bytes.length, out(count), out(fault)];
    const encoding = this.#module.create('tokenizer.encode', 'encoding_create', args, (code) => explainText(fault, Object.keys(this.special), start, bytes)(code));
    const ids = this.#module.words('encoding_ids', encoding, count[0]);
    encoding.close();
    return ids;
  }

  /** What to do with each special token: SPECIAL_* of core/tokenizer/special.h; nothing where all are text. @param {EncodeOptions} [options] */
  #policies(options) {
    const { allowedSpecial = [], disallowedSpecial = 'all' } = optionsOf('tokenizer.encode', options);
    for (const [name, list] of Object.entries({ allowedSpecial, disallowedSpecial })) {
      if (list !== 'all' && !Array.isArray(list)) refuseValue('tokenizer.encode', name, list, "'all' or a list of names");
    }
    const names = Object.keys(this.special);
    if (disallowedSpecial !== 'all' && !disallowedSpecial.length && allowedSpecial !== 'all' && !allowedSpecial.length) return new Uint8Array(0);
    for (const list of [allowedSpecial, disallowedSpecial]) {
      const unknown = list === 'all' ? undefined : list.find((name) => !Object.hasOwn(this.special, name));
      if (unknown === undefined) continue;
      throw new FolioError('ARGUMENT', 'tokenizer.encode', `tokenizer.encode: there is no special token '${unknown}' (known: ${names.slice(0, 20).join(' ') || 'none'})`);
    }
    const has = (/** @type {'all' | string[]} */ list, /** @type {string} */ name) => list === 'all' || list.includes(name);
    return Uint8Array.from(names, (name) => (has(allowedSpecial, name) ? 1 : has(disallowedSpecial, name) ? 2 : 0));
  }

  /**
   * @param {ArrayLike<number>} ids
   * @returns {Uint8Array<ArrayBuffer>} UTF-8; tokens of byte and bpe may be parts of characters
   */
  decodeBytes(ids) {
    const words = toIds('tokenizer.decode', ids);
    const written = new Uint32Array(1);
    for (let room = hasStrings(this.kind) ? 8 * words.length : 4 * words.length; ; room = written[0]) {
      const bytes = new Uint8Array(room);
      const args = [this.#handle, words, words.length, out(bytes), bytes.length, out(written)];
      try {
        this.#module.check('tokenizer.decode', 'tokenizer_decode', args, () => `the vocabulary has ${this.vocabSize} tokens`);
        return bytes.slice(0, written[0]);
      } catch (error) {
        if (!(error instanceof FolioError) || error.code !== 'CAPACITY' || written[0] <= room) throw error;
      }
    }
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
      id = yield decoder.decode(this.#isHole(id) ? new Uint8Array(0) : this.decodeBytes([id]), { stream: true });
    }
  }

  /**
   * A token by itself: its text, or its bytes too where they are no whole characters. An id that is no token has neither.
   * @param {number} id
   * @returns {{text: string, bytes?: number[]}}
   */
  piece(id) {
    if (id >= this.vocabSize || this.#isHole(id)) return { text: '' };
    const bytes = this.decodeBytes([id]);
    try {
      return { text: new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes) };
    } catch {
      return { text: '', bytes: [...bytes] };
    }
  }

  /** An id below vocabSize that is no token; a model may write one. @param {number} id */
  #isHole(id) {
    if (!hasStrings(this.kind) || id >= this.vocabSize) return false;
    return this.#module.call('tokenizer_decode', this.#handle, Uint32Array.of(id), 1, new Uint8Array(0), 0, out(new Uint32Array(1))) === TOKEN;
  }

  /**
   * Where each token begins in the text it came from, in bytes of UTF-8.
   * @param {string | Uint8Array} text
   * @param {ArrayLike<number>} ids
   * @returns {Uint32Array<ArrayBuffer>}
   */
  offsets(text, ids) {
    const bytes = toBytes(text);
    const words = toIds('tokenizer.offsets', ids);
    const offsets = new Uint32Array(words.length);
    this.#module.check('tokenizer.offsets', 'tokenizer_offsets', [this.#handle, bytes, bytes.length, words, words.length, out(offsets)],
      () => 'the ids must be those of this text');
    return offsets;
  }

  /** The tokens of word and bpe, by id; an empty one is no token. */
  tokens() {
    return unpack(this.toRanks('packed'));
  }

  /**
   * The tokens of word and bpe as a file.
   * @param {'tiktoken' | 'packed'} [form]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  toRanks(form = 'tiktoken') {
    const number = form === 'packed' ? 1 : 0;
    const file = new Uint8Array(this.#module.call('tokenizer_file_size', this.#handle, number) >>> 0);
    this.#module.check('tokenizer.toRanks', 'tokenizer_file', [this.#handle, number, out(file)]);
    return file;
  }

  /** bpe: the two tokens that each was joined from, one after the other; a token that was not joined has itself twice. */
  pairs() {
    const pairs = new Uint32Array(2 * this.tokens().length);
    this.#module.check('tokenizer.pairs', 'tokenizer_pairs', [this.#handle, out(pairs), pairs.length / 2]);
    return pairs;
  }

  /** @returns {TokenizerJson} */
  toJSON() {
    const { kind, split, special } = this;
    if (hasStrings(kind)) return { kind, ...(split ? { split } : {}), tokens: toBase64(this.toRanks('packed')), special };
    if (kind === 'byte') return { kind };
    const codepoints = this.#module.words('tokenizer_codepoints', this.#handle, this.vocabSize);
    return { kind, vocabulary: Array.from(codepoints, (codepoint) => String.fromCodePoint(codepoint)).join('') };
  }

  /** What tokenizer.json holds for Hugging Face's `tokenizers`. */
  toHuggingFace() {
    return toHuggingFace(this);
  }

  close() {
    this.#handle.close();
  }
}

/** @param {Uint32Array<ArrayBuffer>[]} parts */
export function concatIds(parts) {
  if (parts.length === 1) return parts[0];
  const bytes = concat(parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)));
  return new Uint32Array(bytes.buffer);
}
