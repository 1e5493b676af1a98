// save-file.js - the page as one file. `make site` has made it, folio.html, with a place for what it shall carry.

import { download } from './download.js';

/** Where folio.html has what it carries. */
const PLACE = '<script type="application/json" id="carried">null</script>';

/**
 * Downloads the page with a run in it.
 * @param {string} fragment of the link
 * @param {{own?: string, weights?: string}} parts packed, of any length
 */
export async function saveFile(fragment, parts) {
  const url = new URL('./folio.html', import.meta.url);
  const failure = (/** @type {string} */ why) => new Error(`The page as one file did not arrive (${url.pathname}: ${why}).`);
  const response = await fetch(url).catch((error) => {
    throw failure(error.message);
  });
  if (!response.ok) throw failure(`${response.status} ${response.statusText}`);
  const page = await response.text();
  const at = page.indexOf(PLACE);
  if (at < 0) throw failure('it is another file than this page expects');
  const json = JSON.stringify({ fragment, parts }).replaceAll('<', '\\u003c');
  const blob = new Blob([page.slice(0, at), PLACE.replace('null', () => json), page.slice(at + PLACE.length)], { type: 'text/html' });
  download(blob, 'folio.html');
}
