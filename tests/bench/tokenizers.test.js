// Speed of the tokenizers: beside the peers on the same text in the same run; training; no text that takes more than linear time.
// `make bench-tokenizers` runs it; tests/node/tokenizer-linear.test.js is what `make test` asks.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { oracles, ranksOf } from '../oracle/oracles.js';
import { dice } from '../oracle/texts.js';

const folio = await load();
const utf8 = new TextEncoder();
const REAL = new URL('../../build/data/tinyshakespeare.txt', import.meta.url);
const CORPUS = readFileSync(existsSync(REAL) ? REAL : new URL('../../models/mock-shakespeare.txt', import.meta.url), 'utf8');
/** About as long as tiny Shakespeare, whatever stands in for it. */
const text = CORPUS.repeat(Math.max(1, Math.round(1.1e6 / CORPUS.length)));
const MB = utf8.encode(text).length / 1e6;

/** The least of some times, in ms. @param {() => void} work @param {number} [times] */
function best(work, times = 5) {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** The same of the processor's time, which others do not take from. @param {() => void} work @param {number} times */
function leastWork(work, times) {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

for (const name of ['o200k_base', 'cl100k_base']) {
  test(`${name}: at least 3 times tiktoken, 1.5 times gpt-tokenizer`, (t) => {
    const tokenizer = folio.tokenizer.ranks(ranksOf(name), { encoding: name });
    const { tiktoken, gptTokenizer, close } = oracles(name);
    tokenizer.encode(text);
    const [theirs, javascript] = [best(() => tiktoken(text), 3), best(() => gptTokenizer(text), 5)];
    const ours = best(() => tokenizer.encode(text), 7);
    const speed = (/** @type {number} */ ms) => `${((MB / ms) * 1000).toFixed(1)} MB/s`;
    t.diagnostic(`measured: ${name}: ${speed(ours)}; tiktoken ${speed(theirs)} (${(theirs / ours).toFixed(1)}x); gpt-tokenizer ${speed(javascript)} (${(javascript / ours).toFixed(1)}x)`);
    assert.ok(theirs / ours >= 3 && javascript / ours >= 1.5);
    close();
    tokenizer.close();
  });
}

test('loading o200k_base takes less than 150 ms', (t) => {
  const file = ranksOf('o200k_base');
  const packed = folio.tokenizer.ranks(file, { encoding: 'o200k_base' }).toRanks('packed');
  const [fromText, fromPacked] = [file, packed].map((bytes) => best(() => folio.tokenizer.ranks(bytes, { encoding: 'o200k_base' }).close(), 3));
  t.diagnostic(`measured: o200k_base loads in ${fromText.toFixed(0)} ms from .tiktoken (${file.length} bytes), ${fromPacked.toFixed(0)} ms packed (${packed.length})`);
  assert.ok(fromText < 150 && fromPacked < 150);
});

/** Text of `length` bytes whose words are many: those of the corpus, with endings of their own. @param {number} length */
function variedText(length) {
  const words = [...new Set(CORPUS.split(/\s+/))];
  const roll = dice(5);
  const parts = [];
  for (let at = 0; at < length; ) {
    const word = words[Math.floor(words.length * (roll(1000) / 1000) ** 3)] + (roll(8) ? '' : 'aeiou'[roll(5)] + 'nrstl'[roll(5)] + (roll(3) ? '' : String(roll(1000))));
    parts.push(word);
    at += word.length + 1;
  }
  return parts.join(' ').slice(0, length);
}

test('training: 1,024 tokens of the corpus under 1 s, 8,192 of 10 MB under 10 s, in at most 12 times the text', async (t) => {
  for (const [source, vocabSize, limit] of /** @type {const} */ ([[text, 1024, 1000], [variedText(10e6), 8192, 10_000]])) {
    const fresh = await load();
    const before = fresh.info().text_bytes;
    const start = performance.now();
    const tokenizer = fresh.tokenizer.train('bpe', source, { vocabSize });
    const ms = performance.now() - start;
    const memory = (fresh.info().text_bytes - before) / source.length;
    t.diagnostic(`measured: ${tokenizer.vocabSize} tokens of ${(source.length / 1e6).toFixed(1)} MB in ${ms.toFixed(0)} ms; the module's memory grew by ${memory.toFixed(1)} times the text`);
    assert.equal(tokenizer.vocabSize, vocabSize);
    assert.ok(ms < limit && memory <= 12);
  }
});

const roll = dice(3);
const bytes = (/** @type {(n: number) => number} */ next) => (/** @type {number} */ n) => Uint8Array.from({ length: n }, () => next(256));
const repeated = (/** @type {string} */ unit) => (/** @type {number} */ n) => utf8.encode(unit.repeat(Math.ceil(n / utf8.encode(unit).length))).subarray(0, n);
const PATHOLOGICAL = {
  'one letter': repeated('a'), 'capitals': repeated('A'), 'spaces': repeated(' '), 'line ends': repeated('\n'), 'one emoji': repeated('🎉'), 'digits': repeated('7'), 'marks': repeated('\u0301'),
  'one ideograph': repeated('漢'), 'symbols': repeated('<'), 'a space and a letter': repeated(' a'), 'random bytes': bytes(roll), 'random letters': bytes(() => 97 + roll(26)),
};

test('1 MB of anything takes less than a second, and twice the text at most 2.2 times as long', (t) => {
  const tokenizer = folio.tokenizer.ranks(ranksOf('o200k_base'), { encoding: 'o200k_base' });
  const slow = [];
  for (const [name, make] of Object.entries(PATHOLOGICAL)) {
    const whole = make(1 << 22);
    const sizes = [16, 17, 18, 19, 20, 21, 22].map((power) => whole.subarray(0, 2 ** power));
    const times = sizes.map(() => Infinity);
    // The machine has other work: a time is the least of several, taken in turns, and more are taken while a ratio looks too large.
    const ratios = () => times.slice(1).map((ms, i) => ms / Math.max(times[i], 2));
    for (let round = 0; round < 12 && (round < 2 || Math.max(...ratios()) > 2.2); round++) {
      sizes.forEach((part, i) => (times[i] = Math.min(times[i], leastWork(() => tokenizer.encodeOrdinary(part), i < 3 ? 3 : 2))));
    }
    const worst = Math.max(...ratios());
    t.diagnostic(`measured: ${name}: ${times[4].toFixed(0)} ms for 1 MB, ${times[6].toFixed(0)} ms for 4 MB, twice the text at most ${worst.toFixed(2)} times as long`);
    if (!(worst <= 2.2 && times[4] < 1000)) slow.push(`${name}: ${worst.toFixed(2)} times, ${times.map((ms) => ms.toFixed(1)).join(' ')} ms`);
  }
  assert.deepEqual(slow, []);
});
