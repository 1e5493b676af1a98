// alone: an abort is timed
// The client and its worker: the same results, back-pressure, abort, death, a fresh start.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

const client = await connect();
after(() => client.close());

/** A run whose steps take tens of milliseconds, without an end. */
const LONG = { n_layer: 4, n_head: 4, n_embd: 128, block_size: 64, batch_size: 12, max_iters: 1e6, eval_interval: 0 };

/** @template T @param {AsyncIterable<T>} stream @returns {Promise<T[]>} */
async function collect(stream) {
  const all = [];
  for await (const item of stream) all.push(item);
  return all;
}

/** @param {any} event */
const timeless = ({ seconds, tokens_per_second, ...event }) => event;
const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('info and settings are those of the module', async () => {
  const folio = await load();
  assert.deepEqual(client.info, folio.info());
  assert.deepEqual(client.settings, folio.settings);
  assert.deepEqual(await client.config(SMALL), folio.config(SMALL));
  assert.deepEqual(await client.memory(SMALL), folio.memory(SMALL));
  assert.deepEqual(await client.layout(SMALL), folio.layout(SMALL));
});

test('a run in the worker is the run outside of it', async () => {
  await client.prepare();
  const outside = openRun(await load(), { text: TEXT, config: SMALL });
  const run = await client.run({ text: TEXT, config: SMALL });
  assert.deepEqual([run.config, run.parameters, run.vocabSize, run.step], [outside.config, outside.parameters, outside.parts.tokenizer.vocabSize, 0]);
  assert.equal(run.trainTokens + run.valTokens, outside.parts.dataset.tokens);
  assert.deepEqual((await collect(run.train())).map(timeless), (await collect(outside.train())).map(timeless));
  assert.equal(run.step, 20);
  assert.equal((await collect(run.generate({ prompt: 'O', tokens: 50 }))).join(''), (await collect(outside.writer.generate({ prompt: 'O', tokens: 50 }))).join(''));
  assert.deepEqual(await run.checkpoint(), outside.checkpoint());
  assert.equal(await run.evaluate(), await outside.evaluate());
  assert.equal(await run.digest(), await outside.parts.model.digest());
  await run.close();
});

test('the parts, one by one, are those outside of the worker', async () => {
  const folio = await load();
  const tokenizer = await client.tokenizer.train('char', TEXT);
  const ids = await tokenizer.encode(TEXT);
  assert.equal(await tokenizer.decode(ids), TEXT);
  assert.deepEqual(await (await client.tokenizer.load(await tokenizer.toJSON())).encode(TEXT), ids);
  const config = { ...SMALL, vocab_size: tokenizer.vocabSize };
  const [dataset, twin] = [await client.dataset(config, ids), folio.dataset(config, ids)];
  assert.deepEqual([dataset.windows, dataset.batches, dataset.valWindows, dataset.nTrain], [twin.windows, twin.batches, twin.valWindows, twin.nTrain]);
  assert.deepEqual(await dataset.batch(3), twin.batch(3));
  assert.deepEqual(await dataset.valBatch(1, 2), twin.valBatch(1, 2));
  const [model, twinModel] = [await client.model(config), folio.model(config)];
  const [trainer, twinTrainer] = [await client.trainer(model, dataset, { learning_rate: 0.1 }), folio.trainer(twinModel, twin, { learning_rate: 0.1 })];
  assert.deepEqual(await trainer.stepOnce(), twinTrainer.stepOnce());
  assert.equal(trainer.step, 1);
  assert.deepEqual(await model.params(), twinModel.params.slice());
  assert.deepEqual(await model.logits([1, 2], 1, 2), twinModel.logits([1, 2], 1, 2));
  assert.deepEqual(await collect(model.generate({ prompt: [1], tokens: 9 })), [...twinModel.generate({ prompt: [1], tokens: 9 })]);
  assert.equal(await model.digest(), await twinModel.digest());
  const evaluator = await client.evaluator(model, dataset);
  assert.equal(await evaluator.evaluate(), folio.evaluator(twinModel, twin).evaluate());
  await trainer.setStep(0);
  await model.setParams(folio.model(config).params.slice());
  for (const part of [evaluator, trainer, model, dataset, tokenizer]) await part.close();
});

