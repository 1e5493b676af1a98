// lighthouse.js - `make lighthouse`: what Lighthouse says of build/site in Chromium, as on a phone and as on a desk: performance, accessibility, best
// practices, and what keeps any of them from 100. It needs Node 22, so the Makefile starts it with the newest.
import { fileURLToPath } from 'node:url';

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';

import { serve } from '../browser/server.js';

const LEAST = 98;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

const server = await serve(fileURLToPath(new URL('../../build/site', import.meta.url)));
const chrome = await launch({
  chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
let passed = 0;
let failed = 0;
try {
  for (const [kind, config] of /** @type {const} */ ([['phone', undefined], ['desk', desktopConfig]])) {
    const result = await lighthouse(server.url, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error' }, config);
    if (!result) throw new Error('Lighthouse gave no result');
    const { categories, audits } = result.lhr;
    for (const name of CATEGORIES) {
      const { score, auditRefs } = categories[name];
      const points = Math.round((score ?? 0) * 100);
      if (points >= LEAST) passed++;
      else failed++;
      console.log(`${kind.padEnd(6)} ${name.padEnd(15)} ${points}`);
      for (const { id, weight } of auditRefs) {
        const { score: own, title, displayValue } = audits[id];
        if (weight && own !== null && own < 1) console.log(`         ${Math.round(own * 100)} ${title}${displayValue ? `: ${displayValue}` : ''}`);
      }
    }
  }
} finally {
  chrome.kill();
  await server.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
