// A text from an address, as the page asks for it: what may be asked, and every way in which it can fail, from a server on this machine.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { fetchAddress, readAddress } from '../../www/address.js';

/** @type {Record<string, import('node:http').RequestListener>} by path */
const ANSWERS = {
  '/plays/a%20play.txt': (_, response) => response.end('To be, or not to be. Ö'),
  '/moved': (_, response) => response.writeHead(302, { Location: '/plays/a%20play.txt' }).end(),
  '/announced': (_, response) => response.writeHead(200, { 'Content-Length': 5000 }).end('x'.repeat(5000)),
  '/endless': (_, response) => {
    const more = () => response.destroyed || (response.write('y'.repeat(400)), setTimeout(more, 5));
    more();
  },
  '/broken': (_, response) => void (response.writeHead(200, { 'Content-Length': 500 }).write('half of it'), setTimeout(() => response.destroy(), 30)),
  '/latin1': (_, response) => response.end(Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65])),
  '/nothing': (_, response) => response.end(),
  '/hangs': (_, response) => void response.writeHead(200).write('so far'),
};
/** @type {import('node:http').IncomingMessage[]} */
const asked = [];
const server = createServer((request, response) => {
  asked.push(request);
  (ANSWERS[String(request.url)] ?? ((_, missing) => missing.writeHead(404).end('none')))(request, response);
});
let host = '';
before(async () => {
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  host = `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** @param {string} path @param {Parameters<typeof fetchAddress>[1]} [options] */
const ask = (path, options) => fetchAddress(new URL(`http://${host}${path}`), { most: 2000, ...options });

test('an address is read as a person means it, and only https without a password is asked', () => {
  const of = (/** @type {string} */ typed) => {
    const read = readAddress(typed);
    return 'url' in read ? read.url.href : `fault: ${read.fault}`;
  };
  assert.equal(of(' example.org/a.txt#top '), 'https://example.org/a.txt');
  assert.equal(of('https://example.org'), 'https://example.org/');
  assert.equal(of('localhost:8443/a'), 'https://localhost:8443/a');
  assert.equal(of(''), 'fault: ');
  for (const [typed, fault] of /** @type {[string, RegExp][]} */ ([
    ['http://example.org', /https:\/\/.*not http:/], ['ftp://example.org', /not ftp:/], ['file:///etc/passwd', /not file:/], ['javascript:alert(1)', /not javascript:/],
    ['data:text/plain,hello', /not data:/], ['https://', /no address/], ['two words', /no address/], ['https://me:secret@example.org/', /password/],
  ])) assert.match(of(typed), fault, typed);
});

test('the text arrives with the name of its file, and what has arrived is told', async () => {
  let told = 0;
  const text = await ask('/plays/a%20play.txt', { progress: (bytes) => (told = bytes) });
  assert.equal(text.text, 'To be, or not to be. Ö');
  assert.equal(text.name, 'a play.txt');
  assert.equal(told, 23);
  assert.equal(asked.at(-1)?.headers.cookie, undefined);
  assert.equal(asked.at(-1)?.headers.referer, undefined);
});

test('each failure is told in words, with the host', async () => {
  for (const [path, words] of /** @type {[string, RegExp][]} */ ([
    ['/missing', /answered 404/], ['/moved', /sends on to another address, which is not followed/], ['/announced', /has a file of 5000 bytes; at most 2000/],
    ['/endless', /more than 2000 bytes; at most 2000/], ['/broken', /stopped in the middle.*10 bytes had arrived/],
  ])) await assert.rejects(ask(path), (/** @type {Error} */ { message }) => words.test(message) && message.startsWith(host), path);
  await assert.rejects(ask('/latin1'), /latin1 is not UTF-8/);
  await assert.rejects(ask('/nothing'), /nothing is empty/);
  assert.ok(!asked.slice(-6).some(({ url }) => url?.startsWith('/plays')), 'where it leads to is not asked');
  await assert.rejects(fetchAddress(new URL('http://127.0.0.1:9/a')), /^Error: 127\.0\.0\.1:9 did not give this file to the page.*CORS.*open it here$/);
});

test('it can be stopped, before and while it arrives', async () => {
  await assert.rejects(ask('/hangs', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const stop = new AbortController();
  await assert.rejects(ask('/hangs', { signal: stop.signal, progress: () => stop.abort() }), { name: 'AbortError' });
});
