// alone: an abort is timed
// Tokenizers in the worker: the same ids, progress, abort, Blobs read part by part.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../../wasm/src/client.js';
import { encodeStream, load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { ranksOf } from '../oracle/oracles.js';
import { SMALL, TEXT } from './text.js';

const client = await connect();
const folio = await load();
after(() => client.close());
const utf8 = new TextEncoder();

test('a tokenizer in the worker is the one outside', async () => {
  for (const kind of /** @type {const} */ (['word', 'bpe'])) {
    const options = { vocabSize: 300 };
    const [inside, outside] = [await client.tokenizer.train(kind, TEXT, options), folio.tokenizer.train(kind, TEXT, options)];
    assert.deepEqual([inside.kind, inside.vocabSize, inside.split, inside.special], [outside.kind, outside.vocabSize, outside.split, outside.special]);
    const ids = outside.encode(TEXT);
    assert.deepEqual(await inside.encode(TEXT), ids);
    assert.equal(await inside.decode(ids), outside.decode(ids));
    assert.deepEqual(await inside.decodeBytes(ids), outside.decodeBytes(ids));
    assert.deepEqual(await inside.offsets(TEXT, ids), outside.offsets(TEXT, ids));
    assert.deepEqual(await inside.toJSON(), outside.toJSON());
    assert.deepEqual(await inside.toHuggingFace(), outside.toHuggingFace());
    assert.deepEqual(await inside.toRanks(), outside.toRanks());
    await inside.close();
  }
});

test('an encoding from its ranks; special tokens as asked', async () => {
  const tokenizer = await client.tokenizer.ranks(ranksOf('gpt2'), { encoding: 'gpt2' });
  assert.deepEqual([...(await tokenizer.encode('one<|endoftext|>', { allowedSpecial: 'all' }))], [505, 50256]);
  await assert.rejects(tokenizer.encode('one<|endoftext|>'), { code: 'NOT_ALLOWED', message: /at byte 3/ });
  await tokenizer.close();
});

test('training tells how far it is', async () => {
  const events = /** @type {import('../../wasm/src/tokenizer.js').TrainingEvent[]} */ ([]);
  const text = TEXT.repeat(60);
  const tokenizer = await client.tokenizer.train('bpe', text, { vocabSize: 400, progress: (event) => events.push(event) });
  assert.equal(tokenizer.vocabSize, folio.tokenizer.train('bpe', text, { vocabSize: 400 }).vocabSize);
  assert.equal(events.filter(({ phase }) => phase === 'count').at(-1)?.done, utf8.encode(text).length);
  await tokenizer.close();
});

test('an abort stops training and encoding within 100 ms, and the worker lives on', async () => {
  const letters = new Uint8Array(24e6);
  for (let i = 0, state = 1; i < letters.length; i++) letters[i] = 97 + ((state = (state * 48271) % 2147483647) % 26);
  for (let i = 0; i < letters.length; i += 7) letters[i] = 32;
  const ready = await client.tokenizer.train('bpe', TEXT, { vocabSize: 300 });
  for (const start of [(/** @type {AbortSignal} */ signal) => client.tokenizer.train('bpe', letters, { vocabSize: 5000, signal }), (/** @type {AbortSignal} */ signal) => ready.encode(letters, { signal })]) {
    const controller = new AbortController();
    const work = start(controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const since = performance.now();
    controller.abort();
    await assert.rejects(work, { name: 'AbortError' });
    const ms = performance.now() - since;
    assert.ok(ms < 100, `${ms} ms`);
    assert.ok(client.alive);
  }
});

test('a Blob is read part by part: the same tokens and ids, in 16 bits where that suffices', async () => {
  const text = TEXT.repeat(300);
  const tokenizer = await client.tokenizer.train('bpe', new Blob([text]), { vocabSize: 400 });
  const twin = folio.tokenizer.train('bpe', text, { vocabSize: 400 });
  assert.deepEqual(await tokenizer.toRanks(), twin.toRanks());
  const ids = await tokenizer.encode(new Blob([text]));
  assert.ok(ids instanceof Uint16Array);
  assert.deepEqual(Uint32Array.from(ids), twin.encode(text));
  const config = { ...SMALL, vocab_size: 400 };
  assert.deepEqual((await (await client.dataset(config, ids)).batch(3)).inputs, folio.dataset(config, twin.encode(text)).batch(3).inputs);
});

test('a text of 64 MB streams in the memory of a few parts', async () => {
  const part = utf8.encode(TEXT.repeat(80));
  const tokenizer = folio.tokenizer.train('bpe', TEXT, { vocabSize: 400 });
  const before = folio.info().memory_bytes;
  let total = 0;
  let tokens = 0;
  function* source() {
    for (let sent = 0; sent < 64e6; sent += part.length) yield part;
  }
  for await (const { ids, text } of encodeStream(tokenizer, source())) {
    total += text.length;
    tokens += ids.length;
  }
  assert.ok(total >= 64e6 && tokens > total / 8);
  assert.ok(folio.info().memory_bytes - before < 32e6, `${folio.info().memory_bytes - before} bytes`);
});

test('a run with any kind trains, writes, is saved and goes on as if nothing had happened', async () => {
  for (const [tokenizer, vocab_size] of /** @type {const} */ ([['word', 60], ['bpe', 300]])) {
    const config = { ...SMALL, tokenizer, vocab_size };
    const whole = openRun(folio, { text: TEXT, config });
    for await (const event of whole.train()) {
      if (event.event !== 'eval') continue;
      const bits = Number(event.bits_per_byte);
      assert.ok(bits > 0 && bits < Number(event.val_loss) / Math.LN2);
    }
    const half = openRun(folio, { text: TEXT, config });
    for await (const event of half.train({ steps: 10 })) void event;
    const resumed = openRun(folio, { text: TEXT, checkpoint: half.checkpoint() });
    for await (const event of resumed.train()) void event;
    assert.equal(await resumed.parts.model.digest(), await whole.parts.model.digest());
    const writer = openWriter(folio, whole.checkpoint({ optimizer: false }));
    let text = '';
    for await (const piece of writer.generate({ prompt: 'the', tokens: 20 })) text += piece;
    assert.ok(text.length > 0);
    for (const each of [whole, half, resumed, writer]) each.close();
  }
});

test('bits per byte: for byte it is the loss in bits, for char with ASCII too', async () => {
  for (const tokenizer of /** @type {const} */ (['byte', 'char'])) {
    const run = openRun(folio, { text: 'to be or not to be. '.repeat(100), config: { ...SMALL, tokenizer } });
    for await (const event of run.train({ steps: 2 })) if (event.event === 'done') assert.ok(Math.abs((event.bits_per_byte ?? 0) - (event.val_loss ?? 0) / Math.LN2) < 1e-12);
    run.close();
  }
});

test('a run with a tokenizer that is ready; documents end where the text says so', async () => {
  const json = folio.tokenizer.ranks(ranksOf('gpt2'), { encoding: 'gpt2' }).toJSON();
  const run = openRun(folio, { text: `${TEXT}<|endoftext|>${TEXT}`, tokenizer: json, config: { ...SMALL, n_layer: 1, n_embd: 4, max_iters: 1 } });
  assert.deepEqual([run.config.tokenizer, run.config.vocab_size], ['bpe', 50257]);
  run.close();
});
