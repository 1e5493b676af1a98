// Threads: the result does not depend on how many there are, nor on whether they live; they rest when nothing is to be done.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Folio, load } from '../../wasm/src/folio.js';
import { loadModule, loadTextModule } from '../../wasm/src/loader.js';
import { openRun } from '../../wasm/src/run.js';
import { NODE_26, no26 } from './engines.js';
import { SMALL, TEXT } from './text.js';

const text = await loadTextModule();
const STEPS = 30;
const CONFIG = { n_layer: 2, n_head: 4, n_embd: 40, block_size: 37, batch_size: 7, max_iters: STEPS, warmup_iters: 5, learning_rate: 0.003, dropout: 0.1, position: 'rope', bias: true };

/** The digest of a short run. @param {Folio} folio @param {(step: number) => unknown} [between] */
async function digestOf(folio, between = () => {}) {
  const run = openRun(folio, { text: TEXT, config: CONFIG });
  while (run.step < STEPS) {
    run.parts.trainer.stepOnce();
    await between(run.step);
  }
  assert.ok(run.parts.evaluator.evaluate());
  const digest = await run.parts.model.digest();
  run.close();
  return digest;
}

/** Threads of this process. */
const processThreads = () => Number(/^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const rest = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until all threads of the pool take part. @param {import('../../wasm/src/module.js').Module} module */
async function present(module) {
  await module.threadsReady();
  assert.equal(module.call('pool_present'), module.threads);
}

test('1, 2, 3, 4 and 8 threads give the same bits', async () => {
  const alone = await digestOf(await load({ threads: 1 }));
  for (const threads of [2, 3, 4, 8]) {
    const module = await loadModule({ threads });
    await present(module);
    assert.equal(await digestOf(new Folio(module, text)), alone, `${threads} threads`);
    module.close();
  }
});

test('and so in fast numerics, where the engine has them', { skip: no26 }, async () => {
  const code = `import { load } from './wasm/src/folio.js';
    import { openRun } from './wasm/src/run.js';
    for (const threads of [1, 2, 3, 4, 8]) {
      const folio = await load({ threads, numerics: 'fast' });
      const run = openRun(folio, { text: ${JSON.stringify(TEXT)}, config: ${JSON.stringify(CONFIG)} });
      while (run.step < ${STEPS}) { run.parts.trainer.stepOnce(); await new Promise(setImmediate); }
      console.log(folio.info().variant, await run.parts.model.digest());
      folio.close();
    }`;
  const { stdout } = await promisify(execFile)(NODE_26, ['--input-type=module', '-e', code], { cwd: new URL('../..', import.meta.url) });
  const rows = stdout.trim().split('\n').map((line) => line.split(' '));
  assert.deepEqual(rows.map(([variant]) => variant), ['relaxed', ...Array(4).fill('relaxed-threads')]);
  assert.equal(new Set(rows.map(([, digest]) => digest)).size, 1);
  assert.notEqual(rows[0][1], await digestOf(await load({ threads: 1 })));
});

test('threads that die in the middle are done without, and the bits are the same', async () => {
  const alone = await digestOf(await load({ threads: 1 }));
  const module = await loadModule({ threads: 4 });
  await present(module);
  const digest = await digestOf(new Folio(module, text), (step) => (step === STEPS / 2 ? module.killThreads() : undefined));
  assert.equal(digest, alone);
  module.close();
});

test('threads that cannot be started are done without', async () => {
  const code = `import threads from 'node:worker_threads';
    import { syncBuiltinESMExports } from 'node:module';
    threads.Worker = class { constructor() { throw new Error('no thread is to be had'); } };
    syncBuiltinESMExports();
    const { load } = await import('./wasm/src/folio.js');
    const { openRun } = await import('./wasm/src/run.js');
    const run = openRun(await load({ threads: 3 }), { text: ${JSON.stringify(TEXT)}, config: ${JSON.stringify(CONFIG)} });
    while (run.step < ${STEPS}) run.parts.trainer.stepOnce();
    console.log(await run.parts.model.digest());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: new URL('../..', import.meta.url) });
  assert.equal(stdout.trim(), await digestOf(await load({ threads: 1 })));
});

test('threads come up beside a caller who never lets the event loop turn', async () => {
  const module = await loadModule({ threads: 2 });
  const run = openRun(new Folio(module, text), { text: TEXT, config: CONFIG });
  for (const start = performance.now(); performance.now() - start < 5000 && module.call('pool_present') < 2;) run.parts.trainer.stepOnce();
  assert.equal(module.call('pool_present'), 2);
  module.close();
});

test('a pool with nothing to do uses no processor', async () => {
  const module = await loadModule({ threads: 4 });
  await present(module);
  const folio = new Folio(module, text);
  await digestOf(folio);
  await rest(50);
  const before = process.cpuUsage();
  await rest(500);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 50_000, `${(user + system) / 1000} ms in 500`);
  module.close();
});

test('1,000 cycles of create, train, close leave memory and threads where they were', async (t) => {
  const module = await loadModule({ threads: 3 });
  await present(module);
  const folio = new Folio(module, text);
  const cycle = () => {
    const run = openRun(folio, { text: TEXT, config: SMALL });
    run.parts.trainer.stepOnce();
    run.close();
  };
  for (let i = 0; i < 5; i++) cycle();
  const [bytes, threads] = [module.bytes, processThreads()];
  for (let i = 0; i < 1000; i++) cycle();
  t.diagnostic(`measured: ${module.bytes} bytes and ${processThreads()} threads after 1,000 cycles, ${bytes} and ${threads} before`);
  assert.equal(module.bytes, bytes);
  assert.equal(processThreads(), threads);
  module.close();
});

test('modules that are closed leave no threads behind', async () => {
  const before = processThreads();
  for (let i = 0; i < 20; i++) {
    const module = await loadModule({ threads: 3 });
    await present(module);
    module.close();
  }
  for (let i = 0; i < 100 && processThreads() > before + 1; i++) await rest(20);
  assert.ok(processThreads() <= before + 1, `${before} threads before, ${processThreads()} after`);
});
