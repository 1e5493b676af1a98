// Loading the module: from everywhere it may come from, and what is said when it is something else; traps; closed objects.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { features, chooseVariant } from '../../wasm/src/features.js';
import { load } from '../../wasm/src/folio.js';
import { loadModule, out } from '../../wasm/src/module.js';
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
  await assert.rejects(load({ variant: 'quantum' }), { code: 'WASM', message: /no module 'quantum' \(known: simd128\)/ });
});

test('this engine is known', () => {
  assert.equal(features().simd, true);
  assert.equal(chooseVariant()?.name, 'simd128');
  assert.equal(chooseVariant('quantum'), undefined);
});

test('info tells what runs', async () => {
  const { version, variant, threads, numerics, memory_bytes } = (await load()).info();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual({ variant, threads, numerics }, { variant: 'simd128', threads: 1, numerics: 'exact' });
  assert.ok(memory_bytes > 0 && memory_bytes % 65536 === 0);
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
