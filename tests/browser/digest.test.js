// One run, one digest: in Chromium and in Firefox as everywhere else (tests/node/digest.test.js).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchChromium, launchFirefox } from './engines.js';
import { serve } from './server.js';

/** @type {import('../digest.js').Expected} */
const { sha256, sample } = JSON.parse(readFileSync(new URL('../digest.json', import.meta.url), 'utf8'));
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
before(async () => (server = await serve(fileURLToPath(new URL('../..', import.meta.url)))));
after(() => server.close());

for (const [name, launch] of Object.entries({ Chromium: launchChromium, Firefox: launchFirefox })) {
  test(`${name}: whole, resumed, and a sample`, { timeout: 120_000 }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage();
    const errors = /** @type {string[]} */ ([]);
    page.on('pageerror', (/** @type {unknown} */ error) => errors.push(String(error)));
    await page.goto(`${server.url}tests/browser/digest.html`);
    const outcome = await /** @type {{evaluate: (code: string) => Promise<unknown>}} */ (page).evaluate('globalThis.outcome');
    assert.deepEqual(errors, []);
    assert.deepEqual(outcome, { whole: sha256, resumed: sha256, sample });
  });
}
