// inside.js - what it costs to look inside while training: node tests/bench/inside.js [ROUNDS]
// One run in Chromium whose Inside section is opened and folded by turns; prints the median of the ratios of steps per second, for each view.
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../browser/engines.js';
import { serve } from '../browser/server.js';

const ROUNDS = Number(process.argv[2] ?? 5);
/** Links of runs, and the seconds of a turn: long enough for several looks. */
const RUNS = [
  { hash: '#preset=tiny&max_iters=10000000&eval_interval=200', seconds: 4 },
  { hash: '#preset=nanogpt-cpu&max_iters=1000000&eval_interval=50', seconds: 8 },
];
const VIEWS = ['attention', 'embeddings'];

const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const server = await serve(fileURLToPath(new URL('../../build/site', import.meta.url)));
const browser = await launchChromium();
for (const { hash, seconds } of RUNS) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(server.url + hash);
  await page.waitForSelector('body[data-ready]');
  await page.click('#start');
  const step = async () => Number(await page.getAttribute('#progress', 'aria-valuenow'));
  /** Steps per second for a turn. */
  const pace = async () => {
    const [began, before] = [performance.now(), await step()];
    await page.waitForTimeout(1000 * seconds);
    return (1000 * ((await step()) - before)) / (performance.now() - began);
  };
  const fold = () => page.click('#inside-fold > summary');
  await page.waitForFunction(() => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > 200, null, { timeout: 120_000 });
  for (const view of VIEWS) {
    /** @type {number[]} */
    const ratios = [];
    let closed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      closed = await pace();
      await fold();
      await page.waitForSelector('#inside-fold[data-step]');
      await page.click(`#tab-${view}`);
      ratios.push((await pace()) / closed);
      await fold();
    }
    const each = ratios.map((ratio) => ratio.toFixed(3)).join(' ');
    console.log(`${hash} ${view}: ${closed.toFixed(1)} steps/s folded; open x ${median(ratios).toFixed(3)} (${each})`);
  }
  await page.close();
}
await browser.close();
await server.close();
