// After the first visit the page works without a connection; where it cannot be kept it says so and works as before; a newer one is taken when wanted.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { listSite } from '../precache.js';
import { launchFirefox } from './engines.js';
import { TINY, assertNoFaults, inState, notices, pasted, ready, setUp, untilNotice } from './page.js';
import { serve } from './server.js';

const site = setUp();
const SITE = process.env.FOLIO_SITE ?? fileURLToPath(new URL('../../build/site', import.meta.url));
const RUN = `${TINY}&max_iters=30&tokens=40`;

/** Until the footer tells whether the page is kept; its words. @param {import('./page.js').Page} page */
async function untilTold(page) {
  await page.waitForSelector('#offline:not([hidden])');
  return `${await page.textContent('#offline')}`;
}

/** Trains to the end, and lets the model write. @param {import('./page.js').Page} page */
async function trainAndWrite(page) {
  await page.click('#start');
  await inState(page, 'done');
  await page.fill('#prompt', 'the ');
  await page.click('#write');
  await page.waitForFunction(() => document.getElementById('sample')?.textContent?.startsWith('the ') && document.querySelector('#write:not([aria-disabled])'));
}

/**
 * A copy of the site on a server of its own, which can be stopped and changed.
 * @param {import('node:test').TestContext} t
 */
async function ownSite(t) {
  const folder = await mkdtemp(join(tmpdir(), 'folio-site-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(SITE, folder, { recursive: true });
  const server = await serve(folder);
  t.after(() => server.close().catch(() => {}));
  return { folder, ...server };
}

/** Changes a file of a site, as a new version would. @param {string} folder @param {string} file @param {(text: string) => string} change */
async function publish(folder, file, change) {
  await writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
  await writeFile(join(folder, 'precache.js'), `self.precache = ${JSON.stringify(await listSite(folder))};\n`);
}

/** What the service worker has kept. @param {import('./page.js').Page} page */
const kept = (page) => page.evaluate(async () => {
  const names = await caches.keys();
  const cache = await caches.open(`${names.find((name) => name.endsWith(' files'))}`);
  return { names, urls: (await cache.keys()).map(({ url }) => url) };
});

/** @param {import('node:test').TestContext} t @param {string} url @returns {Promise<import('./page.js').Page>} with the service worker */
async function openAt(t, url) {
  const page = await site.open(t, '', { offline: true, before: (made) => made.route(`${site.url}**`, (route) => route.fulfill({ body: '' })) });
  await page.goto(url);
  return page;
}

test('the list has every file that the page needs, and what is large apart', async () => {
  const { files, later } = await listSite(SITE);
  for (const path of ['', 'app.js', 'theme.js', 'page.css', 'data/text.txt', 'folio/src/worker.js', 'folio/dist/folio-simd128.wasm', 'presets/tiny.json', 'manifest.webmanifest']) {
    assert.match(files[path] ?? '', /^[\w+/]{43}=$/, path);
  }
  assert.ok(later['model/model.safetensors'] && later['ranks/o200k_base.ranks'] && later['icons/512.png']);
  assert.ok(!Object.keys({ ...files, ...later }).some((path) => /\.map$|LICENSE|service-worker|precache/.test(path)));
});

test('with the server stopped a reload trains and writes, by the trained model too once that was asked for', { timeout: 60_000 }, async (t) => {
  const own = await ownSite(t);
  const page = await openAt(t, own.url + RUN);
  assert.match(await untilTold(page), /Works without a connection/);
  await page.click('#write');
  await page.waitForFunction(() => document.querySelector('#write:not([aria-disabled])') && document.getElementById('sample')?.textContent);
  await own.close();
  await page.reload();
  await ready(page);
  assert.match(await untilTold(page), /Works without a connection/);
  await page.click('#write');
  await page.waitForFunction(() => document.querySelector('#write:not([aria-disabled])') && document.getElementById('sample')?.textContent);
  assert.match(`${await page.textContent('#sample-caption')}`, /model that comes with Folio/);
  await trainAndWrite(page);
  assert.deepEqual(await notices(page), []);
  await page.selectOption('#f-preset', 'nanogpt-cpu');
  await page.waitForFunction(() => /** @type {HTMLInputElement} */ (document.getElementById('f-n_embd')).value === '128');
});

test('the same in Firefox', { timeout: 60_000 }, async (t) => {
  const own = await ownSite(t);
  const browser = await launchFirefox();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(own.url + RUN);
  await page.waitForSelector('#offline:not([hidden])');
  assert.match(`${await page.$eval('#offline', (line) => line.textContent)}`, /Works without a connection/);
  await own.close();
  await page.reload();
  await page.waitForSelector('body[data-ready]');
  await page.click('#start');
  await page.waitForSelector('body[data-status=done]');
  assert.ok((await page.$eval('#sample', (leaf) => leaf.textContent?.length ?? 0)) > 20);
});

/** A click that does not wait for a tab in the background to be drawn. @param {import('playwright-core').Page} page @param {string} what */
const press = (page, what) => page.locator(what).first().dispatchEvent('click');

test('a newer version is offered, taken when wanted and while no tab has a run, and leaves nothing of the old one', { timeout: 60_000 }, async (t) => {
  const own = await ownSite(t);
  const page = await openAt(t, own.url + RUN);
  await untilTold(page);
  const other = await page.context().newPage();
  await other.goto(own.url + RUN);
  await ready(other);
  const before = await listSite(own.folder);
  await publish(own.folder, 'index.html', (text) => text.replace('in this tab.</p>', 'in the second tab.</p>'));
  await page.reload();
  await page.evaluate(async () => void (await navigator.serviceWorker.getRegistration())?.update()); // the browser takes its time for that
  await untilNotice(page, /A newer Folio is there/);
  assert.match(`${await page.textContent('.tagline')}`, /this tab/, 'until it is taken the old one is there, whole');

  await press(page, '#step');
  await inState(page, 'paused');
  await press(page, 'text=Take it');
  await untilNotice(page, /would end the run\./);
  await press(page, '#reset');
  await inState(page, 'idle');
  await press(other, '#step');
  await other.waitForSelector('body[data-status=paused]');
  await press(page, 'text=Try again');
  await press(page, 'text=Take it');
  await untilNotice(page, /would end the run in another tab/);
  assert.equal(await other.getAttribute('body', 'data-status'), 'paused');
  await press(other, '#reset');
  await other.waitForSelector('body[data-status=idle]');
  await press(page, 'text=Try again');
  await Promise.all([page.waitForEvent('load'), other.waitForEvent('load'), press(page, 'text=Take it')]);

  for (const tab of [page, other]) assert.match(`${await tab.textContent('.tagline')}`, /the second tab/);
  await ready(page);
  const { files } = await listSite(own.folder);
  const { urls, names } = await kept(page);
  assert.equal(names.filter((name) => name.includes(' whole ')).length, 1);
  assert.equal(urls.length, Object.keys(files).length);
  assert.ok(!urls.some((url) => url.endsWith(`/?${before.files['']}`)), 'the old page is gone');
});

test('with a file missing or of another version the page is not kept, and the next visit fetches what is missing', { timeout: 60_000 }, async (t) => {
  const own = await ownSite(t);
  const preset = join(own.folder, 'presets/gpt2.json');
  const whole = await readFile(preset);
  await rm(preset);
  const page = await openAt(t, own.url);
  assert.match(await untilTold(page), /Not kept .*presets\/gpt2\.json did not arrive, or is of another version\. All else works/);
  assert.equal((await kept(page)).urls.length, Object.keys((await listSite(own.folder)).files).length);
  await writeFile(preset, '{}');
  await page.reload();
  assert.match(await untilTold(page), /Not kept/);
  await writeFile(preset, whole);
  await page.reload();
  assert.match(await untilTold(page), /Works without a connection/);
});

test('where there is no room the page says so, gives back what it took, and works', async (t) => {
  const page = await site.open(t, RUN, {
    offline: true,
    before: async (made) => {
      const session = await made.context().newCDPSession(made);
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 200_000 });
    },
  });
  assert.match(await untilTold(page), /no room left for it\. All else works/);
  assert.deepEqual((await kept(page)).urls, []);
  await trainAndWrite(page);
  await page.reload();
  await ready(page);
});

