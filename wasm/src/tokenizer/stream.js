/**
 * stream.js - texts too long to hold: from a Blob, a file or whatever gives bytes in parts. What is in memory is a part and what it becomes.
 */

import { paced } from '../pace.js';
import { fromTraining } from './make.js';
import { concat } from './strings.js';
import { Training } from './training.js';

/** @typedef {Blob | AsyncIterable<Uint8Array> | Iterable<Uint8Array>} TextSource UTF-8; parts may end anywhere */

/** @param {TextSource} source @returns {AsyncGenerator<Uint8Array, void, void>} */
async function* partsOf(source) {
  if (!(typeof Blob !== 'undefined' && source instanceof Blob)) {
    yield* /** @type {AsyncIterable<Uint8Array>} */ (source);
    return;
  }
  const reader = source.stream().getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) if (value) yield value;
  } finally {
    await reader.cancel();
  }
}

/** Bytes that are encoded at a time. */
const PART = 1 << 20;

/**
 * The ids of a text, part by part; all of them together are those of the whole. Names of special tokens are text like any other.
 * @param {import('../tokenizer.js').Tokenizer} tokenizer
 * @param {TextSource} source
 * @returns {AsyncGenerator<{ids: Uint32Array<ArrayBuffer>, text: Uint8Array}, void, void>} text: what became these ids
 */
export async function* encodeStream(tokenizer, source) {
  /** @type {Uint8Array[]} */
  let waiting = [];
  let length = 0;
  let enough = PART;
  for await (const part of partsOf(source)) {
    waiting.push(part);
    length += part.length;
    if (length < enough) continue;
    const bytes = concat(waiting);
    const cut = tokenizer.cut(bytes);
    const text = bytes.subarray(0, cut);
    if (cut) yield { ids: tokenizer.encodeOrdinary(text), text };
    waiting = cut === length ? [] : [bytes.slice(cut)];
    length -= cut;
    enough = cut ? length + PART : 2 * length; // no sure end of a piece: wait for twice as much
  }
  const text = concat(waiting);
  if (length) yield { ids: tokenizer.encodeOrdinary(text), text };
}

/**
 * All ids of a text, as 16 bits each where the vocabulary allows it.
 * @param {import('../tokenizer.js').Tokenizer} tokenizer
 * @param {TextSource} source
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<{ids: Uint16Array | Uint32Array, bytes: number}>}
 */
export async function encodeAll(tokenizer, source, { signal } = {}) {
  const Ids = tokenizer.vocabSize <= 0x10000 ? Uint16Array : Uint32Array;
  let all = new Ids(1 << 16);
  let count = 0;
  let total = 0;
  for await (const { ids, text } of encodeStream(tokenizer, source)) {
    signal?.throwIfAborted();
    if (count + ids.length > all.length) {
      const larger = new Ids(Math.max(2 * all.length, count + ids.length));
      larger.set(all.subarray(0, count));
      all = larger;
    }
    all.set(ids, count);
    count += ids.length;
    total += text.length;
  }
  return { ids: all.slice(0, count), bytes: total };
}

/**
 * Learns the vocabulary of a text, telling how far it is; the event loop turns meanwhile.
 * @param {import('../module.js').Module} module
 * @param {import('./names.js').TokenizerKind} kind word or bpe
 * @param {TextSource} source
 * @param {import('./training.js').TrainingOptions & {signal?: AbortSignal}} [options]
 * @returns {AsyncGenerator<import('./training.js').TrainingEvent, import('../tokenizer.js').Tokenizer, void>}
 */
export async function* trainStream(module, kind, source, { signal, ...options } = {}) {
  const training = new Training(module, kind, options);
  const of = typeof Blob !== 'undefined' && source instanceof Blob ? source.size : 0;
  const tell = (/** @type {'count' | 'learn'} */ phase, /** @type {number} */ most) => (/** @type {number} */ done) =>
    /** @type {const} */ ({ event: 'training', phase, done, of: most });
  try {
    for await (const part of partsOf(source)) yield* paced(map(training.count(part, false), tell('count', of)), { signal });
    yield* paced(map(training.count(new Uint8Array(0)), tell('count', of)), { signal });
    yield* paced(map(training.learn(), tell('learn', training.limit)), { signal });
    return fromTraining(module, training);
  } finally {
    training.close();
  }
}

/** @template A, B @param {Iterable<A>} values @param {(value: A) => B} change @returns {Generator<B, void, void>} */
function* map(values, change) {
  for (const value of values) yield change(value);
}
