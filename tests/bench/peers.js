// peers.js - Folio and PyTorch by turns in the same minutes, the same model, the same number of threads: node tests/bench/peers.js [ROUNDS]
// Prints two rows a size, Folio's linear layers in floats and in whole numbers: tokens per second of each (median of the rounds) and the ratio, pair by
// pair. PyTorch, in floats, runs with its BLAS on one thread and on all of them, and the better one counts.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 3);
const threads = Math.min(2, availableParallelism());

const preset = (/** @type {string} */ name) => JSON.parse(readFileSync(`${ROOT}/models/presets/${name}.json`, 'utf8'));
/** @type {[string, string, Record<string, number>][]} name, preset, changes */
const SIZES = [
  ['0.8 M: nanogpt-cpu', 'nanogpt-cpu', {}],
  ['3 M: 6 layers, 192 channels, context 128', 'nanogpt-cpu', { n_layer: 6, n_head: 6, n_embd: 192, block_size: 128 }],
  ['10 M: nanogpt-gpu with batch 4', 'nanogpt-gpu', { batch_size: 4 }],
];

/** @param {string} program @param {string[]} options @param {NodeJS.ProcessEnv} [env] */
const json = (program, options, env) => JSON.parse(execFileSync(program, options, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 1 << 24 }));

/** @param {string} name @param {Record<string, number | string>} changes @returns {number} */
function folio(name, changes) {
  const set = Object.entries(changes).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  return json(NODE, ['wasm/bin/folio.js', 'bench', '--preset', name, ...set, '--numerics', 'fast', '--threads', String(threads), '--json', '--step-only']).step.tokens_per_second;
}

/** @param {Record<string, number>} settings @returns {number} */
function torch(settings) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('OPENBLAS_')));
  const given = JSON.stringify({ vocab_size: 65, ...settings, threads, seconds: 4 });
  return Math.max(...['1', String(threads)].map((blas) => json('/usr/bin/python3', ['tests/bench/peers.py', given], { ...env, OPENBLAS_NUM_THREADS: blas }).tokens_per_second));
}

const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const words = (/** @type {number} */ value) => Math.round(value).toLocaleString('en-US').padStart(8);

console.log(`tokens/s, ${threads} threads, median of ${ROUNDS} rounds`);
for (const [label, name, changes] of SIZES) {
  const ours = { float32: /** @type {number[]} */ ([]), int8: /** @type {number[]} */ ([]) };
  /** @type {number[]} */
  const theirs = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const dtype of /** @type {const} */ (['float32', 'int8'])) ours[dtype].push(folio(name, { ...changes, linear_dtype: dtype }));
    theirs.push(torch({ ...preset(name), ...changes }));
  }
  for (const [dtype, rates] of Object.entries(ours)) {
    const ratios = rates.map((value, i) => value / theirs[i]);
    const spread = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} - ${Math.max(...ratios).toFixed(2)})`;
    console.log(`${label.padEnd(44)} Folio, ${dtype.padEnd(7)} ${words(median(rates))}  PyTorch ${words(median(theirs))}  ratio ${spread}`);
  }
}
