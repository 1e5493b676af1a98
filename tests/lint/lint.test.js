// The rules and the tools behind `make lint` can fail.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RULES } from './rules.js';
import { codeOf, globalsOf, layerOf } from './text.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'folio-lint-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs a tool over a file of this text. @param {string} name @param {string} text @param {string[]} command */
function tool(name, text, [program, ...options]) {
  const path = join(folder, name);
  writeFileSync(path, text);
  const { status, stderr, stdout, error } = spawnSync(program, [...options, path], { cwd: ROOT, encoding: 'utf8' });
  if (error) throw error;
  return { status, said: stdout + stderr };
}

test('every rule refuses its cases', () => {
  for (const { name, files, check, refuses } of RULES) {
    assert.ok(refuses.length, `${name} has no case`);
    for (const [path, source] of refuses) {
      assert.match(path, files, name);
      assert.ok(check(source, path).length, `${name}: ${source}`);
    }
  }
});

test('comments and strings do not count as code', () => {
  assert.equal(codeOf('a /* malloc( */ b // exit(\nc').replace(/ +/g, ' '), 'a b \nc');
  assert.equal(codeOf('x = "// no comment";'), 'x = "// no comment";');
  assert.equal(codeOf('x = "exit(1)";', false), 'x = "       ";');
});

test('globals are told from constants, types and functions', () => {
  const fine = 'typedef struct { int x; } A;\nenum { N = 4 };\nstruct B;\nstatic const int T[] = {1};\nint f(int x);\nint f(int x) {\n    static const int K = 1;\n    int y = K;\n    return x + y;\n}\n';
  assert.deepEqual(globalsOf(fine), []);
  assert.deepEqual(globalsOf(`${fine}static int state = 0;\n`), [{ line: 11, text: 'static int state = 0' }]);
  assert.deepEqual(globalsOf('int g(void) {\n    static int calls;\n    return calls;\n}\n'), [{ line: 2, text: 'static int calls;' }]);
});

test('layers are found by name, by prefix and by folder', () => {
  assert.equal(layerOf('core/gemm_kernel.c'), layerOf('gemm.h'));
  assert.equal(layerOf('core/tokenizer/char.c'), layerOf('tokenizer/tokenizer.h'));
  assert.equal(layerOf('core/attention.c'), layerOf('ops.h'));
  assert.ok(layerOf('core/trainer.c') > layerOf('core/pass.c') && layerOf('core/pass.c') > layerOf('core/linear.c'));
  assert.equal(layerOf('core/surprise.c'), -1);
});

test('clang-format refuses a crooked line', () => {
  const command = ['clang-format', `--style=file:${join(ROOT, '.clang-format')}`, '--dry-run', '-Werror'];
  assert.equal(tool('good.c', 'int f(int x) { return x + 1; }\n', command).status, 0);
  assert.notEqual(tool('bad.c', 'int f( int x ){return x+1;}\n', command).status, 0);
});

for (const compiler of ['gcc', 'clang']) {
  test(`${compiler} refuses a narrowing, a shadow and an old prototype`, () => {
    const strict = spawnSync('make', ['--silent', '--no-print-directory', 'print-strict'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim().split(/\s+/);
    assert.ok(strict.includes('-Werror'), `flags: ${strict}`);
    const command = [compiler, ...strict, '-fsyntax-only'];
    assert.equal(tool('good.c', 'float f(float x);\nfloat f(float x) { return x * 2.0F; }\n', command).status, 0);
    assert.match(tool('narrow.c', 'int f(long x);\nint f(long x) { return x; }\n', command).said, /conversion/);
    assert.match(tool('shadow.c', 'int f(int x);\nint f(int x) { { int x = 1; (void)x; } return x; }\n', command).said, /shadow/);
    assert.match(tool('prototype.c', 'int f();\n', command).said, /prototype/);
  });
}

test('tsc refuses a wrong type in JSDoc', () => {
  const command = [join(ROOT, 'tests/node_modules/.bin/tsc'), '--ignoreConfig', '--allowJs', '--checkJs', '--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext'];
  assert.equal(tool('good.js', '/** @param {number} x */\nexport const f = (x) => x + 1;\n', command).status, 0);
  assert.notEqual(tool('bad.js', '/** @param {number} x */\nexport const f = (x) => x.length;\n', command).status, 0);
});
