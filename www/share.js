// share.js - links that carry more than settings, and files that carry all: what this page came with, and the button to pass one on. What either
// needs is fetched when it is needed.

import { byId } from './dom.js';
import { noticeError } from './notices.js';
import { withSheet } from './sheets.js';

/**
 * @typedef {import('./folio/src/link/link.js').Link} Link
 * @typedef {object} Parts of the page
 * @property {Link} link
 * @property {import('./folio/src/client.js').Client} client
 * @property {import('./session.js').Session} session
 * @property {import('./state.js').State} state
 * @property {import('./text-panel.js').TextPanel} texts
 * @property {import('./training-panel.js').TrainingPanel} training
 * @property {import('./writing-panel.js').WritingPanel} writing
 * @property {{keep: () => void}} address
 */

/** How much longer than in a link the unpacked parts of a saved page may be. */
export const IN_FILE = 2;

/**
 * What a page that was saved as one file came with; null on the site.
 * @returns {{fragment: string, parts: import('./folio/src/link/link.js').Parts}|null}
 */
export const carried = () => JSON.parse(document.getElementById('carried')?.textContent || 'null');

/** The settings that the page came with, as they are written. */
export const arrivedFragment = () => location.hash || carried()?.fragment || '';

/** The link of the address; in a saved page without one, what it came with, whose parts may be as long as they are. @returns {Promise<Link>} */
export async function arrivedLink() {
  const file = location.hash ? null : carried();
  if (!file && !location.hash) return { version: 0, settings: new Map(), parts: {}, faults: [] };
  const { readLink } = await import('./folio/src/link/link.js');
  if (!file) return readLink(location.hash);
  const link = readLink(file.fragment);
  return { ...link, parts: { ...link.parts, ...file.parts } };
}

/** The first text, the link's run and the Share button. @param {Parts} page */
export async function tieShare(page) {
  const { link, texts, state } = page;
  const button = byId('share', HTMLButtonElement);
  button.addEventListener('click', () => void Promise.all([import('./share-dialog.js'), withSheet('css/share.css')]).then(([{ openShare }]) => openShare(page, button)).catch(noticeError));
  const arrival = link.version ? withSheet('css/share.css').then(() => import('./arrival.js')) : undefined;
  const given = link.parts.own ? arrival?.then(({ textOf }) => textOf(link.parts)).catch(noticeError) : undefined;
  await texts.start(state, /** @type {Promise<import('./text.js').Text|undefined>|undefined} */ (given)).catch(noticeError);
  await arrival?.then(({ Arrival }) => new Arrival(page).show()).catch(noticeError);
}
