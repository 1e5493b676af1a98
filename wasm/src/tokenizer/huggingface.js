/**
 * huggingface.js - tokenizer.json as Hugging Face's `tokenizers` reads and writes it, for every kind: bpe and byte as BPE over the byte-level
 * alphabet, char and word as WordLevel. Files come from anywhere, so all that is used is checked.
 */

import { FolioError } from '../error.js';
import { UNKNOWN } from './names.js';
import { pack, toBase64 } from './strings.js';

/** @typedef {import('../tokenizer.js').TokenizerJson} TokenizerJson */
/** @typedef {import('./names.js').Split} Split */

const LIMIT = 2 ** 20;
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const HEAD = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const TAIL = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';

/** The patterns that a Split pre-tokenizer has. gpt2's is in ByteLevel itself. */
const PATTERNS = {
  gpt2: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  cl100k: `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  o200k: [
    `[^\\r\\n\\p{L}\\p{N}]?${HEAD}*${TAIL}+${CONTRACTIONS}?`, `[^\\r\\n\\p{L}\\p{N}]?${HEAD}+${TAIL}*${CONTRACTIONS}?`, '\\p{N}{1,3}',
    ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*', '\\s*[\\r\\n]+', '\\s+(?!\\S)', '\\s+',
  ].join('|'),
  char: '[\\s\\S]',
  word: '[\\p{L}\\p{M}\\p{N}]+|[^\\p{L}\\p{M}\\p{N}]',
};

/** @param {string} message @returns {never} */
function refuse(message) {
  throw new FolioError('VOCABULARY', 'tokenizer.load', `tokenizer.load: tokenizer.json: ${message}`);
}

/**
 * GPT-2's alphabet: a printable character for every byte; those that are none get U+0100 and on.
 * Source: OpenAI, gpt-2, src/encoder.py, bytes_to_unicode.
 */
const ALPHABET = (() => {
  const plain = (/** @type {number} */ byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : next++));
})();
const BYTE_OF = new Map(ALPHABET.map((character, byte) => [character, byte]));

/** @param {Uint8Array} token */
const spell = (token) => Array.from(token, (byte) => ALPHABET[byte]).join('');

const byteLevel = (/** @type {boolean} */ use_regex) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex });
const splitBy = (/** @type {string} */ Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

/** @param {Split | undefined} split */
function preTokenizer(split) {
  if (split === 'gpt2') return byteLevel(true);
  if (split === 'cl100k' || split === 'o200k') return { type: 'Sequence', pretokenizers: [splitBy(PATTERNS[split]), byteLevel(false)] };
  return byteLevel(false);
}

/**
 * @param {import('../tokenizer.js').Tokenizer} tokenizer
 * @returns {Record<string, unknown>}
 */
export function toHuggingFace(tokenizer) {
  const { kind, split, special } = tokenizer;
  const facts = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const added_tokens = Object.entries(special).map(([content, id]) => ({ id, content, ...facts }));
  const rest = { version: '1.0', truncation: null, padding: null, added_tokens, normalizer: null, post_processor: null };
  if (kind === 'byte' || kind === 'bpe') return { ...rest, pre_tokenizer: preTokenizer(split), decoder: byteLevel(true), model: bpeModel(tokenizer) };
  const words = kind === 'char' ? [...(tokenizer.toJSON().vocabulary ?? '')] : tokenizer.tokens().map(readable);
  const vocab = Object.fromEntries([...words.map((word, id) => [word, id]), ...Object.entries(special)]);
  const model = { type: 'WordLevel', vocab, unk_token: UNKNOWN };
  return { ...rest, pre_tokenizer: splitBy(PATTERNS[kind]), decoder: { type: 'Fuse' }, model };
}

/** @param {Uint8Array} token @param {number} id */
function readable(token, id) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(token);
  } catch {
    throw new FolioError('UTF8', 'tokenizer.toHuggingFace', `tokenizer.toHuggingFace: token ${id} is not UTF-8, which JSON needs`);
  }
}

/** @param {import('../tokenizer.js').Tokenizer} tokenizer */
function bpeModel(tokenizer) {
  const tokens = tokenizer.kind === 'byte' ? Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)) : tokenizer.tokens();
  const names = tokens.map(spell);
  const vocab = Object.fromEntries(names.map((name, id) => /** @type {[string, number]} */ ([name, id])).filter(([name]) => name));
  const merges = [];
  if (tokenizer.kind === 'bpe') {
    const pairs = tokenizer.pairs();
    for (let id = 0; id < tokens.length; id++) if (pairs[2 * id] !== pairs[2 * id + 1] || pairs[2 * id] !== id) merges.push(`${names[pairs[2 * id]]} ${names[pairs[2 * id + 1]]}`);
  }
  const options = { dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false };
  return { type: 'BPE', ...options, ignore_merges: true, vocab, merges };
}

/**
 * @param {Record<string, unknown>} json
 * @returns {TokenizerJson}
 */
export function fromHuggingFace(json) {
  const model = object(json.model, 'model');
  if (json.normalizer !== null && json.normalizer !== undefined) refuse('Folio has no normalizers');
  const special = specialTokens(json.added_tokens ?? []);
  const vocab = object(model.vocab, 'model.vocab');
  if (model.type === 'BPE') return fromBpe(json.pre_tokenizer, model, vocab, special);
  if (model.type !== 'WordLevel') return refuse(`model.type is ${JSON.stringify(model.type)}; Folio reads BPE and WordLevel`);
  const pattern = splitPattern(json.pre_tokenizer);
  const strings = byId(vocab, special, (word) => new TextEncoder().encode(word));
  if (pattern === PATTERNS.word) return { kind: 'word', tokens: toBase64(pack(strings)), special };
  if (pattern !== PATTERNS.char) return refuse(`pre_tokenizer ${JSON.stringify(pattern)} is neither that of char nor that of word`);
  return { kind: 'char', vocabulary: strings.map((string) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(string)).join('') };
}

/**
 * @param {unknown} pre
 * @param {Record<string, unknown>} model
 * @param {Record<string, unknown>} vocab
 * @param {import('./names.js').SpecialTokens} special
 * @returns {TokenizerJson}
 */
function fromBpe(pre, model, vocab, special) {
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) if (model[key]) refuse(`model.${key} is set; Folio reads byte-level BPE`);
  const strings = byId(vocab, special, (name) => Uint8Array.from(name, (character) => BYTE_OF.get(character) ?? refuse(`model.vocab: ${JSON.stringify(name)} is not spelt in the byte-level alphabet`)));
  checkMerges(model.merges, vocab);
  const split = splitOf(pre);
  const bytes = strings.length === 256 && !Object.keys(special).length && split === 'none' && strings.every((string, id) => string.length === 1 && string[0] === id);
  return bytes ? { kind: 'byte' } : { kind: 'bpe', split, tokens: toBase64(pack(strings)), special };
}

/** Folio joins by the order of ids, so the merges must be in that order. @param {unknown} merges @param {Record<string, unknown>} vocab */
function checkMerges(merges, vocab) {
  if (!Array.isArray(merges)) return refuse('model.merges is not a list');
  let last = -1;
  for (const [i, merge] of merges.entries()) {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string' && Object.hasOwn(vocab, part))) {
      return refuse(`model.merges ${i} is not a pair of tokens: ${JSON.stringify(merge)}`);
    }
    const joined = pair.join('');
    const id = Object.hasOwn(vocab, joined) ? Number(vocab[joined]) : refuse(`model.merges ${i} makes ${JSON.stringify(joined)}, which is no token`);
    if (id <= last) return refuse(`model.merges ${i} makes token ${id}, after token ${last}: ids must ascend with merges`);
    last = id;
  }
}

/** @param {unknown} pre @returns {Split} */
function splitOf(pre) {
  const { type, use_regex = true, pretokenizers, add_prefix_space = false } = object(pre, 'pre_tokenizer');
  if (add_prefix_space) return refuse('pre_tokenizer.add_prefix_space is set');
  if (type === 'ByteLevel') return use_regex ? 'gpt2' : 'none';
  if (type !== 'Sequence' || !Array.isArray(pretokenizers) || pretokenizers.length !== 2) return refuse('pre_tokenizer is neither ByteLevel nor Split and ByteLevel');
  const pattern = splitPattern(pretokenizers[0]);
  const [name] = Object.entries(PATTERNS).find(([key, value]) => value === pattern && key !== 'char' && key !== 'word') ?? [];
  if (splitOf(pretokenizers[1]) !== 'none') return refuse('pre_tokenizer splits twice');
  return /** @type {Split} */ (name ?? refuse(`pre_tokenizer: Folio has no scanner for the pattern ${JSON.stringify(pattern)}`));
}

/** @param {unknown} pre */
function splitPattern(pre) {
  const { type, pattern, behavior, invert = false } = object(pre, 'pre_tokenizer');
  if (type !== 'Split' || behavior !== 'Isolated' || invert) return refuse('pre_tokenizer is no Split that isolates');
  return object(pattern, 'pre_tokenizer.pattern').Regex;
}

/**
 * Strings by id, special tokens left out.
 * @param {Record<string, unknown>} vocab
 * @param {import('./names.js').SpecialTokens} special
 * @param {(name: string) => Uint8Array} read
 */
function byId(vocab, special, read) {
  /** @type {Uint8Array[]} */
  const strings = [];
  for (const [name, id] of Object.entries(vocab)) {
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= LIMIT) return refuse(`model.vocab: the id of ${JSON.stringify(name)} is ${JSON.stringify(id)}, no number below ${LIMIT}`);
    if (special[name] === id) continue;
    if (strings[Number(id)]) return refuse(`model.vocab: id ${id} stands twice`);
    strings[Number(id)] = read(name);
  }
  return Array.from(strings, (string) => string ?? new Uint8Array(0));
}

/** @param {unknown} added @returns {import('./names.js').SpecialTokens} */
function specialTokens(added) {
  if (!Array.isArray(added)) return refuse('added_tokens is not a list');
  return Object.fromEntries(added.map((token, i) => {
    const { id, content } = object(token, `added_tokens ${i}`);
    if (typeof content !== 'string' || !content || !Number.isInteger(id)) return refuse(`added_tokens ${i} has no content and id`);
    return [content, Number(id)];
  }));
}

/** @param {unknown} value @param {string} what @returns {Record<string, unknown>} */
function object(value, what) {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return /** @type {Record<string, unknown>} */ (value);
  return refuse(value === undefined ? `${what} is missing` : `${what} is not an object`);
}
