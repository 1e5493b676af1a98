// The model that comes with Folio: it is whole, small enough, as good as its card says, and writes words instead of copying.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { encodeText, openWriter } from '../../wasm/src/run.js';

const FOLDER = new URL('../../models/shakespeare-char/', import.meta.url);
const TEXT = new URL('../../build/data/tinyshakespeare.txt', import.meta.url);
const skip = existsSync(TEXT) ? false : '`make data` found no tiny Shakespeare';

const bytes = readFileSync(new URL('model.safetensors', FOLDER));
const card = readFileSync(new URL('README.md', FOLDER), 'utf8');
const folio = await load({ numerics: 'exact' });
const writer = openWriter(folio, bytes);

/** The words of a text. @param {string} text */
const words = (text) => text.toLowerCase().match(/[a-z']+/g) ?? [];

/** Ten texts of 1,000 characters, at temperature 0.8. */
async function samples() {
  const texts = [];
  for (let seed = 1; seed <= 10; seed++) {
    let text = '';
    for await (const piece of writer.generate({ tokens: 1000, temperature: 0.8, seed })) text += piece;
    texts.push(text);
  }
  return texts;
}

/** The longest stretch of `sample` that also stands in `text`, looking for stretches longer than `least`. @param {string} sample @param {string} text @param {number} least */
function copied(sample, text, least) {
  let longest = '';
  for (let at = 0; at + least < sample.length; at++) {
    while (at + Math.max(least, longest.length) < sample.length && text.includes(sample.slice(at, at + Math.max(least, longest.length) + 1))) {
      longest = sample.slice(at, at + Math.max(least, longest.length) + 1);
    }
  }
  return longest;
}

test('the files belong together and are small', async () => {
  assert.ok(bytes.length <= 8_000_000);
  const config = JSON.parse(readFileSync(new URL('config.json', FOLDER), 'utf8'));
  const tokenizer = JSON.parse(readFileSync(new URL('tokenizer.json', FOLDER), 'utf8'));
  assert.deepEqual(config, { model_type: 'folio', ...writer.model.config });
  assert.deepEqual(tokenizer, JSON.parse(JSON.stringify(writer.tokenizer.toHuggingFace())));
  assert.ok(card.includes(await writer.digest()), 'the card tells the digest of the weights');
});

test('the loss is what the card says', { skip }, async () => {
  const [, told] = card.match(/validation loss \*\*([\d.]+)\*\*/) ?? [];
  const ids = encodeText(writer.tokenizer, readFileSync(TEXT));
  const dataset = folio.dataset({ ...writer.model.config, batch_size: 1 }, ids);
  const loss = folio.evaluator(writer.model, dataset).evaluate({ windows: 80 });
  const whole = Number(told);
  assert.ok(whole > 1 && whole < 1.4697, told);
  assert.ok(Math.abs(Number(loss) - whole) < 0.1, `the first 80 windows: ${loss}`);
});

test('it writes words of its text, and no long stretch of it', { skip }, async () => {
  const text = readFileSync(TEXT, 'utf8');
  const vocabulary = new Set(words(text));
  const all = await samples();
  const written = all.flatMap(words);
  const known = written.filter((word) => vocabulary.has(word)).length / written.length;
  assert.ok(written.length > 1500 && known >= 0.85, `${written.length} words, ${(100 * known).toFixed(1)}% known`);
  for (const sample of all) assert.ok(copied(sample, text, 80).length <= 80, copied(sample, text, 80));
});

test('the check of copies finds one', { skip }, () => {
  const text = readFileSync(TEXT, 'utf8');
  const stolen = text.slice(5000, 5101);
  assert.equal(copied(`of mine own ${stolen}#`, text, 80).includes(stolen), true);
  assert.equal(copied('a line of my own making, as long as it may be, and longer still than eighty characters are', text, 80), '');
});
