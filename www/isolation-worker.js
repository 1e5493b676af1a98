// isolation-worker.js - a service worker that passes every answer of this site on with the two headers that make the page cross-origin isolated.
// It stores nothing and changes nothing else. isolation.js installs and removes it.

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @param {Request} request */
async function isolated(request) {
  const response = await fetch(request);
  if (!response.status || response.type === 'opaque') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response([204, 304].includes(status) ? null : response.body, { status, statusText, headers });
}

const worker = /** @type {any} */ (self);
worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  if (new URL(event.request.url).origin === location.origin) event.respondWith(isolated(event.request));
});
