// digest.js - the run of digest.json through the package's client, in Node and in browsers alike. What it gives is the same everywhere.
// In Node also a program, for other versions of it: node tests/digest.js prints the outcome as JSON.

/** @typedef {{preset: string, text: string, steps: number, resume: number, prompt: string, sha256: string, fast: string, int8: string, sample: string}} Expected */
/** @typedef {{whole: string, resumed: string, int8: string, sample: string, variant: string, present: number}} Outcome */

/**
 * The digest of a whole run, that of a run carried to a fresh worker by a checkpoint, a text sampled from it, and the digest of the run in whole numbers.
 * @param {typeof import('../wasm/src/client.js').connect} connect
 * @param {{text: string, config: Record<string, any>, expected: Expected, numerics?: 'exact' | 'fast'}} options
 * @returns {Promise<Outcome>}
 */
export async function outcomeOf(connect, { text, config, expected: { steps, resume, prompt }, numerics }) {
  const client = await connect({ numerics });
  try {
    const settings = { ...config, max_iters: steps };
    const first = await client.run({ text, config: settings });
    for await (const event of first.train({ steps: resume })) void event;
    const checkpoint = await first.checkpoint();
    for await (const event of first.train({ steps })) void event;
    const whole = await first.digest();

    await client.restart();
    const second = await client.run({ text, checkpoint });
    for await (const event of second.train({ steps })) void event;
    const resumed = await second.digest();
    let sample = '';
    for await (const piece of second.generate({ prompt, tokens: 100, seed: 7 })) sample += piece;
    const rounded = await client.run({ text, config: { ...settings, linear_dtype: 'int8' } });
    for await (const event of rounded.train({ steps })) void event;
    const int8 = await rounded.digest();
    const { variant, present } = await client.line.call('info', {});
    return { whole, resumed, int8, sample, variant, present };
  } finally {
    await client.close();
  }
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('digest.js')) {
  const { readFileSync } = await import('node:fs');
  const { connect } = await import('../wasm/src/client.js');
  const read = (/** @type {string} */ path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const expected = JSON.parse(read('tests/digest.json'));
  const config = JSON.parse(read(`models/presets/${expected.preset}.json`));
  console.log(JSON.stringify(await outcomeOf(connect, { text: read(expected.text), config, expected })));
}
