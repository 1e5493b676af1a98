// run.js - all tests: node tests/run.js [PART OF A SUITE'S NAME ...]
// Prints a line a suite and closes with "N passed, N failed"; a suite that fails prints what it said. One suite a core runs at a time, the
// slowest first, and a fuzzer beside them, whose time is set; one whose file has a line "// alone: why" runs by itself at the end. The exit status is
// the verdict.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TIMES = join(ROOT, 'build', 'test-times.json'); // seconds a suite took last, by name
const LIMIT = 300_000; // ms a suite may take

/** @typedef {{name: string, command: string[], alone: boolean, read: (output: string) => Counts}} Suite */
/** @typedef {{passed: number, failed: number, skipped: number, notes: string[]}} Counts */

/** What `node --test` says in TAP: counts, the reasons of skipped tests, and the figures that tests report. @param {string} tap @returns {Counts} */
function readTap(tap) {
  const count = (/** @type {string} */ key) => Number(tap.match(new RegExp(`^# ${key} (\\d+)$`, 'm'))?.[1] ?? 0);
  const skips = [...tap.matchAll(/^ *ok \d+ - (.*) # SKIP ?(.*)$/gm)].map(([, name, reason]) => `skipped: ${name}: ${reason || 'no reason given'}`);
  const figures = [...tap.matchAll(/^ *# (measured: .*)$/gm)].map(([, text]) => text);
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped'), notes: [...figures, ...skips] };
}

/** What a C test or lint says last: "N passed, N failed"; without it, the whole suite is one test. @param {string} output @returns {Counts} */
function readSum(output) {
  const [, passed = 1, failed = 0] = output.match(/(\d+) passed, (\d+) failed\s*$/) ?? [];
  return { passed: Number(passed), failed: Number(failed), skipped: 0, notes: [] };
}

/** @param {string} folder @param {RegExp} pattern */
const filesIn = (folder, pattern) => (existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)).filter((file) => pattern.test(file)).sort() : []);

/** @returns {Suite[]} */
function allSuites() {
  const suites = [{ name: 'lint', command: ['make', '--silent', '--no-print-directory', 'lint'], alone: false, read: readSum }];
  for (const file of filesIn('tests/core', /_test\.c$/)) {
    for (const [name, folder] of [['core', 'native'], ['asan', 'asan']]) {
      suites.push({ name: `${name}/${basename(file, '_test.c')}`, command: [join('build', folder, basename(file, '.c'))], alone: false, read: readSum });
    }
  }
  for (const file of filesIn('tests/fuzz', /_fuzz\.c$/)) {
    const target = join('build', 'fuzz', basename(file, '.c'));
    suites.push({ name: `fuzz/${basename(file, '_fuzz.c')}`, command: [process.execPath, 'tests/fuzz/run.js', target, process.env.CI ? '60' : '5'], alone: false, read: readSum });
  }
  for (const folder of ['lint', 'node', 'parity', 'browser']) {
    for (const file of filesIn(join('tests', folder), /\.test\.js$/)) {
      const path = join('tests', folder, file);
      const reporters = ['spec', 'stderr', 'tap', 'stdout'].map((value, i) => `--test-reporter${i % 2 ? '-destination' : ''}=${value}`);
      const alone = /^\/\/ alone:/m.test(readFileSync(join(ROOT, path), 'utf8'));
      suites.push({ name: `${folder}/${basename(file, '.test.js')}`, command: [process.execPath, '--test', ...reporters, path], alone, read: readTap });
    }
  }
  return suites;
}

/** Runs a command to its end, in a process group of its own so that nothing it started survives it. @param {string[]} command */
function execute([program, ...parameters]) {
  // A make above this program has job slots that a make below cannot reach.
  const { MAKEFLAGS, MAKELEVEL, MFLAGS, ...env } = process.env;
  return new Promise((/** @type {(result: {code: number, stdout: string, all: string}) => void} */ done) => {
    let stdout = '';
    let all = '';
    const child = spawn(program, parameters, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => {
      try {
        process.kill(-Number(child.pid), 'SIGKILL');
      } catch {
        // The group has ended by itself.
      }
    };
    const timer = setTimeout(() => ((all += `\nstopped after ${LIMIT / 1000} s\n`), end()), LIMIT);
    running.add(end);
    child.stdout.setEncoding('utf8').on('data', (text) => ((stdout += text), program === process.execPath || (all += text)));
    child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
    child.on('error', (error) => (all += `${program}: ${error.message}\n`));
    child.on('close', (code) => {
      clearTimeout(timer);
      end();
      running.delete(end);
      done({ code: code ?? 1, stdout, all });
    });
  });
}

/** @type {Set<() => void>} */
const running = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    for (const end of running) end();
    process.exit(130);
  });
}

/** @type {Record<string, number>} */
const times = existsSync(TIMES) ? JSON.parse(readFileSync(TIMES, 'utf8')) : {};
const sum = { passed: 0, failed: 0, skipped: 0 };

/** What a suite said, without node's lines on what went well and its second list of what did not. @param {string} said */
function troubles(said) {
  const [first] = said.split('\n✖ failing tests:');
  const lines = first.split('\n').filter((line) => !/^\s*[✔ℹ]|^\s*$/.test(line));
  return lines.map((line) => `     | ${line}`).join('\n');
}

/** @param {Suite} suite */
async function run({ name, command, read }) {
  const start = performance.now();
  const { code, stdout, all } = await execute(command);
  const counts = read(stdout);
  if (code !== 0 && !counts.failed) Object.assign(counts, { passed: counts.passed - (read === readSum ? 1 : 0), failed: 1 });
  const seconds = (performance.now() - start) / 1000;
  times[name] = Number(seconds.toFixed(1));
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) sum[key] += counts[key];
  const said = [`${counts.passed} passed`, counts.failed && `${counts.failed} failed`, counts.skipped && `${counts.skipped} skipped`];
  console.log(`${counts.failed ? 'FAIL' : 'ok  '} ${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s  ${said.filter(Boolean).join(', ')}`);
  for (const note of counts.notes) console.log(`       ${note}`);
  if (counts.failed) console.log(troubles(all));
}

const parts = process.argv.slice(2);
const suites = allSuites()
  .filter(({ name }) => !parts.length || parts.some((part) => name.includes(part)))
  .sort((a, b) => (times[b.name] ?? Infinity) - (times[a.name] ?? Infinity) || 0);
const isFuzzer = (/** @type {Suite} */ { name }) => name.startsWith('fuzz/');
const together = suites.filter((suite) => !suite.alone && !isFuzzer(suite));
const start = performance.now();
/** One after the other. @param {Suite[]} queue */
const work = async (queue) => {
  for (let suite = queue.shift(); suite; suite = queue.shift()) await run(suite);
};
await Promise.all([...Array.from({ length: availableParallelism() }, () => work(together)), work(suites.filter(isFuzzer))]);
for (const suite of suites.filter(({ alone }) => alone)) await run(suite);

mkdirSync(join(ROOT, 'build'), { recursive: true });
writeFileSync(TIMES, JSON.stringify(times, null, 1));
if (!suites.length) console.log(`no suite has a name with ${parts.join(' or ')}`);
console.log(`${suites.length} suites in ${((performance.now() - start) / 1000).toFixed(0)} s`);
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed || !suites.length ? 1 : 0;
