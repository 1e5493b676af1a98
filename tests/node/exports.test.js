// Every module exports what wasm/exports.txt lists, imports nothing that a host would have to explain, and stays small.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const SIZE = 52_000; // bytes, compressed by gzip as a host sends it; 12 kB of them for the tokenizers, Unicode's classes included
const DIST = new URL('../../wasm/dist/', import.meta.url);
const listed = readFileSync(new URL('../../wasm/exports.txt', import.meta.url), 'utf8').trimEnd().split('\n');
const modules = readdirSync(DIST).filter((file) => file.endsWith('.wasm'));

/** The folio_ names of two lists that are not in both. @param {string[]} a @param {string[]} b */
const difference = (a, b) => [...a.filter((name) => !b.includes(name)), ...b.filter((name) => !a.includes(name))];

test('exports.txt is sorted, without duplicates, and all its names begin with folio_', () => {
  assert.deepEqual(listed, [...new Set(listed)].sort());
  for (const name of listed) assert.match(name, /^folio_\w+$/);
});

test('exports.txt lists the functions of abi*.c', () => {
  const folder = new URL('../../wasm/', import.meta.url);
  const source = readdirSync(folder).filter((file) => /^abi\w*\.c$/.test(file)).map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const defined = [...source.matchAll(/^(?!static)\w[\w *]*?\b(folio_\w+)\(/gm)].map(([, name]) => name);
  assert.deepEqual(difference(defined, listed), []);
});

test('the comparison sees a name too many and one too few', () => {
  assert.deepEqual(difference(['folio_a', 'folio_b'], ['folio_b', 'folio_c']), ['folio_a', 'folio_c']);
});

test('there is a module', () => assert.ok(modules.length > 0));

for (const file of modules) {
  const bytes = readFileSync(new URL(file, DIST));
  const module = new WebAssembly.Module(bytes);

  test(`${file} exports what is listed`, () => {
    const functions = WebAssembly.Module.exports(module).filter(({ kind, name }) => kind === 'function' && name.startsWith('folio_'));
    assert.deepEqual(difference(functions.map(({ name }) => name), listed), []);
  });

  test(`${file} imports nothing but the notice that memory has grown`, () => {
    const imports = WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`);
    assert.deepEqual(imports.filter((name) => name !== 'env.emscripten_notify_memory_growth'), []);
  });

  test(`${file} is sent in less than ${SIZE} bytes`, (t) => {
    const sent = gzipSync(bytes, { level: 9 }).length;
    t.diagnostic(`measured: ${file} ${bytes.length} bytes, ${sent} with gzip`);
    assert.ok(sent < SIZE, `${sent} bytes`);
  });
}