test('errors keep their class, code and words', async () => {
  await assert.rejects(client.config({ n_hed: 1 }), { name: 'FolioError', code: 'SETTING', op: 'config', message: /did you mean 'n_head'/ });
  await assert.rejects(client.run({ text: 'short', config: SMALL }), { name: 'FolioError', code: 'TOO_SHORT' });
  await assert.rejects(client.open(new Uint8Array(3)), { name: 'FolioError', code: 'CHECKPOINT' });
  await assert.rejects(client.model({ n_layer: 256, n_embd: 16384 }), { name: 'FolioError', code: 'MEMORY', message: /\d{12,} bytes/ });
  assert.equal(client.alive, true);
});

test('a closed object is refused by name', async () => {
  const run = await client.run({ text: TEXT, config: SMALL });
  await run.close();
  await run.close();
  await assert.rejects(run.evaluate(), { code: 'CLOSED' });
  await assert.rejects(collect(run.train()), { code: 'CLOSED' });
});

test('the worker does not run ahead of a slow reader', async () => {
  const run = await client.run({ text: TEXT, config: { ...SMALL, max_iters: 500, eval_interval: 0 } });
  const reader = run.train();
  for (let i = 0; i < 3; i++) await reader.next();
  await wait(150);
  const ahead = await client.open(await run.checkpoint({ optimizer: false }));
  assert.ok(ahead.step <= 3 + 6, `${ahead.step} steps done, 3 read`);
  await reader.return();
  await run.close();
});

test('leaving the loop pauses, entering it again goes on with the same bits', async () => {
  const config = { ...SMALL, max_iters: 60 };
  const [whole, paused] = [await client.run({ text: TEXT, config }), await client.run({ text: TEXT, config })];
  await collect(whole.train());
  for (const stop of [5, 17, 40]) for await (const { event, step } of /** @type {AsyncGenerator<any>} */ (paused.train())) if (event === 'step' && step >= stop) break;
  const rest = await collect(paused.train());
  assert.ok(rest.length < 30);
  assert.equal(await paused.digest(), await whole.digest());
});

test('writing and judging in the middle of training do not change it, nor are they changed by it', async () => {
  const [whole, other] = [await client.run({ text: TEXT, config: SMALL }), await client.run({ text: TEXT, config: SMALL })];
  await collect(whole.train());
  for await (const { event, step } of /** @type {AsyncGenerator<any>} */ (other.train())) {
    if (event !== 'step' || step % 5) continue;
    const [one, same] = await Promise.all([collect(other.generate({ tokens: 30 })), collect(other.generate({ tokens: 30 }))]);
    assert.equal(one.join(''), same.join(''));
    await other.evaluate();
  }
  assert.equal(await other.digest(), await whole.digest());
});

test('a budget, the best weights and a rollback work in the worker, and the run knows what changed', async () => {
  const run = await client.run({ text: TEXT, config: SMALL });
  const all = await collect(run.train({ budget: 1.5, keepBest: true, evalEvery: 20 }));
  const [plan] = /** @type {any[]} */ (all);
  const done = /** @type {any} */ (all.at(-1));
  assert.equal(plan.event, 'plan');
  assert.deepEqual([run.config.max_iters, run.step], [done.steps, done.steps]);
  assert.equal(await run.digest(), done.digest);
  assert.equal(await run.evaluate(), done.val_loss);
  await run.close();
  const wild = await client.run({ text: TEXT, config: { ...SMALL, learning_rate: 10, min_lr: 10, warmup_iters: 0, schedule: 'constant', max_iters: 60 } });
  const events = /** @type {any[]} */ (await collect(wild.train({ onDivergence: 'rollback' })));
  const { rollbacks, steps } = events.at(-1);
  assert.ok(rollbacks >= 1);
  assert.deepEqual([wild.config.learning_rate, wild.step], [10 / 2 ** rollbacks, steps]);
  await assert.rejects(collect(wild.train({ steps: 80, patience: -1 })), { name: 'FolioError', code: 'RANGE', message: /patience=-1/ });
  await assert.rejects(collect(wild.train({ steps: 80, budget: 3 })), { code: 'RANGE', message: /exclude each other/ });
  await wild.close();
});

/** Milliseconds from the abort to the rejection, which must be the abort's. @param {(signal: AbortSignal) => Promise<unknown>} work */
async function timeAbort(work) {
  const controller = new AbortController();
  const done = work(controller.signal);
  done.catch(() => {});
  await wait(60);
  const start = performance.now();
  controller.abort();
  await assert.rejects(done, { name: 'AbortError' });
  return performance.now() - start;
}

