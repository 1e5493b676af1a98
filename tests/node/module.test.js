// Loading the module: from everywhere it may come from, and what is said when it is something else; traps; closed objects.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { VARIANTS, chooseVariants, features } from '../../wasm/src/features.js';
import { load } from '../../wasm/src/folio.js';
import { loadModule } from '../../wasm/src/loader.js';
import { out } from '../../wasm/src/module.js';
import { SMALL, TEXT } from './text.js';

const file = new URL('../../wasm/dist/folio-simd128.wasm', import.meta.url);
const bytes = readFileSync(file);
const folder = mkdtempSync(join(tmpdir(), 'folio-module-'));
after(() => rmSync(folder, { recursive: true }));

const server = createServer((request, response) => {
  if (request.url === '/folio.wasm') response.setHeader('content-type', 'application/wasm').end(bytes);
  else response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'text/html' }).end('<!doctype html><title>Not here</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const base = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
after(() => server.close());

/** @param {any} folio */
const works = (folio) => assert.equal(folio.config().n_layer, 4);

test('the package finds its own file', async () => works(await load()));
test('and does not have Node load all of fetch for it', async () => {
  const own = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, 'Response'));
  Object.defineProperty(globalThis, 'Response', { configurable: true, get: () => assert.fail('Response was asked for') });
  try {
    works(await load());
  } finally {
    Object.defineProperty(globalThis, 'Response', own);
  }
});
test('a URL', async () => works(await load({ wasm: file })));
test('a URL as text', async () => works(await load({ wasm: file.href })));
test('a path', async () => {
  writeFileSync(join(folder, 'copy.wasm'), bytes);
  works(await load({ wasm: join(folder, 'copy.wasm') }));
});
test('a URL on a server', async () => works(await load({ wasm: `${base}/folio.wasm` })));
test('a Response', async () => works(await load({ wasm: await fetch(`${base}/folio.wasm`) })));
test('bytes', async () => works(await load({ wasm: new Uint8Array(bytes) })));
test('a buffer', async () => works(await load({ wasm: new Uint8Array(bytes).buffer })));
test('a part of a buffer', async () => {
  const whole = new Uint8Array(bytes.length + 20);
  whole.set(bytes, 10);
  works(await load({ wasm: whole.subarray(10, 10 + bytes.length) }));
});
test('a compiled module', async () => works(await load({ wasm: new WebAssembly.Module(bytes) })));
test('a variant by name', async () => assert.equal((await load({ variant: 'simd128' })).info().variant, 'simd128'));
test('a module with threads from elsewhere', async () => {
  const folio = await load({ wasm: new URL('../../wasm/dist/folio-simd128-threads.wasm', import.meta.url), threads: 3 });
  assert.equal(folio.info().variant, 'simd128-threads');
  assert.equal(folio.info().threads, 3);
  works(folio);
});

