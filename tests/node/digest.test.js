// One run, one digest: natively whatever the compiler and its effort, and in Node 20 and 26; tests/browser/digest.test.js adds the browsers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NODE_26 } from './engines.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** @type {import('../digest.js').Expected} */
const expected = JSON.parse(readFileSync(join(ROOT, 'tests/digest.json'), 'utf8'));
const preset = JSON.parse(readFileSync(join(ROOT, `models/presets/${expected.preset}.json`), 'utf8'));
const settings = Object.entries(preset).map(([key, value]) => `${key}=${value}`);

/** The last line of JSON that a program prints. @param {string} program @param {...string} options */
async function outcome(program, ...options) {
  const { stdout } = await promisify(execFile)(program, options, { cwd: ROOT, maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** @param {string} folder @param {...string} more */
const native = (folder, ...more) => outcome(join(ROOT, 'build', folder, 'train'), expected.text, ...settings, `steps=${expected.steps}`, ...more);

describe('natively', () => {
  for (const folder of ['native', 'clang']) {
    test(folder, async () => assert.equal((await native(folder)).digest, expected.sha256));
  }
});

test('natively without optimisation, which takes thirty times as long: the beginning of the same run', async () => {
  const { digest } = await native('native', 'steps=30');
  for (const folder of ['gcc-O0', 'clang-O0']) assert.equal((await native(folder, 'steps=30')).digest, digest, folder);
});

test('natively, carried to new objects halfway', async () => {
  assert.equal((await native('native', `resume=${expected.resume}`)).digest, expected.sha256);
});

test('natively, in whole numbers, with one thread and with 3', async () => {
  for (const threads of [1, 3]) assert.equal((await native('native', 'linear_dtype=int8', `threads=${threads}`)).digest, expected.int8, `${threads} threads`);
});

test('natively, with 2, 4 and 8 threads', async () => {
  for (const threads of [2, 4, 8]) assert.equal((await native('native', `threads=${threads}`)).digest, expected.sha256, `${threads} threads`);
});

test('in fast numerics: natively, and in Node 26 with 1, 2, 3, 4 and 8', { skip: !existsSync(NODE_26) && 'npm has no Node 26 for this machine' }, async () => {
  assert.equal((await native('fast', 'threads=3')).digest, expected.fast, 'natively');
  for (const threads of ['1', '2', '3', '4', '8']) {
    const options = ['train', '--preset', expected.preset, '--data', expected.text, '--steps', String(expected.steps), '--json', '--numerics', 'fast', '--threads', threads];
    assert.equal((await outcome(NODE_26, 'wasm/bin/folio.js', ...options)).digest, expected.fast, `Node 26, ${threads} threads`);
  }
});

test('natively, another seed gives another digest', async () => {
  assert.notEqual((await native('native', 'seed=2')).digest, expected.sha256);
});

for (const [name, node] of [[`Node ${process.version}`, process.execPath], ['Node 26', NODE_26]]) {
  const skip = !existsSync(node) && 'npm has no Node 26 for this machine';

  test(`${name}: the command line`, { skip }, async () => {
    const options = ['train', '--preset', expected.preset, '--data', expected.text, '--steps', String(expected.steps), '--json'];
    assert.equal((await outcome(node, 'wasm/bin/folio.js', ...options)).digest, expected.sha256);
  });

  test(`${name}: the worker, whole and resumed, and a sample`, { skip }, async () => {
    const { whole, resumed, int8, sample } = await outcome(node, 'tests/digest.js');
    assert.deepEqual({ whole, resumed, int8, sample }, { whole: expected.sha256, resumed: expected.sha256, int8: expected.int8, sample: expected.sample });
  });
}

const ODD = ['n_layer=2', 'n_embd=24', 'n_head=4', 'block_size=17', 'batch_size=3', 'warmup_iters=5', 'max_iters=25'];
const CHOICES = [
  ['position=rope', 'norm=rmsnorm', 'activation=swiglu', 'qk_norm=true', 'dropout=0.1', 'n_kv_head=2', 'bias=true'],
  ['position=alibi', 'activation=relu2', 'optimizer=sgd', 'schedule=wsd', 'gradient_accumulation_steps=2', 'tokenizer=byte'],
  ['position=sinusoidal', 'activation=relu', 'tie_weights=false', 'batching=epoch', 'embd_norm=true', 'conv_size=4', 'init=zero_proj', 'schedule=linear'],
  ['position=rope', 'activation=swiglu', 'n_kv_head=2', 'qk_norm=true', 'optimizer=muon', 'grad_clip=0', 'muon_momentum_iters=9', 'n_inner=53'],
  ['position=learned', 'bias=true', 'optimizer=muon', 'muon_heads=true', 'muon_method=polar_express', 'muon_steps=4', 'weight_decay=0.3', 'gradient_accumulation_steps=2'],
  ['linear_dtype=int8', 'position=rope', 'activation=swiglu', 'n_kv_head=2', 'bias=true', 'optimizer=muon', 'dropout=0.1', 'n_inner=53'],
  ['position=none', 'causal=false', 'norm_affine=false', 'schedule=constant', 'attn_scale=0.1', 'batching=epoch', 'shuffle=false', 'drop_last=false'],
];
for (const choices of CHOICES) {
  test(`gcc, clang and WebAssembly agree on ${choices.join(' ')}`, async () => {
    const options = ['train', '--preset', expected.preset, '--data', expected.text, '--json', ...[...ODD, ...choices].flatMap((setting) => ['--set', setting])];
    const config = [...settings, ...ODD, ...choices];
    const gcc = await outcome(join(ROOT, 'build/native/train'), expected.text, ...config);
    const clang = await outcome(join(ROOT, 'build/clang/train'), expected.text, ...config);
    const wasm = await outcome(process.execPath, 'wasm/bin/folio.js', ...options);
    assert.deepEqual([clang.digest, wasm.digest], [gcc.digest, gcc.digest]);
  });
}

test('whole numbers in fast numerics: natively and in Node 26', { skip: !existsSync(NODE_26) && 'npm has no Node 26 for this machine' }, async () => {
  const choices = [...ODD, 'linear_dtype=int8', 'n_embd=72'];
  const given = ['train', '--preset', expected.preset, '--data', expected.text, '--json', '--numerics', 'fast', '--threads', '2', ...choices.flatMap((setting) => ['--set', setting])];
  const fast = await outcome(join(ROOT, 'build/fast/train'), expected.text, ...settings, ...choices, 'threads=2');
  assert.equal((await outcome(NODE_26, 'wasm/bin/folio.js', ...given)).digest, fast.digest);
});