const LONG_TEXT = TEXT.repeat(20);
for (const [name, work] of Object.entries({
  train: (/** @type {import('../../wasm/src/remote.js').RemoteRun} */ run, /** @type {AbortSignal} */ signal) => collect(run.train({ signal })),
  evaluate: (/** @type {import('../../wasm/src/remote.js').RemoteRun} */ run, /** @type {AbortSignal} */ signal) => run.evaluate({ signal }),
  generate: (/** @type {import('../../wasm/src/remote.js').RemoteRun} */ run, /** @type {AbortSignal} */ signal) => collect(run.generate({ tokens: 1e6, signal })),
})) {
  test(`an abort stops ${name} within 100 ms, and the worker goes on`, async (t) => {
    const run = await client.run({ text: LONG_TEXT, config: LONG });
    const times = [];
    for (let i = 0; i < 5; i++) times.push(await timeAbort((signal) => work(run, signal)));
    times.sort((a, b) => a - b);
    t.diagnostic(`measured: abort of ${name} took ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
    assert.ok(times[2] <= 100, `${times}`);
    assert.equal(client.alive, true);
    await run.close();
  });
}

test('an abort leaves nothing open, also one that comes after the worker has answered', async () => {
  const own = await connect({ abortAfter: 60_000 });
  const config = { ...SMALL, vocab_size: 64 };
  const checkpoint = openRun(await load(), { text: TEXT, config: SMALL }).checkpoint();
  /** The first waits for its code, and hears of the abort meanwhile. @type {Record<string, (signal: AbortSignal) => Promise<unknown>>} */
  const openings = {
    run: (signal) => own.run({ text: TEXT, config: SMALL, signal }),
    writer: (signal) => own.open(checkpoint, { signal }),
    dataset: (signal) => own.dataset(config, new Uint32Array(1000), { signal }),
    model: (signal) => own.model(config, { signal }),
    tokenizer: (signal) => own.tokenizer.train('char', TEXT, { signal }),
    blob: (signal) => own.tokenizer.train('word', new Blob([TEXT]), { signal }),
  };
  for (const [name, open] of Object.entries(openings)) {
    const controller = new AbortController();
    const opened = open(controller.signal);
    controller.abort();
    await assert.rejects(opened, { name: 'AbortError' }, name);
  }
  for (let ref = 1; ref < 20; ref++) await assert.rejects(own.line.call('writer.digest', { ref }), { code: 'CLOSED' }, `object ${ref}`);
  own.close();
});

test('a signal that was aborted before stops the call before it begins', async () => {
  const signal = AbortSignal.abort();
  const run = await client.run({ text: TEXT, config: SMALL });
  await assert.rejects(run.evaluate({ signal }), { name: 'AbortError' });
  await assert.rejects(collect(run.train({ signal })), { name: 'AbortError' });
  assert.equal((await collect(run.train())).length > 20, true);
});

test('an abort keeps its own reason', async () => {
  const run = await client.run({ text: LONG_TEXT, config: LONG });
  const controller = new AbortController();
  const reason = new Error('lunch');
  setTimeout(() => controller.abort(reason), 30);
  await assert.rejects(collect(run.train({ signal: controller.signal })), reason);
  await run.close();
});

test('work that cannot be stopped is: the worker is terminated, its other calls reject, a fresh one goes on', async () => {
  const own = await connect();
  const model = await own.model({ n_layer: 6, n_embd: 384, n_head: 6, block_size: 256 });
  const controller = new AbortController();
  const ids = Array(64 * 256).fill(1);
  const stuck = model.logits(ids, 64, 256, { signal: controller.signal });
  const other = model.digest();
  other.catch(() => {});
  stuck.catch(() => {});
  await wait(100);
  const start = performance.now();
  controller.abort();
  await assert.rejects(stuck, { name: 'AbortError' });
  const took = performance.now() - start;
  assert.ok(took <= 100, `${took} ms`);
  await assert.rejects(other, { code: 'WORKER_DIED', message: /did not stop within 80 ms/ });
  assert.equal(own.alive, false);
  await own.restart();
  assert.equal((await own.config()).n_layer, 4);
  await assert.rejects(model.digest(), { code: 'WORKER_DIED' });
  own.close();
});

test('a worker killed while calls pend: every one rejects at once, and training goes on from the last checkpoint', async () => {
  const own = await connect();
  const config = { ...SMALL, max_iters: 40 };
  const whole = await client.run({ text: TEXT, config });
  await collect(whole.train());
  const run = await own.run({ text: TEXT, config });
  await collect(run.train({ steps: 15 }));
  const checkpoint = await run.checkpoint();
  const pending = [collect(run.train()), run.evaluate(), collect(run.generate({ tokens: 1e6 })), own.config()];
  const settled = Promise.allSettled(pending);
  await wait(20);
  const start = performance.now();
  own.kill();
  const results = await settled;
  assert.ok(performance.now() - start < 50);
  assert.ok(results.filter(({ status }) => status === 'rejected').length >= 1);
  for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.code, 'WORKER_DIED');
  assert.equal((await own.died).code, 'WORKER_DIED');
  await assert.rejects(run.evaluate(), { code: 'WORKER_DIED', message: 'the worker was killed' });
  await assert.rejects(collect(run.train()), { code: 'WORKER_DIED' });
  await run.close();
  await own.restart();
  const again = await own.run({ text: TEXT, checkpoint });
  assert.equal(again.step, 15);
  await collect(again.train());
  assert.equal(await again.digest(), await whole.digest());
  own.close();
});

const script = (/** @type {string} */ code) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

test('a worker that throws, ends or is not there rejects the connection with the reason', async () => {
  await assert.rejects(connect({ workerUrl: script('throw new Error("broken")') }), { code: 'WORKER_DIED', message: /broken/ });
  await assert.rejects(connect({ workerUrl: script('process.exit(3)') }), { code: 'WORKER_DIED', message: /exit code 3/ });
  await assert.rejects(connect({ workerUrl: new URL('../nothing.js', import.meta.url) }), { code: 'WORKER_DIED', message: /nothing\.js/ });
});

test('a worker that dies by itself rejects what pends', async () => {
  const code = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, op }) => op === 'load' ? parentPort.postMessage({ id, value: {} }) : setTimeout(() => process.exit(1), 20));`;
  const own = await connect({ workerUrl: script(code) });
  await assert.rejects(own.config(), { code: 'WORKER_DIED', message: /exit code 1/ });
  assert.equal(own.alive, false);
});

test('after a trap in the worker every pending call rejects, and so do later ones', async () => {
  const worker = new URL('../../wasm/src/worker.js', import.meta.url);
  const code = `const { instantiate } = WebAssembly;
    const trap = () => { throw new WebAssembly.RuntimeError('unreachable'); };
    WebAssembly.instantiate = async (...given) => ({ exports: { ...(await instantiate(...given)).exports, folio_trainer_advance: trap } });
    await import('${worker}');`;
  const own = await connect({ workerUrl: script(code) });
  const run = await own.run({ text: LONG_TEXT, config: LONG });
  const [training, judging] = await Promise.allSettled([collect(run.train()), run.evaluate()]);
  assert.match(String(/** @type {any} */ (training).reason.message), /trapped in folio_trainer_advance \(unreachable\)/);
  assert.equal(/** @type {any} */ (judging).reason.code, 'WORKER_DIED');
  assert.equal(own.alive, false);
  await assert.rejects(own.config(), { code: 'WORKER_DIED', message: /trapped in folio_trainer_advance/ });
});

test('a text in an answer is not looked at character by character', async () => {
  const worker = new URL('../../wasm/src/worker.js', import.meta.url);
  const code = `const { values } = Object;
    Object.values = (of) => {
      if (typeof of === 'string') throw new Error('a text is taken apart');
      return values(of);
    };
    await import('${worker}');`;
  const own = await connect({ workerUrl: script(code) });
  const tokenizer = await own.tokenizer.load({ kind: 'byte' });
  assert.equal(await tokenizer.decode([72, 105]), 'Hi');
  own.close();
});

test('the module may be given as bytes, as a Module, as a URL; a wrong one is told', async () => {
  const { readFileSync } = await import('node:fs');
  const url = new URL('../../wasm/dist/folio-simd128.wasm', import.meta.url);
  for (const wasm of [url, url.href, new Uint8Array(readFileSync(url)), new WebAssembly.Module(readFileSync(url))]) {
    const own = await connect({ wasm });
    assert.equal((await own.config()).n_layer, 4);
    own.close();
  }
  await assert.rejects(connect({ wasm: new TextEncoder().encode('<!doctype html>') }), { code: 'WASM', message: /<!doctype html>/ });
  await assert.rejects(connect({ wasm: '/nothing/here.wasm' }), { code: 'WASM', message: /here\.wasm could not be read/ });
});
