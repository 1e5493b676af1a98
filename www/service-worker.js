// service-worker.js - lets the page be used without a connection, and lets it have threads where the host sends no headers. offline.js and isolation.js
// ask it to; until they do it passes everything on. It keeps each file under its hash, as precache.js lists them, so that a list with other hashes
// fetches what is new and nothing else, and a file of another version, or none, is no part of it.
//
//   from the page {op, ...} with a port   to its port {value} or {error: {name, message}}
//   fill     fetches what is missing of the list; the answer comes when all is there
//   isolate  {on}: whether answers carry the headers that make the page cross-origin isolated, now and later
//   state    {isolated}
//   take     becomes the worker of all tabs, in place of the one before

const worker = /** @type {any} */ (self);
worker.importScripts('precache.js');
/** @type {{version: string, files: Record<string, string>, later: Record<string, string>}} paths to hashes; later: kept once somebody asked for it */
const { version, files, later } = worker.precache;

const SCOPE = new URL('./', location.href);
/** Caches belong to the whole origin; these are of this folder. */
const NAME = `folio ${SCOPE.pathname}`;
const FILES = `${NAME} files`;
/** Caches without entries: that they are there says that all files of a version are, and that answers carry the headers. */
const WHOLE = `${NAME} whole `;
const ISOLATED = `${NAME} isolated`;

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** What a file is kept under. @param {string} path */
const keyOf = (path) => new URL(`${path}?${files[path] ?? later[path]}`, SCOPE).href;

/** @type {Promise<void> | null} the filling under way */
let filling = null;

function fill() {
  filling ??= fetchAll().finally(() => (filling = null));
  return filling;
}

/** What did arrive stays for the next try; where there is no room, it is given back. */
async function fetchAll() {
  if (await caches.has(WHOLE + version)) return;
  const cache = await caches.open(FILES);
  /** @type {string[]} */
  const added = [];
  const results = await Promise.allSettled(Object.entries(files).map(async ([path, hash]) => {
    const key = keyOf(path);
    if (await cache.match(key)) return;
    const response = await fetch(new URL(path, SCOPE), { integrity: `sha256-${hash}`, cache: 'no-cache' }).catch(() => {
      throw new Error(`${path || 'the page itself'} did not arrive, or is of another version`);
    });
    await cache.put(key, response);
    added.push(key);
  }));
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const full = reasons.find(({ name }) => name === 'QuotaExceededError');
  if (full) await Promise.all(added.map((key) => cache.delete(key)));
  if (reasons.length) throw full ?? reasons[0];
  await caches.open(WHOLE + version);
}

/** Removes what other versions have left. */
async function clean() {
  const cache = await caches.open(FILES);
  const wanted = new Set([...Object.keys(files), ...Object.keys(later)].map(keyOf));
  for (const { url } of await cache.keys()) if (!wanted.has(url)) await cache.delete(url);
  for (const name of await caches.keys()) if (name.startsWith(WHOLE) && name !== WHOLE + version) await caches.delete(name);
}

/**
 * A file of a list that is whole comes from the cache, so that all parts of the page are of one version; else the cache is what is left without a connection.
 * @param {Request} request
 * @param {(work: Promise<unknown>) => void} wait for what goes on after the answer
 * @returns {Promise<Response>}
 */
async function find(request, wait) {
  const path = new URL(request.url).pathname.slice(SCOPE.pathname.length).replace(/^index\.html$/, '');
  if (!(path in files || path in later)) return fetch(request);
  const key = keyOf(path);
  const cache = await caches.open(FILES).catch(() => null);
  const usable = cache && (path in later || (await caches.has(WHOLE + version)));
  const kept = usable && (await cache.match(key));
  if (kept) return kept;
  try {
    const response = await fetch(request);
    if (path in later && response.status === 200) wait(cache?.put(key, response.clone()).catch(() => {}) ?? Promise.resolve());
    return response;
  } catch (error) {
    const last = await cache?.match(key);
    if (last) return last;
    throw error;
  }
}

/** @param {Response} response */
function isolated(response) {
  if (!response.status || response.type === 'opaque') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response([204, 304].includes(status) ? null : response.body, { status, statusText, headers });
}

const isIsolated = () => caches.has(ISOLATED).catch(() => false);

/** @type {Record<string, (args: any) => unknown>} */
const OPS = {
  fill,
  isolate: ({ on }) => (on ? caches.open(ISOLATED).then(() => {}) : caches.delete(ISOLATED)),
  state: async () => ({ isolated: await isIsolated() }),
  take: () => worker.skipWaiting(),
};

/** @param {{op: string}} message @param {MessagePort} port */
async function answer(message, port) {
  try {
    port.postMessage({ value: await OPS[message.op](message) });
  } catch (error) {
    const { name, message: words } = /** @type {Error} */ (error);
    port.postMessage({ error: { name, message: words } });
  }
}

// The first worker begins at once and is filled when the page has time for it; one that follows begins when it has everything.
worker.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(worker.registration.active ? fill() : worker.skipWaiting()));
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(clean().catch(() => {}).then(() => worker.clients.claim())));
worker.addEventListener('message', (/** @type {any} */ event) => event.waitUntil(answer(event.data, event.ports[0])));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(SCOPE.href)) return;
  const wait = (/** @type {Promise<unknown>} */ work) => event.waitUntil(work);
  event.respondWith(Promise.all([find(request, wait), isIsolated()]).then(([response, on]) => (on ? isolated(response) : response)));
});
