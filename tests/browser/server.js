// server.js - a static file server on 127.0.0.1, for tests and for `make serve`: node tests/browser/server.js DIR [PORT]
// It compresses what a host would, and sends no special headers, so what works here works anywhere.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Headers that make a page cross-origin isolated, so that it may share memory between threads. */
export const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * The file in `root` that a request's path means; null if it is malformed or leads out of `root`.
 * @param {string} root absolute
 * @param {string} path as in the request, with a query perhaps
 */
function fileOf(root, path) {
  let decoded;
  try {
    decoded = decodeURIComponent(path.split(/[?#]/, 1)[0]);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  const file = resolve(root, `.${decoded.startsWith('/') ? '' : '/'}${decoded}`);
  return file === root || file.startsWith(root + sep) ? file : null;
}

/** File types that brotli makes smaller. */
const COMPRESSED = /\.(css|html|js|json|map|md|svg|txt|wasm|webmanifest)$/;
const compress = promisify(brotliCompress);
/** @type {Map<string, Promise<Buffer>>} by file and time of its last change */
const packed = new Map();

/** @param {string} file @param {import('node:fs').Stats} info @returns {Promise<Buffer>} */
function pack(file, { mtimeMs }) {
  const key = `${file} ${mtimeMs}`;
  const made = packed.get(key) ?? readFile(file).then((bytes) => compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  packed.set(key, made);
  return made;
}

/**
 * Answers one request.
 * @param {string} root
 * @param {Record<string, string>} headers
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(root, headers, request, response) {
  /** @type {(status: number, text: string) => void} */
  const refuse = (status, text) => void response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, `${request.method} is not served`);
  const path = request.url ?? '/';
  let file = fileOf(root, path);
  if (!file) return refuse(403, `${path} is outside the site`);
  let info = await stat(file).catch(() => null);
  if (info?.isDirectory()) {
    file = join(file, 'index.html');
    info = await stat(file).catch(() => null);
  }
  if (!info?.isFile()) return refuse(404, `${path} is not there`);
  const body = COMPRESSED.test(file) && /\bbr\b/.test(String(request.headers['accept-encoding'])) ? await pack(file, info) : null;
  response.writeHead(200, {
    'Content-Type': TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? 'application/octet-stream',
    'Content-Length': body?.length ?? info.size,
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
    ...(body ? { 'Content-Encoding': 'br' } : {}),
    ...headers,
  });
  if (request.method === 'HEAD' || body) return void response.end(request.method === 'HEAD' ? undefined : body);
  createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

/**
 * Serves the files of a directory on 127.0.0.1.
 * @param {string} dir
 * @param {{port?: number, headers?: Record<string, string>}} [options] port 0: any free one; headers go with every answer
 * @returns {Promise<{url: string, close: () => Promise<void>}>} url ends with "/"; rejects if the port is taken
 */
export async function serve(dir, { port = 0, headers = {} } = {}) {
  const root = resolve(dir);
  const server = createServer((request, response) => void answer(root, headers, request, response).catch(() => response.destroy()));
  await new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', () => done(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [dir = 'build/site', port = '8000'] = process.argv.slice(2);
  try {
    const { url } = await serve(dir, { port: Number(port) });
    console.log(`Folio is at ${url} (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`serve: ${dir} on port ${port}: ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
  }
}
