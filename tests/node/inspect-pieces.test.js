// alone: pieces are timed
// A look into a large model goes in short pieces, so that an abort or a pause never waits for the whole of it; and a long text is only begun.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { normPieces } from '../../wasm/src/norms.js';
import { finish } from '../../wasm/src/pace.js';

/** As wide as the smallest GPT-2, with its vocabulary; each of its blocks is a piece of its own, so two of them tell as much as twelve. */
const LARGE = { n_layer: 2, n_head: 12, n_embd: 768, vocab_size: 50_257, block_size: 64, batch_size: 1, max_iters: 1000, eval_interval: 0 };
const TOKENS = 48;
const TEXT = 'the quick brown fox jumps over the lazy dog. '.repeat(60);
/** Milliseconds in which an abort is answered: a few pieces, on a machine that does other things too. The page waits for 1000. */
const ANSWERED = 250;

/** How long each piece takes, in milliseconds, and the result. @template T @param {Generator<undefined, T, void>} pieces */
function timed(pieces) {
  const times = [];
  for (;;) {
    const began = performance.now();
    const { done, value } = pieces.next();
    times.push(performance.now() - began);
    if (done) return { times: times.sort((a, b) => b - a), value: /** @type {T} */ (value) };
  }
}

test('pieces of a look, of embeddings, positions and norms; together they are the whole, bit for bit', async (t) => {
  const folio = await load({ threads: 1 });
  const config = folio.config(LARGE);
  const model = folio.model(config);
  const tokenizer = folio.tokenizer.train('byte', TEXT);
  const began = performance.now();
  const inspector = await folio.inspector(model);
  const opened = performance.now() - began;
  const looked = timed(inspector.lookPieces(tokenizer, TEXT, { most: TOKENS }));
  assert.deepEqual(looked.value.ids.length, TOKENS);
  inspector.inspect(looked.value.ids);
  assert.deepEqual(inspector.lens(2), model.logits(looked.value.ids, 1, TOKENS));
  const found = {
    look: looked,
    embeddings: timed(inspector.embeddingPieces(tokenizer)),
    positions: timed(inspector.positionPieces()),
    norms: timed(normPieces(model, /** @type {any} */ ({ hasGradients: true, step: 1, grads: model.params }))),
  };
  assert.deepEqual(found.embeddings.value, inspector.embeddings(tokenizer));
  assert.deepEqual(found.positions.value, inspector.positions());
  t.diagnostic(`measured: opened in ${opened.toFixed(0)} ms`);
  for (const [name, { times }] of Object.entries(found)) {
    const whole = times.reduce((a, b) => a + b);
    t.diagnostic(`measured: ${name}: ${whole.toFixed(0)} ms in ${times.length} pieces, the longest of ${times.slice(0, 3).map((ms) => ms.toFixed(1)).join(', ')} ms`);
    assert.ok(times[0] < ANSWERED, `${name}: a piece of ${times[0].toFixed(0)} ms`);
  }
  assert.ok(opened < ANSWERED, `opened in ${opened.toFixed(0)} ms`);
  assert.ok(looked.times.length > 100);
  inspector.close();
  model.close();
  folio.close();
});

test('a look that another one overtakes ends with an error, and the other is right', async () => {
  const folio = await load({ threads: 1 });
  const model = folio.model({ n_layer: 2, n_head: 2, n_embd: 16, vocab_size: 256, block_size: 16 });
  const tokenizer = folio.tokenizer.train('byte', TEXT);
  const inspector = await folio.inspector(model);
  const whole = inspector.look(tokenizer, 'the quick');
  const { length } = timed(inspector.lookPieces(tokenizer, 'the quick')).times;
  for (let at = 1; at < length; at++) {
    const first = inspector.lookPieces(tokenizer, 'brown fox');
    for (let i = 0; i < at; i++) first.next();
    assert.deepEqual(inspector.look(tokenizer, 'the quick'), whole);
    try {
      const late = finish(first);
      assert.equal(late.ids.length, 9, 'it had all that it needs');
    } catch (error) {
      assert.match(String(error), /another look has begun before this one had ended/);
    }
  }
  inspector.close();
  folio.close();
});

test('of three megabytes only the beginning is read, and no half of a character', async (t) => {
  const folio = await load({ threads: 1 });
  const alphabet = folio.tokenizer.train('char', 'ab 😀');
  const bytes = folio.tokenizer.train('byte', TEXT);
  const words = folio.tokenizer.train('bpe', TEXT, { vocabSize: 300 });
  const inspector = await folio.inspector(folio.model({ n_layer: 1, n_head: 2, n_embd: 16, vocab_size: 300, block_size: 16 }));
  for (const [name, text] of Object.entries({ spaces: 'ab '.repeat(1_000_000), 'one word': 'a'.repeat(3_000_000), pairs: `a${'😀'.repeat(1_500_000)}` })) {
    for (const tokenizer of [alphabet, bytes, words]) {
      const began = performance.now();
      const look = inspector.look(tokenizer, text, { most: 8 });
      const took = performance.now() - began;
      assert.ok(look.cut && look.ids.length === 8);
      assert.deepEqual(look.ids, tokenizer.encode(text.slice(0, 65)).slice(0, 8), `${name}, ${tokenizer.kind}`);
      t.diagnostic(`measured: ${name}, ${tokenizer.kind}: ${took.toFixed(1)} ms`);
      assert.ok(took < ANSWERED, `${name}, ${tokenizer.kind}: ${took.toFixed(0)} ms`);
    }
  }
  for (let most = 1; most <= 8; most++) inspector.look(alphabet, '😀'.repeat(2000), { most });
  for (let most = 1; most <= 8; most++) inspector.look(alphabet, `a${'😀'.repeat(2000)}`, { most });
  folio.close();
});

test('in a worker: an abort in the midst of a look, and of a training that waits for it, is answered at once', { timeout: 120_000 }, async (t) => {
  const client = await connect({ threads: 1, abortAfter: 1000 });
  after(() => client.close());
  const run = await client.run({ text: TEXT, config: LARGE });
  const inspector = await run.inspector();
  const look = (/** @type {AbortSignal} */ signal) => inspector.look(TEXT, { most: TOKENS, signal });
  const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const wanted = await inspector.look(TEXT, { most: TOKENS });
  const sure = performance.now();
  await inspector.look(TEXT, { most: TOKENS });
  const whole = performance.now() - sure;

  const waits = [];
  for (const share of [0.02, 0.2, 0.5]) {
    const [one, two] = [new AbortController(), new AbortController()];
    const looks = [look(one.signal), look(two.signal)];
    await wait(share * whole);
    for (const [i, controller] of [two, one].entries()) {
      const began = performance.now();
      controller.abort();
      await assert.rejects(looks[1 - i], { name: 'AbortError' });
      waits.push(performance.now() - began);
    }
  }
  assert.deepEqual(await inspector.look(TEXT, { most: TOKENS }), wanted, 'and the next one is right');

  const pause = new AbortController();
  const undisturbed = inspector.look(TEXT, { most: TOKENS });
  const training = (async () => {
    for await (const event of run.train({ signal: pause.signal })) assert.fail(`${event.event}: training waits for a look`);
  })();
  await wait(0.2 * whole);
  const began = performance.now();
  pause.abort();
  await assert.rejects(training, { name: 'AbortError' });
  waits.push(performance.now() - began);
  assert.deepEqual(await undisturbed, wanted);
  t.diagnostic(`measured: a look of ${whole.toFixed(0)} ms; aborts answered after ${waits.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  assert.ok(Math.max(...waits) < ANSWERED, `${waits}`);
  assert.ok(client.alive);
});
