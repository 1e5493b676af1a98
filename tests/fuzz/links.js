// links.js - links as nobody would make them, through all that reads a link: node tests/fuzz/links.js COUNT [SEED]
// Each begins as a good one of some kind and is then cut, doubled, mixed with another and strewn with what parsers fall over; some are damaged
// below the packing, with the checksum put right. What must hold of every one stands in `hold`.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { crc32 } from '../../wasm/src/checkpoint/crc32.js';
import { fingerprint } from '../../wasm/src/checkpoint/fingerprint.js';
import { FolioError, load } from '../../wasm/src/folio.js';
import { LIMITS, readLink, writeLink } from '../../wasm/src/link/link.js';
import { TEXT_LIMIT, pack, packText, unpack, unpackText } from '../../wasm/src/link/packed.js';
import { WEIGHTS_LIMIT, packWeights, unpackWeights } from '../../wasm/src/link/weights.js';
import { openRun } from '../../wasm/src/run.js';
import { settingsOf } from '../../www/link.js';
import { readValue, settingsTable } from '../../www/settings.js';
import { State } from '../../www/state.js';

/** Bytes that the decompressor may be ahead of the limit: what one slice and its buffers make. */
const AHEAD = 1 << 20;

const WORDS = [
  '__proto__', 'constructor', 'prototype', '__proto__[x]', 'toString', 'v', 'v=1', '&v=2', 'own', 'weights', 'digest', 'text', 'numerics', 'folio',
  'preset', 'n_layer', 'n_embd', 'block_size', 'max_iters', 'seed', '9007199254740992', '1e308', '-1', '0', 'NaN', 'Infinity', '0x7fffffff', '1.5',
  '', '&', '=', '#', '?', '%', '%00', '%E0%A4%A', '%ED%A0%80', '\ud800', '\udfff', '\u0000', '\u202e', '+', ' ', '\n', 'true', 'exact', 'fast',
  '../../etc/passwd', '<script>', 'AAAA', '_-_-', '====',
];

/** A generator of numbers from 0 to below n. @param {number} seed @returns {(n: number) => number} */
export function dice(seed) {
  let state = (seed * 2654435761) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Good links of every kind, and what it takes to judge others. */
export async function setUp() {
  const folio = await load({ threads: 1 });
  const text = 'the cat sat on the mat; the dog sat on the log.\n'.repeat(20);
  const config = { n_layer: 1, n_head: 1, n_embd: 4, block_size: 8, batch_size: 2, max_iters: 3, eval_interval: 0 };
  const run = openRun(folio, { text, config });
  const weights = await packWeights(run.checkpoint({ optimizer: false }));
  const own = await packText(text);
  const parts = { text: fingerprint(text), folio: '0.1.0', numerics: /** @type {const} */ ('exact'), digest: await run.parts.model.digest() };
  run.close();
  const settings = Object.entries({ preset: 'tiny', ...config, prompt: 'a=b&c #?\n%', seed: 7 });
  const bomb = await pack(new Uint8Array(5e6));
  const seeds = [
    writeLink(settings, {}), writeLink([], parts), writeLink([], { weights }),
    writeLink(settings, { ...parts, own }), writeLink(settings, { ...parts, own, weights }),
    writeLink([], { own: bomb }), writeLink([], { weights: bomb }), '#seed=7&n_layer=6', '#preset=tiny&text=0123456789abcdef-xyz', '', '#',
  ];
  return { folio, rows: settingsTable(folio.settings), seeds, raw: await unpack(weights, WEIGHTS_LIMIT) };
}

/** @typedef {Awaited<ReturnType<typeof setUp>>} Ground */

/** A link that is damaged below the packing. @param {Ground} ground @param {ReturnType<typeof dice>} roll */
async function damagedWeights({ raw }, roll) {
  const head = new DataView(raw.buffer).getUint32(4, true);
  const words = new TextDecoder().decode(raw.subarray(8, 8 + head));
  const at = roll(words.length);
  const header = new TextEncoder().encode(words.slice(0, at) + WORDS[roll(WORDS.length)] + words.slice(at + roll(12)));
  const numbers = raw.subarray(8 + head, raw.length - roll(3));
  const bytes = new Uint8Array(8 + header.length + numbers.length);
  const view = new DataView(bytes.buffer);
  bytes.set(header, 8);
  bytes.set(numbers, 8 + header.length);
  for (let i = roll(4); i > 0; i--) bytes[8 + header.length + roll(numbers.length)] = roll(256);
  view.setUint32(4, roll(20) ? header.length : roll(2 ** 32), true);
  view.setUint32(0, crc32(bytes.subarray(4)), true);
  return writeLink([], { weights: await pack(bytes) });
}

/** @param {Ground} ground @param {ReturnType<typeof dice>} roll @returns {Promise<string>} */
export async function mutated(ground, roll) {
  if (roll(100) === 0) return damagedWeights(ground, roll);
  const { seeds } = ground;
  let link = seeds[roll(seeds.length)];
  for (let times = 1 + roll(6); times > 0; times--) {
    const at = roll(link.length + 1);
    const word = WORDS[roll(WORDS.length)];
    const pairs = link.slice(1).split('&');
    switch (roll(8)) {
      case 0: link = link.slice(0, at) + word + link.slice(at); break;
      case 1: link = link.slice(0, at) + link.slice(at + 1 + roll(8)); break;
      case 2: link = link.slice(0, at); break;
      case 3: link = link.slice(0, at) + String.fromCharCode(roll(roll(2) ? 128 : 65536)) + link.slice(at + 1); break;
      case 4: link += `&${pairs[roll(pairs.length)]}`; break;
      case 5: link += `&${word}=${WORDS[roll(WORDS.length)]}`; break;
      case 6: link = `#${pairs.map((pair, i) => (i === at % pairs.length ? `${pair.split('=')[0]}=${word}` : pair)).join('&')}`; break;
      default: link = link.slice(0, at) + seeds[roll(seeds.length)].slice(roll(20));
    }
  }
  return link;
}

// ---- what must hold ----

let unpackedBytes = 0;
/** Counts what it makes, before anybody has read it. */
class CountingStream extends DecompressionStream {
  /** @param {'deflate-raw'} format */
  constructor(format) {
    super(format);
    const counter = new TransformStream({ transform: (chunk, controller) => ((unpackedBytes += chunk.length), controller.enqueue(chunk)) });
    const through = this.readable.pipeThrough(counter);
    Object.defineProperty(this, 'readable', { value: through });
  }
}

const prototypes = [Object.prototype, Array.prototype, Map.prototype, String.prototype, Function.prototype];
const shapeOf = () => prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).join()).join('|');
const SHAPE = shapeOf();

