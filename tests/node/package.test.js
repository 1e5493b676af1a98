// The package as npm will have it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VERSION } from '../../wasm/src/version.js';

const folder = new URL('../../wasm/', import.meta.url);
const json = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));

test('no dependencies, no scripts that run at install', () => {
  assert.equal(json.name, 'folio-gpt');
  assert.ok(!Object.keys(json).some((key) => /dependencies/i.test(key)));
  assert.deepEqual(Object.keys(json.scripts ?? {}).filter((name) => /install|prepare|^pre$/.test(name)), []);
});

test('the version stands once more in the code', () => assert.equal(VERSION, json.version));

test('every file that package.json names is there', () => {
  const targets = Object.entries(json.exports).flatMap(([key, value]) => (key.includes('*') ? [] : typeof value === 'string' ? [value] : Object.values(value)));
  for (const path of [...targets, ...Object.values(json.bin)]) assert.ok(existsSync(new URL(path, folder)) || path.startsWith('./types/'), path);
});

test('the package is found by its name and works', async () => {
  const { createRequire } = await import('node:module');
  const require = createRequire(new URL('src/folio.js', folder));
  const { load, FolioError } = await import(require.resolve('folio-gpt'));
  assert.equal((await load()).info().version, json.version);
  for (const path of ['run', 'client', 'checkpoint', 'safetensors', 'worker', 'link', 'package.json']) assert.ok(require.resolve(`folio-gpt/${path}`));
  assert.equal(FolioError.name, 'FolioError');
});
