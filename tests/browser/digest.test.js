// One run, one digest: in Chromium and in Firefox as everywhere else (tests/node/digest.test.js).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchChromium, launchFirefox } from './engines.js';
import { ISOLATED, serve } from './server.js';

/** @type {import('../digest.js').Expected} */
const { sha256, fast, int8, sample } = JSON.parse(readFileSync(new URL('../digest.json', import.meta.url), 'utf8'));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @type {[string, Record<string, string>, RegExp][]} a host's headers, and the module that runs then */
const HOSTS = [['without headers', {}, /^(simd128|dot|relaxed)$/], ['cross-origin isolated', ISOLATED, /^(simd128|dot|relaxed)-threads$/]];

for (const [engine, launch] of Object.entries({ Chromium: launchChromium, Firefox: launchFirefox })) {
  for (const [host, headers, module] of HOSTS) {
    test(`${engine}, ${host}: whole, resumed, and a sample; and fast numerics`, { timeout: 120_000 }, async (t) => {
      const server = await serve(ROOT, { headers });
      t.after(() => server.close());
      const browser = await launch();
      t.after(() => browser.close());
      const page = await browser.newPage();
      const errors = /** @type {string[]} */ ([]);
      page.on('pageerror', (/** @type {unknown} */ error) => errors.push(String(error)));
      await page.goto(`${server.url}tests/browser/digest.html`);
      const { evaluate } = /** @type {{evaluate: (code: string) => Promise<any>}} */ (page);
      const outcome = await evaluate.call(page, 'globalThis.outcome');
      assert.deepEqual(errors, []);
      const { variant: fastVariant, whole: fastWhole } = outcome.fast;
      const { whole, resumed, int8: rounded, sample: written } = outcome;
      assert.deepEqual({ whole, resumed, rounded, sample: written }, { whole: sha256, resumed: sha256, rounded: int8, sample });
      assert.equal(outcome.present > 1, host === 'cross-origin isolated', `${outcome.present} threads take part`);
      assert.match(outcome.variant, module);
      assert.match(fastVariant, module);
      assert.equal(fastWhole, fastVariant.startsWith('relaxed') ? fast : sha256);
    });
  }
}
