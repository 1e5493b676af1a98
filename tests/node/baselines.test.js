// n-gram models to beat: against Python's dictionaries and a slow reference, that they are proper, and that they can be left.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { baselinePieces, withBits } from '../../wasm/src/baselines.js';
import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { finish } from '../../wasm/src/pace.js';
import { openRun } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

/** @typedef {import('../../wasm/src/baselines.js').Baselines} Baselines */

const folio = await load();
const ROOT = new URL('../../', import.meta.url);
/** @type {{text: string, sha256: string, kind: 'chars' | 'bytes' | 'words', tokens: number, vocab_size: number, block_size: number, val_fraction: number, baselines: Baselines}[]} */
const GOLDEN = JSON.parse(readFileSync(new URL('tests/parity/golden/baselines.json', ROOT), 'utf8'));

/** @param {Baselines | null} found @param {Baselines} wanted @param {string} [about] */
function assertClose(found, wanted, about) {
  assert.deepEqual(Object.keys(found ?? {}), ['uniform', 'unigram', 'bigram', 'trigram']);
  for (const [name, value] of Object.entries(found ?? {})) {
    const other = wanted[/** @type {keyof Baselines} */ (name)];
    assert.ok(Math.abs(value - other) <= 1e-9 * other, `${about} ${name}: ${value}, not ${other}`);
  }
}

/** Tokens as numbers, by order of code points. @param {string[]} tokens */
function number(tokens) {
  const bytes = (/** @type {string} */ token) => Buffer.from(token);
  const ids = new Map([...new Set(tokens)].sort((a, b) => bytes(a).compare(bytes(b))).map((token, id) => [token, id]));
  return tokens.map((token) => /** @type {number} */ (ids.get(token)));
}

for (const { text: path, sha256, kind, tokens, baselines, ...settings } of GOLDEN) {
  test(`${kind} of ${path}: what Python's dictionaries say`, async (t) => {
    const file = new URL(path, ROOT);
    if (!existsSync(file)) return t.skip('the text is not here');
    const bytes = readFileSync(file);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, 'another text than the golden is of');
    const text = bytes.toString();
    const ids = kind === 'bytes' ? [...bytes] : number(kind === 'chars' ? [...text] : text.trim().split(/\s+/));
    assert.equal(ids.length, tokens);
    const dataset = folio.dataset(settings, ids);
    assertClose(await dataset.baselines(), baselines, kind);
    dataset.close();
  });
}

/** D of counts. @param {Iterable<number>} counts */
function discount(counts) {
  const all = [...counts];
  const [once, twice] = [1, 2].map((wanted) => all.filter((count) => count === wanted).length);
  return once ? once / (once + 2 * twice) : 0.5;
}

/** Interpolated Kneser-Ney, term by term. @param {Map<string, number>} counts by tokens with commas @param {(gram: number[]) => number} lower */
function model(counts, lower) {
  const D = discount(counts.values());
  return (/** @type {number[]} */ gram) => {
    const history = gram.slice(0, -1).join();
    const followers = [...counts].filter(([key]) => key.split(',').slice(0, -1).join() === history).map(([, count]) => count);
    const total = followers.reduce((sum, count) => sum + count, 0);
    if (!total) return lower(gram.slice(1));
    return (Math.max((counts.get(gram.join()) ?? 0) - D, 0) + D * followers.length * lower(gram.slice(1))) / total;
  };
}

