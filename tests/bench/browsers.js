// browsers.js - Chromium beside Node 26, by turns, in a worker: node tests/bench/browsers.js [ROUNDS]
// Prints the ratio of their training speeds, with and without threads, and the time to the first step: from nothing but a page at rest, whose scripts are bundled
// as those of the site are.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { launchChromium } from '../browser/engines.js';
import { ISOLATED, serve } from '../browser/server.js';
import { bundle } from '../site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 5);
const BUNDLED = 'build/bench';
/** Milliseconds until a page that was just opened is at rest. */
const REST = 1500;

const read = (/** @type {string} */ path) => readFileSync(`${ROOT}/${path}`, 'utf8');
const text = read('models/mock-shakespeare.txt').slice(0, 100_000);
const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {import('./speed.js').Request} request @returns {import('./speed.js').Answer} */
const inNode = (request) => JSON.parse(execFileSync(NODE, ['tests/bench/speed.js', JSON.stringify(request)], { cwd: ROOT, encoding: 'utf8' }));

rmSync(`${ROOT}/${BUNDLED}`, { recursive: true, force: true });
cpSync(`${ROOT}/wasm/dist`, `${ROOT}/${BUNDLED}/dist`, { recursive: true });
for (const script of ['client.js', 'worker.js', 'pool-worker.js']) await bundle(`${ROOT}/wasm/src/${script}`, `${ROOT}/${BUNDLED}/src`);
const server = await serve(ROOT, { headers: ISOLATED });
const browser = await launchChromium();

/** A page of its own, as cold as a first visit. @param {import('./speed.js').Request} request @returns {Promise<import('./speed.js').Answer>} */
async function inChromium(request) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}tests/bench/speed.html?from=/${BUNDLED}/src`);
  await page.waitForFunction(() => 'speed' in globalThis);
  await page.waitForTimeout(REST);
  const answer = await page.evaluate((given) => /** @type {any} */ (globalThis).speed(given), request);
  await context.close();
  return answer;
}

for (const name of ['nanogpt-cpu', 'shakespeare']) {
  const preset = JSON.parse(read(`models/presets/${name}.json`));
  for (const threads of [1, 2]) {
    /** @type {import('./speed.js').Request} */
    const request = { preset, text, numerics: 'fast', threads, seconds: 3 };
    /** @type {{chromium: import('./speed.js').Answer, node: import('./speed.js').Answer}[]} */
    const pairs = [];
    for (let round = 0; round < ROUNDS; round++) pairs.push({ chromium: await inChromium(request), node: inNode(request) });
    const ratio = median(pairs.map(({ chromium, node }) => chromium.tokens_per_second / node.tokens_per_second));
    const [chromium, node] = /** @type {const} */ (['chromium', 'node']).map((key) => ({
      speed: median(pairs.map((pair) => pair[key].tokens_per_second)),
      first: median(pairs.map((pair) => pair[key].first_step_ms)),
      variant: pairs[0][key].variant,
    }));
    console.log(`${name}, ${threads} thread${threads > 1 ? 's' : ''}: Chromium ${Math.round(chromium.speed)} tokens/s (${chromium.variant}), Node 26 ${Math.round(node.speed)} (${node.variant}): `
      + `${(100 * ratio).toFixed(1)}%; first step after ${Math.round(chromium.first)} ms in Chromium, ${Math.round(node.first)} ms in Node`);
  }
}
await browser.close();
await server.close();
