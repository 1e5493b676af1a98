// screenshots.js - `make screenshots`: the page in Chromium after a minute of training, for the README.
import { fileURLToPath } from 'node:url';

import { launchChromium } from './engines.js';
import { serve } from './server.js';

const TRAINING = 60_000; // ms
const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const server = await serve(file('build/site'));
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await page.goto(server.url);
  await page.click('#start');
  await page.waitForTimeout(TRAINING);
  await page.screenshot({ path: file('www/screenshot.png') });
  console.log('www/screenshot.png');
} finally {
  await browser.close();
  await server.close();
}