/** @param {string[]} keys */
function tally(keys) {
  const counts = /** @type {Map<string, number>} */ (new Map());
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** @param {number[]} ids @param {{nTrain: number, first: number, end: number, vocabSize: number}} parts @returns {Baselines} */
function slowly(ids, { nTrain, first, end, vocabSize }) {
  const grams = (/** @type {number} */ n) => Array.from({ length: nTrain - 2 }, (_, i) => ids.slice(i + 3 - n, i + 3).join());
  const before = (/** @type {Map<string, number>} */ counts) => tally([...counts.keys()].map((key) => key.split(',').slice(1).join()));
  const [bigrams, trigrams] = [tally(grams(2)), tally(grams(3))];
  const uniform = () => 1 / vocabSize;
  const lowest = model(before(bigrams), uniform);
  const models = [model(tally(ids.slice(0, nTrain).map(String)), uniform), model(bigrams, lowest), model(trigrams, model(before(trigrams), lowest))];
  const places = Array.from({ length: end - first }, (_, i) => first + i);
  const [unigram, bigram, trigram] = models.map((p, n) => places.reduce((sum, at) => sum - Math.log(p(ids.slice(at - n, at + 1))), 0) / places.length);
  return { uniform: Math.log(vocabSize), unigram, bigram, trigram };
}

/** Ids that depend on those before, the same everywhere. @param {number} n @param {number} vocabSize @param {number} seed */
function someIds(n, vocabSize, seed) {
  let state = seed;
  let last = 0;
  return Array.from({ length: n }, () => {
    state = (state * 48271) % 2147483647;
    last = state % 3 ? state % vocabSize : (last + 1) % vocabSize;
    return last;
  });
}

test('they are those of a slow reference, in one group or in many, in 16 bits or 32', () => {
  for (const [n, vocabSize, seed] of [[300, 5, 1], [300, 40, 2], [100, 300, 3], [40, 1, 4], [8, 3, 5]]) {
    const ids = someIds(n, vocabSize, seed);
    const parts = { nTrain: Math.floor(0.7 * n), first: Math.floor(0.7 * n) + 1, end: n - 1, vocabSize };
    const wanted = slowly(ids, parts);
    for (const group of [undefined, 1, 50]) {
      if (vocabSize > 1) assertClose(finish(baselinePieces(Uint16Array.from(ids), { ...parts, group })), wanted, `${n} ${vocabSize} ${group}`);
      else assert.ok(Math.abs(finish(baselinePieces(Uint32Array.from(ids), { ...parts, group }))?.trigram ?? NaN) < 1e-12);
    }
    if (vocabSize > 1) assertClose(finish(baselinePieces(Uint32Array.from(ids), parts)), wanted);
  }
});

test('the probabilities of all tokens sum to 1, after histories that were and that were not', () => {
  const vocabSize = 30;
  const train = someIds(400, vocabSize - 5, 6); // five tokens that never were
  for (const [u, v] of [[train[7], train[8]], [0, 1], [train[9], vocabSize - 1], [vocabSize - 1, train[9]], [vocabSize - 1, vocabSize - 2]]) {
    const sums = { uniform: 0, unigram: 0, bigram: 0, trigram: 0 };
    for (let w = 0; w < vocabSize; w++) {
      const all = finish(baselinePieces(Uint16Array.from([...train, u, v, w]), { nTrain: 400, first: 402, end: 403, vocabSize }));
      for (const name of /** @type {(keyof Baselines)[]} */ (Object.keys(sums))) {
        const p = Math.exp(-(all?.[name] ?? NaN));
        assert.ok(p > 0 && p <= 1);
        sums[name] += p;
      }
    }
    for (const [name, sum] of Object.entries(sums)) assert.ok(Math.abs(sum - 1) < 1e-12, `${name} after ${u} ${v}: ${sum}`);
  }
});

test('a vocabulary of 200,000: ids of any size, none of them outside', () => {
  const ids = Uint32Array.from(someIds(5000, 200_000, 8));
  const parts = { nTrain: 4500, first: 4501, end: 5000, vocabSize: 200_000 };
  const found = finish(baselinePieces(ids, parts));
  assert.ok(found && found.trigram > 0 && found.unigram <= found.uniform * 1.05);
  ids[17] = 200_000;
  assert.throws(() => finish(baselinePieces(ids, parts)), { code: 'TOKEN', message: /id 200000 at place 17 is not below the vocabulary's 200000/ });
});

test('without a validation part there is nothing to judge', async () => {
  const dataset = folio.dataset({ ...SMALL, vocab_size: 9, val_fraction: 0 }, someIds(100, 9, 1));
  assert.equal(await dataset.baselines(), null);
  assert.equal(withBits(null, 1), null);
  dataset.close();
});

test('a megabyte in under a second of processor time, in short pieces', (t) => {
  const ids = Uint16Array.from({ length: 1 << 20 }, (_, i) => TEXT.charCodeAt((i * (1 + (i >> 13))) % TEXT.length) % 128);
  const before = process.cpuUsage();
  let count = 0;
  for (const _ of baselinePieces(ids, { nTrain: 1e6, first: 1e6 + 1, end: ids.length, vocabSize: 128 })) count++;
  const { user, system } = process.cpuUsage(before);
  t.diagnostic(`measured: ${Math.round((user + system) / 1000)} ms for a million ids, in ${count} pieces`);
  assert.ok(user + system < 1e6, `${user + system} us`);
  assert.ok(count > 100, `${count} pieces`);
});

test('run, worker and dataset say the same; bits are those of the model', async () => {
  const outside = openRun(folio, { text: TEXT, config: SMALL });
  const all = await outside.baselines();
  const nats = await outside.parts.dataset.baselines();
  assert.deepEqual(all, withBits(nats, outside.bitsPerNat));
  assert.equal(all?.bigram.bits_per_byte, (nats?.bigram ?? NaN) * outside.bitsPerNat);
  assert.ok(nats && nats.uniform > nats.unigram && nats.unigram > nats.bigram && nats.bigram > nats.trigram);
  const client = await connect();
  try {
    const run = await client.run({ text: TEXT, config: SMALL });
    assert.deepEqual(await run.baselines(), all);
    const ids = outside.parts.tokenizer.encode(TEXT);
    const dataset = await client.dataset(outside.config, ids);
    assert.deepEqual(await dataset.baselines(), nats);
    assert.equal(dataset.vocabSize, outside.config.vocab_size);
    await assert.rejects(dataset.baselines({ vocabulary: 3 }), { code: 'TOKEN' });
    await assert.rejects(run.baselines({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    const controller = new AbortController();
    const long = await client.run({ text: TEXT.repeat(200), config: SMALL });
    const waiting = long.baselines({ signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.ok(client.alive, 'the worker stopped by itself');
  } finally {
    client.close();
  }
});

test('a model that knows more ids than its tokenizer is judged by those of the tokenizer', async () => {
  const exact = openRun(folio, { text: TEXT, config: SMALL });
  const padded = openRun(folio, { text: TEXT, config: { ...SMALL, vocab_size: exact.config.vocab_size + 20 } });
  assert.deepEqual(await padded.baselines(), await exact.baselines());
});
