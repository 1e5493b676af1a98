// record.js - what is learnt in how many seconds, beside PyTorch in the same session:
//   node tests/bench/record.js [PRESET[@STEPS] ...] [seeds=1337,1,2] [torch=no] [chromium=no]
// Every run is a process of its own, on two threads in `fast` numerics, on tiny Shakespeare; the clock runs from the start of the process (in Chromium: of an
// empty page) to the loss over the whole validation part. PyTorch trains nanoGPT's CPU recipe; its clock starts when its modules are loaded.
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { launchChromium } from '../browser/engines.js';
import { ISOLATED, serve } from '../browser/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const TEXT = `${ROOT}/build/data/tinyshakespeare.txt`;
const options = Object.fromEntries(process.argv.slice(2).filter((word) => word.includes('=')).map((word) => word.split('=')));
const named = process.argv.slice(2).filter((word) => !word.includes('='));
// The first is a race to 1.88, what nanoGPT's README gives for its CPU recipe: judged once, at its end.
const runs = (named.length ? named : ['shakespeare-5s@720', 'shakespeare-15s', 'shakespeare-90s', 'shakespeare']).map((word) => {
  const [preset, steps] = word.split('@');
  /** @type {Changes} */
  const changes = steps ? { max_iters: Number(steps), eval_interval: 0 } : {};
  return { word, preset, changes };
});
const seeds = (options.seeds ?? '1337').split(',').map(Number);
const threads = Math.min(2, availableParallelism());

/** @typedef {{val_loss: number, seconds: number, digest: string}} Result seconds: of everything */
/** @typedef {Record<string, number>} Changes settings */

const readPreset = (/** @type {string} */ name) => JSON.parse(readFileSync(`${ROOT}/models/presets/${name}.json`, 'utf8'));

/** nanoGPT's recipe. @returns {{val_loss: number, seconds: number[]}} seconds: after each quarter of its 2,000 steps */
function torch() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('OPENBLAS_')));
  const given = JSON.stringify({ vocab_size: 65, ...readPreset('nanogpt-cpu'), threads, data: TEXT, steps: 2000 });
  return JSON.parse(execFileSync('/usr/bin/python3', ['tests/bench/peers.py', given], { cwd: ROOT, env: { ...env, OPENBLAS_NUM_THREADS: '1' }, encoding: 'utf8' }));
}

/** @param {string} preset @param {Changes} changes @returns {Promise<Result>} */
async function inNode(preset, changes) {
  const start = performance.now();
  const set = Object.entries(changes).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const given = ['train', '--preset', preset, ...set, '--data', TEXT, '--numerics', 'fast', '--threads', String(threads), '--json'];
  const { stdout } = await promisify(execFile)(NODE, ['wasm/bin/folio.js', ...given], { cwd: ROOT, maxBuffer: 1 << 28 });
  const { val_loss, digest } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { val_loss, digest, seconds: (performance.now() - start) / 1000 };
}

/** @param {string} preset @param {Changes} changes @returns {Promise<Result>} */
async function inChromium(preset, changes) {
  const page = await (await browser.newContext()).newPage();
  await page.goto('about:blank');
  const start = performance.now();
  await page.goto(`${server.url}tests/bench/speed.html`);
  await page.waitForFunction(() => 'learn' in globalThis);
  const request = { preset: { ...readPreset(preset), ...changes }, textUrl: '/build/data/tinyshakespeare.txt', numerics: 'fast', threads };
  const { val_loss, digest } = await page.evaluate((given) => /** @type {any} */ (globalThis).learn(given), request);
  const seconds = (performance.now() - start) / 1000;
  await page.context().close();
  return { val_loss, digest, seconds };
}

const server = await serve(ROOT, { headers: ISOLATED });
const browser = await launchChromium();
const peer = options.torch === 'no' ? null : torch();
if (peer) {
  const [, , quarters, all] = peer.seconds;
  console.log(`PyTorch, nanoGPT's CPU recipe: validation loss ${peer.val_loss.toFixed(4)}; 1,500 steps in ${quarters.toFixed(1)} s, 2,000 in ${all.toFixed(1)} s`);
}
console.log(`preset               seed  where       loss  seconds${peer ? "  of PyTorch's 1,500 and 2,000 steps" : ''}  digest`);
for (const { word, preset, changes } of runs) {
  for (const seed of seeds) {
    for (const [where, learn] of /** @type {const} */ ([['Node', inNode], ['Chromium', inChromium]])) {
      if (where === 'Chromium' && options.chromium === 'no') continue;
      const { val_loss, seconds, digest } = await learn(preset, { ...changes, seed });
      const ratios = peer ? `  x ${(seconds / peer.seconds[2]).toFixed(2)}, x ${(seconds / peer.seconds[3]).toFixed(2)}` : '';
      const row = [word.padEnd(19), String(seed).padStart(5), where.padEnd(8), val_loss.toFixed(4), seconds.toFixed(1).padStart(7)];
      console.log(`${row.join('  ')}${ratios}  ${digest.slice(0, 16)}`);
    }
  }
}
await browser.close();
await server.close();
