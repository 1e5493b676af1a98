// The server itself: what it gives, and what it refuses.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { serve } from './server.js';

const LONG = 'to be, or not to be; '.repeat(500);
let folder = '';
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folio-server-'));
  await mkdir(join(folder, 'site'));
  await mkdir(join(folder, 'site-secret'));
  await writeFile(join(folder, 'site', 'index.html'), '<p>home');
  await writeFile(join(folder, 'site', 'a.wasm'), 'wasm');
  await writeFile(join(folder, 'site', 'long.txt'), LONG);
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'site-secret', 'secret.txt'), 'secret');
  server = await serve(join(folder, 'site'), { headers: { 'X-Test': 'yes' } });
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The status and body of a path sent as it is; fetch would tidy it. @param {string} path @returns {Promise<{status?: number, body: string}>} */
const raw = (path, method = 'GET') =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk)).on('end', () => done({ status: response.statusCode, body }));
    })
      .on('error', fail)
      .end();
  });

test('a folder gives its index.html, a module comes as application/wasm, with the headers asked for', async () => {
  const home = await fetch(server.url);
  assert.equal(await home.text(), '<p>home');
  assert.equal(home.headers.get('content-type'), 'text/html; charset=utf-8');
  const module = await fetch(`${server.url}a.wasm?v=1`);
  assert.equal(await module.text(), 'wasm');
  assert.equal(module.headers.get('content-type'), 'application/wasm');
  assert.equal(module.headers.get('x-test'), 'yes');
});

test('who understands brotli gets it, and nobody else; the bytes are the same', async () => {
  const length = async (/** @type {string} */ coding) => {
    const answer = await fetch(`${server.url}long.txt`, { headers: { 'Accept-Encoding': coding } });
    assert.equal(answer.headers.get('content-encoding'), coding === 'br' ? 'br' : null);
    assert.equal(await answer.text(), LONG);
    return Number(answer.headers.get('content-length'));
  };
  assert.equal(await length('identity'), LONG.length);
  assert.ok((await length('br')) < 100);
});

test('nothing outside the folder is served', async () => {
  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/../site-secret/secret.txt', '//../secret.txt', '/%', '/%00']) {
    const { status, body } = await raw(path);
    assert.ok(status === 403 || status === 404, `${path}: ${status}`);
    assert.ok(!body.startsWith('secret'), path);
  }
});

test('what is not there is 404, another method is 405', async () => {
  assert.equal((await raw('/none.html')).status, 404);
  assert.equal((await raw('/', 'POST')).status, 405);
});

test('a taken port is an error', async () => {
  await assert.rejects(serve(folder, { port: Number(new URL(server.url).port) }), /EADDRINUSE/);
});
