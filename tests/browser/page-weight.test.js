// How much a first visit fetches before the page can be used: at most 90 KB (brotli), and the text; all of it from the page's own host.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';

import { SITE, assertNoFaults, ready, setUp } from './page.js';

const site = setUp();
const KB = 1000;

/** What was asked for before the page could be used: paths in the site and their bytes, compressed. @param {import('./page.js').Page} page */
async function fetched(page) {
  const urls = await page.evaluate(() => {
    const until = Number(document.body.dataset.ready);
    const all = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < until);
    return [location.href, ...all.map(({ name }) => name)];
  });
  const workers = await Promise.all(page.workers().map((worker) => worker.evaluate(() => [self.location.href, ...performance.getEntriesByType('resource').map(({ name }) => name)])));
  const paths = new Set([...urls, ...workers.flat().filter((url) => !/storage/.test(url))].map((url) => new URL(url).pathname.slice(1) || 'index.html'));
  return Promise.all([...paths].map(async (path) => /** @type {const} */ ([path, brotliCompressSync(await readFile(`${SITE}/${path}`)).length])));
}

test('a first visit is light', async (t) => {
  const page = await site.open(t, '', { serviceWorkers: 'block' });
  await ready(page);
  const files = await fetched(page);
  const sum = (/** @type {boolean} */ text) => files.filter(([path]) => path.startsWith('data/') === text).reduce((total, [, bytes]) => total + bytes, 0);
  t.diagnostic(`measured: a first visit fetches ${(sum(false) / KB).toFixed(1)} KB in ${files.length - 1} requests, and ${(sum(true) / KB).toFixed(1)} KB of text, before the page can be used`);
  for (const needed of ['index.html', 'app.js', 'folio/src/worker.js', 'folio/dist/folio-text.wasm']) assert.ok(files.some(([path]) => path === needed), needed);
  assert.ok(sum(false) <= 90 * KB, files.map(([path, bytes]) => `${bytes} ${path}`).join('\n'));
  assert.ok(sum(true) <= 380 * KB);
  assertNoFaults(page);
});
