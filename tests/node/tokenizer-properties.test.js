// Properties of every tokenizer, on texts that fast-check makes up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeAll, load } from '../../wasm/src/folio.js';
import { ranksOf } from '../oracle/oracles.js';
import { TEXT } from './text.js';

const folio = await load();
const utf8 = new TextEncoder();
const words = fc.array(fc.constantFrom('the', ' ', '\n', "'s", 'HELLO', '漢', '🎉', '\u0301', '12', '.', '/', '\r\n', ' a', '<|endoftext|>', 'é'), { maxLength: 60 }).map((parts) => parts.join(''));
const text = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 }));
const bytes = fc.oneof(text.map((string) => utf8.encode(string)), fc.uint8Array({ maxLength: 80 }));
const TOKENIZERS = {
  'bpe none': folio.tokenizer.train('bpe', TEXT, { vocabSize: 400, split: 'none' }),
  'bpe gpt2': folio.tokenizer.train('bpe', TEXT, { vocabSize: 400, split: 'gpt2' }),
  'bpe cl100k': folio.tokenizer.train('bpe', TEXT, { vocabSize: 400 }),
  'bpe o200k': folio.tokenizer.train('bpe', TEXT, { vocabSize: 400, split: 'o200k' }),
  cl100k_base: folio.tokenizer.ranks(ranksOf('cl100k_base'), { encoding: 'cl100k_base' }),
  byte: folio.tokenizer.train('byte', ''),
};

for (const [name, tokenizer] of Object.entries(TOKENIZERS)) {
  test(`${name}: bytes come back, whatever they are`, () => {
    fc.assert(fc.property(bytes, (input) => assert.deepEqual(tokenizer.decodeBytes(tokenizer.encodeOrdinary(input)), Uint8Array.from(input))), { numRuns: 500 });
  });

  test(`${name}: offsets ascend from 0 by the lengths of the tokens`, () => {
    fc.assert(fc.property(bytes, (input) => {
      const ids = tokenizer.encodeOrdinary(input);
      let at = 0;
      tokenizer.offsets(input, ids).forEach((offset, i) => {
        assert.equal(offset, at);
        at += tokenizer.decodeBytes([ids[i]]).length;
      });
      assert.equal(at, input.length);
    }), { numRuns: 100 });
  });

  test(`${name}: a text in parts, wherever they end, has the ids of the whole`, async () => {
    await fc.assert(fc.asyncProperty(bytes, fc.array(fc.nat(20)), async (input, lengths) => {
      const long = Uint8Array.from([...input, 10, ...utf8.encode(TEXT.slice(0, 3000)), ...input]);
      const parts = [];
      let at = 0;
      for (const length of lengths) parts.push(long.subarray(at, (at += length)));
      parts.push(long.subarray(at));
      const { ids, bytes: total } = await encodeAll(tokenizer, parts);
      assert.equal(total, long.length);
      assert.deepEqual([...ids], [...tokenizer.encodeOrdinary(long)]);
    }), { numRuns: 30 });
  });
}

test('any text trains, and comes back', () => {
  fc.assert(fc.property(text, fc.constantFrom('char', 'word', 'bpe'), (input, kind) => {
    if (!input) return;
    const tokenizer = folio.tokenizer.train(/** @type {any} */ (kind), input, kind === 'bpe' ? { vocabSize: 300, minCount: 1 } : undefined);
    assert.deepEqual(tokenizer.decodeBytes(tokenizer.encodeOrdinary(input)), utf8.encode(input));
    tokenizer.close();
  }), { numRuns: 300 });
});

test('any file of tokens is read or refused with a code', () => {
  const good = TOKENIZERS['bpe gpt2'].toRanks();
  const packed = TOKENIZERS['bpe gpt2'].toRanks('packed');
  fc.assert(fc.property(fc.constantFrom(good, packed), fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat(20), (file, place, put, drop) => {
    const at = place % file.length;
    const damaged = Uint8Array.from([...file.subarray(0, at), ...put, ...file.subarray(at + drop)]);
    try {
      folio.tokenizer.ranks(damaged, { split: 'gpt2' }).close();
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'FolioError');
      assert.match(/** @type {any} */ (error).code, /^(RANKS|BYTES)$/);
    }
  }), { numRuns: 500 });
});

test('any tokenizer.json is read or refused with a code', () => {
  const files = [...Object.values(TOKENIZERS).slice(0, 3), folio.tokenizer.train('char', 'abc'), folio.tokenizer.train('word', 'a b c')].map((tokenizer) => JSON.stringify(tokenizer.toHuggingFace()));
  const put = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('null', '[]', '{}', '"', '0', '-1', '1e9', ',', ':', '{"id":1}', 'true', '__proto__'));
  fc.assert(fc.property(fc.constantFrom(...files), fc.nat(), put, fc.nat(12), (file, place, text, drop) => {
    const at = place % file.length;
    try {
      folio.tokenizer.load(file.slice(0, at) + text + file.slice(at + drop)).close();
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'FolioError', String(error));
    }
  }), { numRuns: 2000 });
});

test('any JSON value in any place of a tokenizer.json is read or refused with a code', () => {
  const good = () => /** @type {any} */ (TOKENIZERS['bpe cl100k'].toHuggingFace());
  const places = [['model'], ['model', 'type'], ['model', 'vocab'], ['model', 'vocab', 'a'], ['model', 'merges'], ['model', 'merges', 0], ['added_tokens'], ['added_tokens', 0], ['added_tokens', 0, 'id'],
    ['added_tokens', 0, 'content'], ['pre_tokenizer'], ['pre_tokenizer', 'type'], ['pre_tokenizer', 'pretokenizers'], ['pre_tokenizer', 'pretokenizers', 0], ['pre_tokenizer', 'pretokenizers', 0, 'pattern'], ['normalizer']];
  fc.assert(fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
    const json = good();
    const parent = place.slice(0, -1).reduce((object, key) => object[key], json);
    parent[/** @type {string} */ (place.at(-1))] = value;
    try {
      folio.tokenizer.load(json).close();
    } catch (error) {
      assert.equal(/** @type {any} */ (error).name, 'FolioError', String(error));
    }
  }), { numRuns: 500 });
});
