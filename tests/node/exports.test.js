// Every module exports what wasm/exports.txt lists, imports nothing that a host would have to explain, and stays small.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { NODE_26 } from './engines.js';

const SIZE = 65_536; // bytes of a module as it is
const HOST = ['env.emscripten_notify_memory_growth', 'env.folio_now'];
const DIST = new URL('../../wasm/dist/', import.meta.url);
const read = (/** @type {string} */ list) => readFileSync(new URL(`../../wasm/${list}.txt`, import.meta.url), 'utf8').trimEnd().split('\n');
const LISTS = { exports: read('exports'), text: read('exports_text'), inspect: read('exports_inspect') };
/** What a module should export: the tokenizers' and the one that looks into a model have lists of their own. @param {string} file */
const listFor = (file) => LISTS[file === 'folio-text.wasm' ? 'text' : file === 'folio-inspect.wasm' ? 'inspect' : 'exports'];

/** What a module exports and imports. Not every engine compiles every module: a newer Node looks at those that this one cannot. @param {string} file */
function interfaceOf(file) {
  const path = fileURLToPath(new URL(file, DIST));
  const look = `const module = new WebAssembly.Module(require('fs').readFileSync(${JSON.stringify(path)}));
    console.log(JSON.stringify({ exports: WebAssembly.Module.exports(module), imports: WebAssembly.Module.imports(module) }))`;
  const node = WebAssembly.validate(readFileSync(path)) ? process.execPath : NODE_26;
  return /** @type {{exports: WebAssembly.ModuleExportDescriptor[], imports: WebAssembly.ModuleImportDescriptor[]}} */ (JSON.parse(execFileSync(node, ['-e', look], { encoding: 'utf8' })));
}

const modules = readdirSync(DIST).filter((file) => file.endsWith('.wasm'));

/** The folio_ names of two lists that are not in both. @param {string[]} a @param {string[]} b */
const difference = (a, b) => [...a.filter((name) => !b.includes(name)), ...b.filter((name) => !a.includes(name))];

test('the lists are sorted, without duplicates, and all their names begin with folio_', () => {
  for (const listed of Object.values(LISTS)) {
    assert.deepEqual(listed, [...new Set(listed)].sort());
    for (const name of listed) assert.match(name, /^folio_\w+$/);
  }
});

test('the lists name the functions of the ABI', () => {
  const folder = new URL('../../wasm/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.c'));
  const source = files.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const defined = [...source.matchAll(/^(?!static)\w[\w *]*?\b(folio_\w+)\(/gm)].map(([, name]) => name);
  assert.deepEqual(difference(defined, [...new Set(Object.values(LISTS).flat())]), []);
});

test('the comparison sees a name too many and one too few', () => {
  assert.deepEqual(difference(['folio_a', 'folio_b'], ['folio_b', 'folio_c']), ['folio_a', 'folio_c']);
});

test('there is a module', () => assert.ok(modules.length > 0));

for (const file of modules) {
  const bytes = readFileSync(new URL(file, DIST));
  const { exports, imports: needed } = interfaceOf(file);

  test(`${file} exports what is listed`, () => {
    const functions = exports.filter(({ kind, name }) => kind === 'function' && name.startsWith('folio_'));
    assert.deepEqual(difference(functions.map(({ name }) => name), listFor(file)), []);
  });

  test(`${file} imports nothing but the notice that memory has grown, a clock to measure with, and shared memory`, () => {
    const imports = needed.map(({ module: from, name }) => `${from}.${name}`);
    assert.deepEqual(imports.filter((name) => !HOST.includes(name) && !(file.includes('threads') && name === 'env.memory')), []);
  });

  test(`${file} stays under ${SIZE} bytes`, (t) => {
    const sent = gzipSync(bytes, { level: 9 }).length;
    t.diagnostic(`measured: ${file} ${bytes.length} bytes, ${sent} with gzip`);
    assert.ok(bytes.length < SIZE, `${bytes.length} bytes`);
  });
}