test('without service workers the page says that it is not kept', async (t) => {
  const page = await site.open(t);
  assert.match(await untilTold(page), /^Not kept for use without a connection: this browser keeps no page here/);
});

test('without any storage, as in some private windows, the page says so and works', async (t) => {
  const forbid = () => {
    const refuse = () => {
      throw new DOMException('Storage is forbidden here.', 'SecurityError');
    };
    for (const name of ['localStorage', 'sessionStorage', 'caches', 'indexedDB']) Object.defineProperty(globalThis, name, { get: refuse });
    ServiceWorkerContainer.prototype.register = async () => refuse();
  };
  const page = await site.open(t, RUN, { offline: true, before: (made) => made.addInitScript(forbid) });
  assert.match(await untilTold(page), /^Not kept for use without a connection: Storage is forbidden here\. All else works/);
  await trainAndWrite(page);
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await pasted(page, 'what you write here is learned. '.repeat(100));
  assertNoFaults(page);
});

test('the manifest makes it installable', async (t) => {
  const page = await site.open(t, '', { offline: true });
  await untilTold(page);
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  for (const { src, sizes } of JSON.parse(`${data}`).icons) {
    const size = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    if (sizes !== 'any') assert.equal(size, sizes, src);
  }
  assert.equal(await page.getAttribute('meta[name=theme-color]', 'content'), '#f7f6f3');
  await page.click('#theme');
  assert.equal(await page.getAttribute('meta[name=theme-color]', 'content'), '#14141a');
  assertNoFaults(page);
});
