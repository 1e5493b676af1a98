// in-one-file.js - the page saved as one file, opened from a disk: what the site would fetch, and the workers' scripts, stand in the file itself.
// tests/one-file.js puts this first into the file's script and into each worker's; the site does without it.

/** Files by their path on the site, deflated, in base64. @typedef {Record<string, string>} Files */

const scope = /** @type {any} */ (globalThis);

/** @type {Files} in a worker, what the page has put before its script */
const enclosed = scope.document ? JSON.parse(document.getElementById('files')?.textContent ?? '{}') : scope.files;

/** Ends of names, and what a server would say of such a file. */
const TYPES = new Map([['wasm', 'application/wasm'], ['json', 'application/json'], ['txt', 'text/plain; charset=utf-8']]);

/** @param {string} path */
function unpacked(path) {
  const bytes = Uint8Array.from(atob(enclosed[path]), (character) => character.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
}

/** Beside this file, or on the site that modules believe to be on. @param {string | URL | Request} address */
function pathOf(address) {
  const { href, pathname } = new URL(address instanceof Request ? address.url : address, scope.document?.baseURI);
  const folder = scope.document ? new URL('.', scope.document.baseURI).href : '';
  return folder && href.startsWith(folder) ? href.slice(folder.length) : pathname.slice(1);
}

/** @param {string | URL | Request} address @returns {Promise<Response>} */
scope.fetch = async (address) => {
  const path = pathOf(address);
  if (!Object.hasOwn(enclosed, path)) throw new TypeError('it is no part of this file');
  return new Response(unpacked(path), { headers: { 'content-type': TYPES.get(path.split('.').at(-1) ?? '') ?? 'application/octet-stream' } });
};

if (scope.document) {
  const needed = Object.fromEntries(Object.entries(enclosed).filter(([path]) => path.endsWith('.wasm')));
  scope.Worker = class extends Worker {
    /** @param {string | URL} address */
    constructor(address) {
      const script = [`globalThis.files = ${JSON.stringify(needed)};\n`, document.getElementById(pathOf(address))?.textContent ?? ''];
      super(URL.createObjectURL(new Blob(script, { type: 'text/javascript' })));
    }
  };
}

export {}; // a module: its names are its own
