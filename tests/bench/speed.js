// speed.js - how fast a run trains in a worker, in Node and in browsers alike: the same code asks both.

/** @typedef {{preset: Record<string, any>, text: string, numerics: 'exact' | 'fast', threads: number, seconds: number}} Request */
/** @typedef {{tokens_per_second: number, first_step_ms: number, variant: string, threads: number}} Answer */

/**
 * first_step_ms: from nothing (the worker's start and the module's compilation included) to the first step's loss.
 * tokens_per_second: median over stretches of a quarter second, by the clock on this side of the worker.
 * @param {typeof import('../../wasm/src/client.js').connect} connect
 * @param {Request} request
 * @returns {Promise<Answer>}
 */
export async function speedOf(connect, { preset, text, numerics, threads, seconds }) {
  const start = performance.now();
  const client = await connect({ numerics, threads });
  try {
    const run = await client.run({ text, config: { ...preset, max_iters: 1_000_000_000, schedule: 'constant', eval_interval: 0 } });
    let first_step_ms = 0;
    /** @type {number[]} */
    const speeds = [];
    let [from, tokens] = [0, 0];
    for await (const event of run.train()) {
      if (event.event !== 'step') continue;
      const now = performance.now();
      if (!first_step_ms) {
        first_step_ms = now - start;
        [from, tokens] = [now, event.tokens];
      } else if (now - from > 250) {
        speeds.push((1000 * (event.tokens - tokens)) / (now - from));
        [from, tokens] = [now, event.tokens];
        if (now - start > 1000 * seconds) break;
      }
    }
    speeds.sort((a, b) => a - b);
    return { tokens_per_second: speeds[Math.floor(speeds.length / 2)], first_step_ms, variant: client.info.variant, threads: client.info.threads };
  } finally {
    client.close();
  }
}

/**
 * A whole run of a preset on a text.
 * @param {typeof import('../../wasm/src/client.js').connect} connect
 * @param {{preset: Record<string, any>, textUrl: string, numerics: 'exact' | 'fast', threads: number}} request
 * @returns {Promise<{val_loss: number | null, digest: string}>}
 */
export async function learn(connect, { preset, textUrl, numerics, threads }) {
  const [client, response] = await Promise.all([connect({ numerics, threads }), fetch(textUrl)]);
  try {
    const run = await client.run({ text: await response.text(), config: preset });
    for await (const event of run.train()) if (event.event === 'done') return { val_loss: event.val_loss, digest: event.digest };
    throw new Error('the run ended without its last event');
  } finally {
    client.close();
  }
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('speed.js')) {
  const { connect } = await import('../../wasm/src/client.js');
  console.log(JSON.stringify(await speedOf(connect, JSON.parse(process.argv[2]))));
}
