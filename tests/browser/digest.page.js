// Runs digest.json's run in a browser, from the root of the repository; digest.test.js asks for the outcome.
import { connect } from '../../wasm/src/client.js';
import { outcomeOf } from '../digest.js';

const read = async (/** @type {string} */ path) => (await fetch(`/${path}`)).text();

globalThis.outcome = (async () => {
  const expected = JSON.parse(await read('tests/digest.json'));
  const config = JSON.parse(await read(`models/presets/${expected.preset}.json`));
  const text = await read(expected.text);
  const exact = await outcomeOf(connect, { text, config, expected });
  return { ...exact, fast: await outcomeOf(connect, { text, config, expected, numerics: 'fast' }) };
})();
