// screenshots.js - `make screenshots`: the page in Chromium in each of its states, at three widths, in both themes, in build/screenshots, to be looked at;
// and after a minute of training, for the README. `node tests/browser/screenshots.js during light 1440` takes only those that have all these words.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { launchChromium } from './engines.js';
import { serve } from './server.js';
import { LINK, STATES } from './states.js';

const TRAINING = 60_000; // ms
const WIDTHS = [1440, 1024, 390];
const THEMES = /** @type {const} */ (['light', 'dark']);
const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const wanted = process.argv.slice(2);
const server = await serve(file('build/site'));
const browser = await launchChromium();
mkdirSync(file('build/screenshots'), { recursive: true });
try {
  for (const colorScheme of THEMES) {
    const page = await browser.newPage({ viewport: { width: WIDTHS[0], height: 900 }, colorScheme });
    await page.goto(server.url + LINK);
    for (const [state, bring] of STATES) {
      await bring(page);
      for (const width of WIDTHS) {
        const name = `${state}-${colorScheme}-${width}`;
        if (!wanted.every((word) => name.split('-').includes(word))) continue;
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(400);
        await page.screenshot({ path: file(`build/screenshots/${name}.png`), fullPage: true });
        console.log(`build/screenshots/${name}.png`);
      }
      await page.setViewportSize({ width: WIDTHS[0], height: 900 });
    }
    await page.close();
  }
  if (!wanted.length) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    await page.goto(server.url);
    await page.click('#start');
    await page.waitForTimeout(TRAINING);
    await page.screenshot({ path: file('www/screenshot.png') });
    console.log('www/screenshot.png');
  }
} finally {
  await browser.close();
  await server.close();
}
