// The encodings against npm's tiktoken and gpt-tokenizer: a sample of what `make soak-tokenizer` compares.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { knownToDiffer, newerCharacters, oracles, ranksOf, same } from '../oracle/oracles.js';
import { dice, longTexts, shortString } from '../oracle/texts.js';

const folio = await load();
const MOCK = readFileSync(new URL('../../models/mock-shakespeare.txt', import.meta.url), 'utf8');
const STRINGS = 20_000;
const LENGTH = 4_000;

test('o200k_base has the ids that it is known for', () => {
  const tokenizer = folio.tokenizer.ranks(ranksOf('o200k_base'), { encoding: 'o200k_base' });
  assert.deepEqual([...tokenizer.encode('we are building an agi')], [854, 553, 6282, 448, 1017, 72]);
  assert.equal(tokenizer.vocabSize, 200019);
  tokenizer.close();
});

for (const name of ['gpt2', 'r50k_base', 'p50k_base', 'cl100k_base', 'o200k_base']) {
  test(`${name}: the ids of tiktoken and gpt-tokenizer, and the text back`, (t) => {
    const tokenizer = folio.tokenizer.ranks(ranksOf(name), { encoding: name });
    const { tiktoken, gptTokenizer, close } = oracles(name);
    const ours = (/** @type {string} */ text) => tokenizer.encodeOrdinary(text);
    const newer = newerCharacters(ours, tiktoken);
    const roll = dice(name.length);
    let bytes = 0;
    let differ = 0;
    const compare = (/** @type {string} */ what, /** @type {string} */ text) => {
      const ids = ours(text);
      bytes += text.length;
      if (!same(ids, tiktoken(text))) assert.fail(`${what}: tiktoken has other ids for ${JSON.stringify(text.slice(0, 200))}`);
      if (knownToDiffer(name, text)) differ++;
      else if (!same(ids, gptTokenizer(text))) assert.fail(`${what}: gpt-tokenizer has other ids for ${JSON.stringify(text.slice(0, 200))}`);
      const back = new TextEncoder().encode(text);
      if (!same(tokenizer.decodeBytes(ids), back)) assert.fail(`${what}: not the same bytes back`);
    };
    compare('the embedded text', MOCK);
    for (const [what, text] of longTexts(7, LENGTH, newer)) compare(what, text);
    for (let i = 0; i < STRINGS; i++) compare(`string ${i}`, shortString(roll, newer));
    t.diagnostic(`measured: ${name}: ${STRINGS} strings and ${(bytes / 1e6).toFixed(1)} million characters the same; ${newer.size} characters of newer Unicode left out; `
      + `${differ} texts where gpt-tokenizer is known to differ from tiktoken`);
    close();
    tokenizer.close();
  });
}
