// A model with its tokenizer writes: tokens with their texts, also where a token is part of a character, and the text at which it stops.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { untilStop } from '../../wasm/src/stop.js';
import { events, folio as command, temporary } from './command.js';

const folio = await load();
const TINY = { n_layer: 1, n_head: 1, n_embd: 8, block_size: 16, batch_size: 4, max_iters: 3, eval_interval: 0 };
const MANY_BYTES = 'Grüße, 你好 👩‍💻!\nمرحبا بالعالم\n'.repeat(150);
const RUNS = Object.fromEntries(/** @type {const} */ (['char', 'byte', 'word', 'bpe']).map((tokenizer) => [tokenizer,
  openRun(folio, { text: MANY_BYTES, config: { ...TINY, tokenizer, ...(tokenizer === 'bpe' ? { vocab_size: 300 } : {}) } })]));
const ASKED = { tokens: 60, temperature: 1.2, seed: 4 };

/** @template T @param {Iterable<T | undefined>} pieces @returns {T[]} */
const all = (pieces) => [...pieces].filter((piece) => piece !== undefined);

for (const [kind, { writer, parts }] of Object.entries(RUNS)) {
  test(`${kind}: the texts of the tokens are the text, and each is its token's own or says by its bytes that it is none`, () => {
    const text = all(writer.pieces(ASKED)).join('');
    const tokens = all(writer.pieces({ ...ASKED, details: 4 }));
    assert.equal(tokens.map((token) => token.text).join(''), text);
    assert.equal(text, parts.tokenizer.decode(tokens.map(({ id }) => id)));
    assert.equal(tokens.length, ASKED.tokens);
    for (const token of tokens.flatMap(({ alternatives, ...token }) => [token, ...alternatives])) {
      const whole = parts.tokenizer.decode([token.id]);
      if (token.bytes) assert.deepEqual(token.bytes, [...parts.tokenizer.decodeBytes([token.id])]);
      else assert.ok(!whole.includes('\ufffd') && parts.tokenizer.decodeBytes([token.id]).length > 0, JSON.stringify(token));
    }
    assert.equal(tokens.some(({ bytes }) => bytes), kind === 'byte' || kind === 'bpe', 'parts of characters, where there are such tokens');
  });
}

test('stop: the text up to it, for any text and any pieces of it', () => {
  const strings = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), maxLength: 12 });
  fc.assert(fc.property(fc.array(fc.option(strings, { nil: undefined })), strings, (pieces, stop) => {
    const items = pieces.map((text) => (text === undefined ? undefined : { text }));
    const text = pieces.join('');
    const end = stop ? text.indexOf(stop) : -1;
    const kept = all(untilStop(items, stop));
    assert.equal(kept.map((item) => item.text).join(''), end < 0 ? text : text.slice(0, end));
  }), { numRuns: 1000 });
});

test('stop: what cannot be its beginning is not held back, and nothing is written after it', () => {
  const taken = /** @type {string[]} */ ([]);
  const items = (function* () {
    for (const text of ['one ', 'two\n', '\nthree', 'four']) {
      taken.push(text);
      yield { text };
    }
  })();
  const pieces = untilStop(items, '\n\n');
  assert.deepEqual([pieces.next().value?.text, taken.length], ['one ', 1]);
  assert.deepEqual([pieces.next().value?.text, pieces.next().done, taken.length], ['two', true, 3]);
  assert.throws(() => all(untilStop([], /** @type {any} */ (7))), { code: 'ARGUMENT', message: 'generate: stop is a number: it must be a text' });
});

test('stop: each character costs the same, whatever the text at which it ends', () => {
  const length = 16_000;
  for (const [stop, text] of [['a'.repeat(length), 'a'.repeat(length - 1)], [`${'ab'.repeat(length / 2)}c`, 'ab'.repeat(length)], [`${'a'.repeat(length)}b`, 'a'.repeat(2 * length)]]) {
    const start = performance.now();
    const kept = all(untilStop([...text].map((one) => ({ text: one })), stop));
    const took = performance.now() - start;
    assert.equal(kept.map((one) => one.text).join(''), text);
    assert.ok(took < 500, `${took} ms`);
  }
});

test('a writer stops there, with and without details, and so does the client', async (t) => {
  const run = RUNS.char;
  const text = all(run.writer.pieces(ASKED)).join('');
  const stop = text.slice(20, 23);
  const expected = text.slice(0, text.indexOf(stop));
  assert.equal(all(run.writer.pieces({ ...ASKED, stop })).join(''), expected);
  assert.equal(all(run.writer.pieces({ ...ASKED, stop, details: 0 })).map((token) => token.text).join(''), expected);
  const client = await connect();
  t.after(() => client.close());
  const writer = await client.open(run.checkpoint());
  const told = [];
  for await (const token of writer.generate({ ...ASKED, stop, details: 3 })) told.push(token);
  assert.deepEqual(told, all(run.writer.pieces({ ...ASKED, stop, details: 3 })));
  assert.equal(told.map((token) => token.text).join(''), expected);
});

const folder = temporary('writer');
const file = `${folder}/byte.safetensors`;
writeFileSync(file, RUNS.byte.checkpoint());
const sample = (/** @type {string[]} */ ...options) => command('sample', '--model', file, '--tokens', '30', '--seed', '2', ...options);

test('sample --json: an object a token, the same text', async () => {
  const plain = await sample();
  const { code, stdout, stderr } = await sample('--json', '--alternatives', '2');
  assert.equal(code, 0, stderr);
  const tokens = events(stdout);
  assert.equal(`${tokens.map(({ text }) => text).join('')}\n`, plain.stdout);
  for (const token of tokens) assert.deepEqual([token.alternatives.length, token.probability > 0, token.rank > 0], [2, true, true]);
});

test('sample --probabilities: a line a token; shaded where there are colours', async () => {
  const lines = (await sample('--probabilities', '--top-k', '3')).stdout.trimEnd().split('\n');
  assert.equal(lines.length, 31);
  assert.match(lines[1], /^ +\d+\.\d% +\d+\.\d% +\d+  (".*"|<[0-9a-f]{2}>) .*\d+\.\d%.*\(top-k\)/);
  process.env.FORCE_COLOR = '1';
  after(() => delete process.env.FORCE_COLOR);
  const { stdout } = await sample('--probabilities');
  assert.match(stdout, /\x1b\[48;5;209;38;5;16m[^\n]+\x1b\[0m/);
  delete process.env.FORCE_COLOR;
  const text = stdout.replace(/\x1b\[[\d;]+m/g, '').split('\n\n50% and more')[0];
  assert.equal(`${text}\n`, (await sample()).stdout);
});

test('sample --stop ends before it; --alternatives alone is a mistake', async () => {
  const { stdout } = await command('sample', '--prompt', 'ROMEO:', '--tokens', '300', '--stop', '\n\n');
  assert.match(stdout, /^ROMEO:[^]+[^\n]\n$/);
  assert.ok(!stdout.includes('\n\n') && stdout.length < 300, stdout);
  const { code, stderr } = await sample('--alternatives', '2');
  assert.deepEqual([code, /--alternatives goes with --probabilities or --json/.test(stderr)], [2, true]);
});

