// alone: it builds, and trains for five seconds, into which an evaluation has to fit
// Every sh and js block of README.md runs, in a copy of the project. One that cannot (it waits, or takes minutes) has the comment
// "<!-- not run: reason -->" above it; it is skipped with that reason. `make run` trains only a few steps here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT = 120_000; // ms a block may take

/** @typedef {{language: string, line: number, code: string, notRun: string | null}} Block */

/** The blocks of a Markdown text that are meant to be run. @param {string} markdown @returns {Block[]} */
function blocksOf(markdown) {
  const fence = /^(?:<!-- not run: (.+?) -->\n+)?```(sh|js)\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(fence)].map(({ 0: text, 1: notRun = null, 2: language, 3: code, index }) => ({
    language,
    line: markdown.slice(0, index + text.indexOf('```')).split('\n').length,
    code,
    notRun,
  }));
}

/** Runs a block in a folder, with the package to be found by its name. @param {Block} block @param {string} folder */
function run({ language, code, line }, folder) {
  const { MAKEFLAGS, MAKELEVEL, MFLAGS, NODE_TEST_CONTEXT, ...env } = process.env;
  /** @type {import('node:child_process').SpawnSyncOptionsWithStringEncoding} */
  const options = { cwd: folder, env: { ...env, STEPS: '20' }, encoding: 'utf8', timeout: LIMIT, stdio: ['ignore', 'pipe', 'pipe'] };
  if (language === 'sh') return spawnSync('sh', ['-eu', '-c', code], options);
  const file = join(folder, `readme-${line}.mjs`);
  writeFileSync(file, code);
  return spawnSync(process.execPath, [file], options);
}

let copy = '';
before(() => {
  copy = mkdtempSync(join(tmpdir(), 'folio-readme-'));
  const skipped = /^(\.git|tests\/node_modules|build\/(asan|check|clang|fuzz|gcc).*|node_modules)$/; // other suites write to some of these meanwhile
  cpSync(ROOT, copy, { recursive: true, preserveTimestamps: true, filter: (path) => !skipped.test(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'tests/node_modules'), join(copy, 'tests/node_modules'));
  mkdirSync(join(copy, 'node_modules'));
  symlinkSync(join(copy, 'wasm'), join(copy, 'node_modules/folio-gpt'));
});
after(() => rmSync(copy, { recursive: true }));

test('blocks are found, with their line and the reason not to run them', () => {
  const text = 'a\n```sh\nls\n```\n\n<!-- not run: it waits -->\n```js\nwait();\n```\n```text\nno\n```\n';
  assert.deepEqual(blocksOf(text), [
    { language: 'sh', line: 2, code: 'ls\n', notRun: null },
    { language: 'js', line: 7, code: 'wait();\n', notRun: 'it waits' },
  ]);
});

test('a block that fails is seen to fail', () => {
  const block = { line: 0, notRun: null };
  assert.notEqual(run({ ...block, language: 'sh', code: 'false\ntrue\n' }, copy).status, 0);
  assert.notEqual(run({ ...block, language: 'js', code: 'throw new Error("no");\n' }, copy).status, 0);
  assert.equal(run({ ...block, language: 'sh', code: 'test -f Makefile\n' }, copy).status, 0);
});

const blocks = blocksOf(readFileSync(join(ROOT, 'README.md'), 'utf8'));

test('README.md has commands and snippets, most of which run', () => {
  assert.ok(blocks.some(({ language, notRun }) => language === 'js' && !notRun), 'no js block runs');
  assert.ok(blocks.some(({ language, notRun }) => language === 'sh' && !notRun), 'no sh block runs');
});

for (const block of blocks) {
  test(`README.md:${block.line}: ${block.code.split('\n', 1)[0]}`, (t) => {
    if (block.notRun) return t.skip(block.notRun);
    const { status, stdout, stderr, error } = run(block, copy);
    assert.equal(status, 0, `${error?.message ?? ''}\n${stdout}\n${stderr}`);
  });
}