/** A refusal in words, and nothing else, may be thrown. @param {() => Promise<unknown>} work */
async function orRefused(work) {
  try {
    return await work();
  } catch (error) {
    assert.ok(error instanceof FolioError && error.message.length < 1000, `${error instanceof Error ? error.stack : error}`);
    return undefined;
  }
}

/**
 * Fails where a link does what no link may.
 * @param {Ground} ground
 * @param {string} fragment
 * @returns {Promise<{refused: boolean, own: boolean, weights: boolean}>} what came of it
 */
export async function hold({ folio, rows }, fragment) {
  const link = readLink(fragment);
  assert.ok(link.version === 0 || link.version === 1);
  for (const part of /** @type {const} */ (['own', 'weights'])) assert.ok((link.parts[part]?.length ?? 0) <= LIMITS[part]);
  assert.ok(link.version || !Object.keys(link.parts).length, 'a link without v has settings alone');
  assert.ok(!link.refused || !link.settings.size);
  const { values, notices } = settingsOf(link, rows);
  assert.ok(notices.length <= 5 && notices.every((words) => words.length < 1000));
  const state = new State(rows);
  for (const [name, value] of values) {
    const row = rows.get(name);
    assert.ok(row, name);
    assert.deepEqual(readValue(row, String(value)), { value });
  }
  state.usePreset('tiny', new Map(), values);
  state.config();
  const { own, weights, text } = link.parts;
  unpackedBytes = 0;
  const global = /** @type {any} */ (globalThis);
  const usual = global.DecompressionStream;
  global.DecompressionStream = CountingStream;
  const read = own === undefined ? undefined : /** @type {string | undefined} */ (await orRefused(() => unpackText(own, text)));
  assert.ok(unpackedBytes <= TEXT_LIMIT + AHEAD, `${unpackedBytes} bytes were unpacked`);
  unpackedBytes = 0;
  const file = weights === undefined ? undefined : await orRefused(() => unpackWeights(weights, (config) => folio.layout(config)));
  assert.ok(unpackedBytes <= WEIGHTS_LIMIT + AHEAD, `${unpackedBytes} bytes were unpacked`);
  global.DecompressionStream = usual;
  assert.equal(shapeOf(), SHAPE, 'a prototype was changed');
  return { refused: Boolean(link.refused), own: read !== undefined, weights: file !== undefined };
}

/**
 * @param {number} count
 * @param {number} seed
 * @param {(done: number) => void} [progress]
 */
export async function soak(count, seed, progress = () => {}) {
  const ground = await setUp();
  const roll = dice(seed);
  const sum = { refused: 0, own: 0, weights: 0, most: 0 };
  for (let i = 0; i < count; i++) {
    const link = await mutated(ground, roll);
    try {
      const outcome = await hold(ground, link);
      for (const key of /** @type {const} */ (['refused', 'own', 'weights'])) sum[key] += Number(outcome[key]);
    } catch (error) {
      throw new Error(`link ${i} of seed ${seed}, ${JSON.stringify(link.slice(0, 2000))}: ${error instanceof Error ? error.stack : error}`);
    }
    if (i % 1000) continue;
    sum.most = Math.max(sum.most, process.memoryUsage().rss);
    progress(i);
  }
  return sum;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [count, seed] = [Number(process.argv[2] ?? 1e6), Number(process.argv[3] ?? 1)];
  const start = performance.now();
  const tell = (/** @type {number} */ done) => done % 50000 === 0 && console.log(`${done} links, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  const { refused, own, weights, most } = await soak(count, seed, tell);
  const megabytes = (most / 1e6).toFixed(0);
  console.log(`${count} links, seed ${seed}: ${refused} refused, ${own} texts and ${weights} models unpacked, at most ${megabytes} MB; nothing else came of any`);
}
