// A text from an address: the page says who will be asked, asks nobody before, and tells what came of it. The other host is a second server here.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, before, test } from 'node:test';

import { makeCertificate } from './certificate.js';
import { TINY, assertNoFaults, inState, ready, setUp, untilNotice } from './page.js';

const site = setUp();
const TEXT = 'a text from elsewhere, read by a page. '.repeat(200);

/** @type {{url: string, headers: import('node:http').IncomingHttpHeaders}[]} */
const asked = [];
/** @type {import('node:https').Server} */
let server;
let other = '';
before(async () => {
  server = createServer(await makeCertificate(), (request, response) => {
    const url = String(request.url);
    asked.push({ url, headers: request.headers });
    if (!url.startsWith('/closed')) response.setHeader('Access-Control-Allow-Origin', '*');
    if (url === '/moved') return void response.writeHead(302, { Location: '/open.txt' }).end();
    if (url === '/long') return void response.writeHead(200, { 'Content-Length': 200e6 }).write('x');
    if (url === '/slow') return void response.writeHead(200).write(TEXT);
    return void (/\.txt$/.test(url) ? response.end(TEXT) : response.writeHead(404).end());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  other = `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
after(() => {
  server?.closeAllConnections();
  server?.close();
});

/** @param {import('node:test').TestContext} t */
async function open(t) {
  const page = await site.open(t, `${TINY}&max_iters=20`, { ignoreHTTPSErrors: true });
  await ready(page);
  asked.length = 0;
  return page;
}

/** Types an address and asks. @param {import('./page.js').Page} page @param {string} path */
async function ask(page, path) {
  await page.fill('#address', `https://${other}${path}`);
  await page.click('#address-ask');
}

/** Until the form says so. @param {import('./page.js').Page} page @param {RegExp} words */
const untilSaid = (page, words) => page.waitForFunction((source) => new RegExp(source).test(document.getElementById('address-words')?.textContent ?? ''), words.source);

test('by keyboard alone: it says who will be asked, asks nobody before, and learns the text', async (t) => {
  const page = await open(t);
  await page.focus('#text-address');
  await page.keyboard.press('Enter');
  await untilSaid(page, /^Nobody is asked before/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'address');
  assert.equal(await page.getAttribute('#text-address', 'aria-expanded'), 'true');
  await page.keyboard.type(`${other}/open.txt`);
  assert.equal(await page.textContent('#address-words'), `Your browser will ask ${other} for this file, without cookies.`);
  assert.equal(await page.textContent('#address-ask'), `Ask ${other}`);
  assert.deepEqual(page.faults, [], 'nobody was asked');
  assert.equal(asked.length, 0);
  await page.keyboard.press('Enter');
  await untilNotice(page, /^open\.txt it is: 7,800 characters/);
  assert.deepEqual(page.faults, [`request: https://${other}/open.txt`], 'that one, and no other');
  assert.deepEqual(asked.map(({ url, headers }) => [url, headers.referer, headers.cookie]), [['/open.txt', undefined, undefined]]);
  assert.equal(await page.textContent('#text-name'), 'open.txt');
  assert.ok(await page.locator('#address-form').isHidden());
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'text-address');
  page.faults.length = 0;
  await page.click('#start');
  await inState(page, 'done');
  assertNoFaults(page);
});

test('a host that does not let pages read, one that leads elsewhere, too much, nothing there: each in words, and the text stays', async (t) => {
  const page = await open(t);
  const before = await page.textContent('#text-facts');
  await page.click('#text-address');
  for (const [path, words] of /** @type {[string, RegExp][]} */ ([
    ['/closed.txt', /did not give this file to the page.*CORS.*download it, and open it here\.$/], ['/moved', /sends on to another address, which is not followed/],
    ['/long', /has a file of 200000000 bytes; at most 128000000/], ['/missing', /answered 404/],
  ])) {
    await ask(page, path);
    await untilSaid(page, words);
    assert.equal(await page.getAttribute('#address', 'aria-invalid'), 'true');
  }
  assert.deepEqual(asked.map(({ url }) => url), ['/closed.txt', '/moved', '/long', '/missing'], 'each asked once, and nobody else');
  for (const [typed, words] of /** @type {[string, RegExp][]} */ ([['http://example.org/a.txt', /^Only addresses that begin with https/], ['', /^Which address\?/], ['no address', /^This is no address/]])) {
    await page.fill('#address', typed);
    await page.click('#address-ask');
    await untilSaid(page, words);
  }
  assert.equal(asked.length, 4);
  assert.equal(await page.textContent('#text-facts'), before);
});

test('what takes long can be stopped; one way to bring a text is open at a time', async (t) => {
  const page = await open(t);
  await page.click('#text-paste');
  await page.click('#text-address');
  assert.ok(await page.locator('#text-form').isHidden());
  await ask(page, '/slow');
  await untilSaid(page, /^7\.80 kB have arrived\.$/);
  await page.focus('#address-stop');
  await page.keyboard.press('Enter');
  await untilSaid(page, /^Stopped\. Nothing was taken\.$/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'address-ask', 'the focus is not lost');
  await ask(page, '/open.txt');
  await untilNotice(page, /^open\.txt it is/);
});
