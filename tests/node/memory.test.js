// Memory: what is too big is told before it is asked for, and what was closed is given back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { SMALL, TEXT, makeText } from './text.js';

const LIMIT = 2 ** 32;

test('a model too big for any memory is refused before anything is allocated, with the number of bytes', async () => {
  const folio = await load();
  const before = folio.info().memory_bytes;
  const huge = { n_layer: 256, n_embd: 16384, n_head: 256, n_inner: 65536, block_size: 65536, vocab_size: 1048576, batch_size: 65536 };
  const { model_bytes, parameters, total_bytes } = folio.memory(huge);
  assert.ok(parameters > 2 ** 39 && model_bytes > 4 * parameters - 1 && total_bytes > model_bytes);
  assert.throws(() => folio.model(huge), (/** @type {any} */ error) => error.code === 'MEMORY' && error.message.includes(`${model_bytes} bytes`) && error.message.includes(`${LIMIT}`));
  assert.throws(() => openRun(folio, { text: TEXT, config: { ...huge, n_layer: 1, block_size: 64, vocab_size: 100 } }), (/** @type {any} */ error) =>
    error.code === 'MEMORY' && /training this model needs \d{11,} bytes/.test(error.message));
  assert.equal(folio.info().memory_bytes, before);
});

test('what no longer fits beside the rest is refused with both numbers, and the rest goes on', async () => {
  const folio = await load();
  const config = folio.config({ n_layer: 1, n_head: 1, n_embd: 32, block_size: 512, batch_size: 1400, vocab_size: 30, val_fraction: 0.5 });
  const need = folio.memory(config).trainer_bytes;
  assert.ok(need > LIMIT / 2 && need < LIMIT, `${need}`);
  const model = folio.model(config);
  const dataset = folio.dataset(config, Array(2000).fill(1));
  const trainer = folio.trainer(model, dataset);
  const inUse = folio.info().memory_bytes;
  assert.throws(() => folio.trainer(model, dataset), (/** @type {any} */ error) =>
    error.code === 'MEMORY' && error.message.includes(`${need} bytes are needed, ${inUse} of at most ${LIMIT} are in use`));
  assert.equal(trainer.step, 0);
  trainer.close();
  folio.trainer(model, dataset).close();
});

test('a writer that cannot be opened to the end leaves memory as it was', async () => {
  const folio = await load();
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, n_embd: 128 } });
  const checkpoint = run.checkpoint({ optimizer: false });
  run.close();
  const { load: whole } = folio.tokenizer;
  const before = folio.info().memory_bytes;
  for (let i = 0; i < 30; i++) {
    let asked = 0;
    folio.tokenizer.load = (json) => {
      if (++asked > 1) throw new Error('no room for a tokenizer');
      return whole(json);
    };
    assert.throws(() => openWriter(folio, checkpoint), /no room/);
  }
  assert.equal(folio.info().memory_bytes, before);
});

test('100 cycles of create, train, write, save, close leave memory as it was', async () => {
  const folio = await load();
  const cycle = () => {
    const run = openRun(folio, { text: TEXT, config: SMALL });
    run.parts.trainer.stepOnce();
    run.parts.evaluator.evaluate();
    const writer = openWriter(folio, run.checkpoint());
    for (const _ of writer.pieces({ tokens: 3 }));
    writer.close();
    run.close();
    assert.throws(() => openRun(folio, { text: TEXT, config: { ...SMALL, block_size: 10_000, val_fraction: 0.5 } }), { code: 'TOO_SHORT' });
  };
  for (let i = 0; i < 5; i++) cycle();
  const before = folio.info().memory_bytes;
  for (let i = 0; i < 100; i++) cycle();
  assert.equal(folio.info().memory_bytes, before);
});

test('learning bpe from a text that is not split takes at most 12 times the text', async () => {
  const text = new Uint8Array(10e6);
  const part = new TextEncoder().encode(makeText(1e5));
  for (let at = 0; at < text.length; at += part.length) text.set(part.subarray(0, text.length - at), at);
  const fresh = await load();
  const tokenizer = fresh.tokenizer.train('bpe', text, { split: 'none', vocabSize: 300 });
  assert.equal(tokenizer.vocabSize, 300);
  const times = fresh.info().text_bytes / text.length;
  assert.ok(times <= 12, `${times} times`);
  fresh.close();
});

test('100 cycles in a worker leave memory as it was', async () => {
  const client = await connect();
  try {
    const cycle = async () => {
      const run = await client.run({ text: TEXT, config: SMALL });
      for await (const { event } of run.train({ steps: 3 })) if (event === 'step') break;
      await run.close();
    };
    for (let i = 0; i < 5; i++) await cycle();
    const before = (await client.line.call('info', {})).memory_bytes;
    for (let i = 0; i < 100; i++) await cycle();
    assert.equal((await client.line.call('info', {})).memory_bytes, before);
  } finally {
    client.close();
  }
});