test('HTML instead of a module: the error says which URL returned what', async () => {
  const wanted = { name: 'FolioError', code: 'WASM', op: 'load' };
  await assert.rejects(load({ wasm: `${base}/other` }), { ...wanted, message: new RegExp(`${base}/other \\(status 200, text/html\\) returned \\d+ bytes beginning with '<!doctype html>`) });
  await assert.rejects(load({ wasm: `${base}/missing` }), { ...wanted, message: /\/missing \(status 404, text\/html\)/ });
  await assert.rejects(fetch(`${base}/other`).then((wasm) => load({ wasm })), { ...wanted, message: /\/other \(status 200/ });
});

test('whatever is no module is refused by name', async () => {
  const refused = (/** @type {any} */ wasm, /** @type {RegExp} */ message) => assert.rejects(load({ wasm }), { code: 'WASM', message });
  await refused(join(folder, 'nothing.wasm'), /nothing\.wasm could not be read: .*ENOENT/);
  await refused('http://127.0.0.1:1/folio.wasm', /could not be read/);
  await refused(new Uint8Array(0), /returned 0 bytes/);
  await refused(new Uint8Array(bytes.subarray(0, 1000)), /damaged/);
  await refused(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), /not Folio's/);
  await assert.rejects(load({ variant: 'quantum' }), { code: 'WASM', message: /no module 'quantum' \(known: simd128, dot, relaxed, simd128-threads, dot-threads, relaxed-threads\)/ });
});

test('this engine is known', () => {
  assert.equal(features().simd, true);
  assert.equal(features().threads, true);
});

const ALL = { simd: true, relaxedSimd: true, threads: true };
/** @param {Parameters<typeof chooseVariants>[0]} wish @param {Partial<typeof ALL>} [here] */
const first = (wish, here) => chooseVariants(wish, { ...ALL, ...here }).variants[0]?.name;

test('the module that suits a wish is chosen, and what cannot be had is left out with a reason', () => {
  assert.equal(first({ threads: 2 }), 'dot-threads');
  assert.equal(first({ threads: 1 }), 'dot');
  assert.equal(first({ threads: 2 }, { relaxedSimd: false }), 'simd128-threads');
  assert.equal(first({ threads: 1 }, { relaxedSimd: false }), 'simd128');
  assert.equal(first({ threads: 2 }, { threads: false }), 'dot');
  assert.equal(first({ threads: 1, numerics: 'fast' }), 'relaxed');
  assert.equal(first({ threads: 4, numerics: 'fast' }), 'relaxed-threads');
  assert.equal(first({ threads: 4, numerics: 'fast' }, { relaxedSimd: false }), 'simd128-threads');
  assert.equal(first({ threads: 4, numerics: 'fast' }, { threads: false }), 'relaxed');
  assert.equal(first({ threads: 4 }, { threads: false, relaxedSimd: false }), 'simd128');
  assert.equal(first({}, { simd: false }), undefined);
  assert.equal(first({ variant: 'quantum' }), undefined);
  assert.deepEqual(chooseVariants({ numerics: 'fast', threads: 2 }, ALL).notes, []);
  assert.match(chooseVariants({ numerics: 'fast', threads: 1 }, { ...ALL, relaxedSimd: false }).notes.join(), /no relaxed SIMD/);
  assert.match(chooseVariants({ threads: 2 }, { ...ALL, threads: false }).notes.join(), /one thread: /);
  assert.equal(chooseVariants({ threads: 2 }, { ...ALL, threads: false }).threads, 1);
});

test('every module loads by name where the engine has what it needs, and tells what it is', async () => {
  const here = features();
  for (const { name, needs, numerics, threads } of VARIANTS) {
    if (!needs.every((need) => here[need])) continue;
    const folio = await load({ variant: name, threads: 2 });
    assert.deepEqual({ variant: folio.info().variant, numerics: folio.info().numerics, threads: folio.info().threads }, { variant: name, numerics, threads: threads ? 2 : 1 });
    folio.close();
  }
});

test('what is no number of threads, and no numerics, is refused by name', async () => {
  for (const threads of [0, 65, 1.5, NaN, 'many']) await assert.rejects(load({ threads: /** @type {any} */ (threads) }), { code: 'ARGUMENT', message: new RegExp(`threads is ${JSON.stringify(threads)}`) });
  await assert.rejects(load({ numerics: /** @type {any} */ ('wrong') }), { code: 'ARGUMENT', message: /numerics is 'wrong'/ });
});

test('info tells what runs', async () => {
  const { version, variant, threads, numerics, notes, memory_bytes } = (await load({ threads: 1 })).info();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual({ variant, threads, numerics, notes }, { variant: 'simd128', threads: 1, numerics: 'exact', notes: [] });
  assert.ok(memory_bytes > 0 && memory_bytes % 65536 === 0);
});

test('a closed module refuses every call', async () => {
  const folio = await load();
  folio.close();
  assert.equal(folio.alive, false);
  assert.throws(() => folio.config(), { code: 'CLOSED' });
});

test('after a trap the module is dead, and says so to every call', async () => {
  const module = await loadModule();
  const wild = 0xfffffff0;
  assert.throws(() => module.call('trainer_advance', wild), { code: 'DEAD', message: /trapped in folio_trainer_advance/ });
  assert.equal(module.alive, false);
  assert.throws(() => module.call('setting_count'), { code: 'DEAD' });
});

test('an unknown function is a trap, not a silence', async () => {
  const module = await loadModule();
  assert.throws(() => module.call('no_such_thing'), { code: 'DEAD' });
});

test('arrays go in, and come back where they are to be written', async () => {
  const module = await loadModule();
  const which = new Int32Array(1);
  const values = new Float64Array(module.call('setting_count'));
  assert.throws(() => module.check('config', 'config_check', [values, out(which)], (code) => `${code} at ${which[0]}`),
    { code: 'RANGE', message: 'config: a setting is outside its range: RANGE at 0' });
});

test('a closed object is refused by name; closing twice is nothing', async () => {
  const folio = await load();
  const model = folio.model(SMALL);
  model.close();
  model.close();
  assert.throws(() => model.params, { code: 'CLOSED' });
  assert.throws(() => model.logits([0], 1, 1), { code: 'CLOSED' });
});

test('an object of another instance is refused', async () => {
  const [one, other] = [await load(), await load()];
  const tokenizer = one.tokenizer.train('char', TEXT);
  const config = one.config({ ...SMALL, vocab_size: tokenizer.vocabSize });
  const dataset = one.dataset(config, tokenizer.encode(TEXT));
  assert.throws(() => other.trainer(one.model(config), dataset, config), { code: 'ARGUMENT', message: /another instance/ });
});

test('what an object was made from lives as long as the object', async () => {
  const folio = await load();
  const tokenizer = folio.tokenizer.train('char', TEXT);
  const config = folio.config({ ...SMALL, vocab_size: tokenizer.vocabSize });
  const model = folio.model(config);
  const dataset = folio.dataset(config, tokenizer.encode(TEXT));
  const trainer = folio.trainer(model, dataset, config);
  const expected = trainer.stepOnce().loss;
  trainer.step = 0;
  model.close();
  dataset.close();
  for (let i = 0; i < 5; i++) folio.model({ ...config, seed: i }).close();
  assert.ok(Number.isFinite(trainer.stepOnce().loss) && expected > 0);
  assert.throws(() => folio.trainer(model, dataset, config), { code: 'CLOSED' });
});
