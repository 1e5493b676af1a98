// notices.js - what the page has to say: each notice stands until it is dismissed, the newest first.

import { byId, element } from './dom.js';
import { isAbort } from './faults.js';

const MOST = 4;

/** @typedef {{label: string, run: () => void}} Action */

/**
 * @param {string} text
 * @param {{name?: string, bad?: boolean, action?: Action}} [options] name: of the error; bad: something failed
 */
export function notice(text, { name = '', bad = false, action } = {}) {
  const list = byId('notices', HTMLUListElement);
  for (const old of [...list.children]) if (/** @type {HTMLElement} */ (old).dataset.text === text) old.remove();
  const item = element('li', bad ? 'notice bad' : 'notice', '');
  item.dataset.text = text;
  const words = element('p', '', '');
  if (name) words.append(element('strong', '', name), ' ');
  words.append(text);
  item.append(words);
  if (action) item.append(button(action.label, item, action.run));
  item.append(button('Dismiss', item, () => {}));
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild?.remove();
}

/** @param {string} label @param {Element} item @param {() => void} run */
function button(label, item, run) {
  const made = element('button', 'quiet', label);
  made.type = 'button';
  made.addEventListener('click', () => {
    item.remove();
    run();
  });
  return made;
}

/**
 * Shows an error by name and reason. An abort was wanted, and is no error.
 * @param {unknown} error
 */
export function noticeError(error) {
  if (isAbort(error)) return;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  notice(error instanceof Error ? sentence(error.message) : String(error), { name: code, bad: true });
}

/** @param {string} words */
const sentence = (words) => words.replace(/[^.!?]$/, '$&.');

let announced = 0;

/**
 * Tells a screen reader, at most once in five seconds; what comes sooner is left out.
 * @param {string} words
 * @param {boolean} [always] even so: it answers something the reader just did
 */
export function announce(words, always = false) {
  const now = performance.now();
  if (!always && now - announced < 5000) return;
  announced = now;
  byId('announce', HTMLElement).textContent = words;
}
