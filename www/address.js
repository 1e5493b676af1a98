// address.js - a text from an address: asked of the one host that the reader has named, without cookies.

import { LONGEST, decode, makeText } from './text.js';

/** @typedef {import('./text.js').Text} Text */

/**
 * The address that a person has typed; `https://` may be left out.
 * @param {string} typed
 * @returns {{url: URL} | {fault: string}} fault: what is wrong with it, in words; '' where nothing is typed yet
 */
export function readAddress(typed) {
  const plain = typed.trim();
  if (!plain) return { fault: '' };
  let url;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(plain) && !/^[^/]*:\d/.test(plain) ? plain : `https://${plain}`);
  } catch {
    return { fault: 'This is no address.' };
  }
  if (url.hostname.includes('%')) return { fault: 'This is no address.' }; // some engines let a space pass
  if (url.protocol !== 'https:') return { fault: `Only addresses that begin with https:// can be asked, not ${url.protocol}` };
  if (url.username || url.password) return { fault: 'An address with a name or a password in it is not asked.' };
  url.hash = '';
  return { url };
}

/**
 * Fetches a text. Only that host is asked: an answer that leads to another one is not followed.
 * @param {URL} url
 * @param {{signal?: AbortSignal, progress?: (bytes: number) => void, most?: number, fetching?: typeof fetch}} [options] progress: how much has arrived;
 *   most: bytes that are taken
 * @returns {Promise<Text>} rejects with an Error in words, or with the signal's reason
 */
export async function fetchAddress(url, { signal, progress = () => {}, most = LONGEST, fetching = fetch } = {}) {
  const { host } = url;
  const response = await fetching(url, { signal, mode: 'cors', credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'manual', cache: 'no-store' }).catch(() => {
    signal?.throwIfAborted();
    throw new Error(`${host} did not give this file to the page. It may be out of reach, or not let other pages read its files (CORS): download it, and open it here`);
  });
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    throw new Error(`${host} sends on to another address, which is not followed. Open the address in a tab of its own, and bring the one that it leads to`);
  }
  if (!response.ok) throw new Error(`${host} answered ${response.status}${response.statusText && ` ${response.statusText}`}: there is no text at this address for the page`);
  const tooLong = (/** @type {string} */ size) => new Error(`${host} has a file of ${size} bytes; at most ${most} can be learned from in a tab`);
  const said = Number(response.headers.get('content-length'));
  if (said > most) {
    await response.body?.cancel();
    throw tooLong(String(said));
  }
  const parts = [];
  let arrived = 0;
  for (const reader = response.body?.getReader(); reader;) {
    const { done, value } = await reader.read().catch((error) => {
      signal?.throwIfAborted();
      throw new Error(`${host} stopped in the middle of the file (${error.message}); ${arrived} bytes had arrived`);
    });
    if (done) break;
    arrived += value.length;
    if (arrived > most) {
      await reader.cancel();
      throw tooLong(`more than ${most}`);
    }
    parts.push(value);
    progress(arrived);
  }
  const name = nameOf(url);
  return makeText(name, decode(name, await new Blob(parts).arrayBuffer()));
}

/** The file's name, else the host's. @param {URL} url */
function nameOf({ pathname, host }) {
  const last = pathname.split('/').filter(Boolean).at(-1) ?? host;
  try {
    return decodeURIComponent(last).slice(0, 80);
  } catch {
    return last.slice(0, 80);
  }
}
