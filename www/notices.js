// notices.js - what the page has to say: each notice stands until it is dismissed, the newest first.

import { byId, element } from './dom.js';
import { isAbort } from './faults.js';

const MOST = 4;

/** @typedef {{label: string, run: () => void}} Action */

/**
 * @param {string} text
 * @param {{name?: string, kind?: string, bad?: boolean, action?: Action, actions?: Action[]}} [options] name: of the error; kind: it takes the place of
 *   others of its kind; bad: something failed; actions: what can be done about it, each of which dismisses it too
 * @returns {() => void} dismisses it
 */
export function notice(text, { name = '', kind = '', bad = false, action, actions = action ? [action] : [] } = {}) {
  const list = byId('notices', HTMLUListElement);
  for (const old of [...list.children]) if (/** @type {HTMLElement} */ (old).dataset.text === text) old.remove();
  const item = element('li', bad ? 'notice bad' : 'notice', '');
  item.dataset.text = text;
  if (kind) withdraw(kind);
  if (kind) item.dataset.kind = kind;
  if (name) item.dataset.name = name;
  item.append(element('p', '', text));
  for (const { label, run } of actions) item.append(button(label, item, run));
  item.append(button('Dismiss', item, () => {}));
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild?.remove();
  return () => item.remove();
}

/** Takes back the notice of a kind: its cause is gone. @param {string} kind */
export function withdraw(kind) {
  document.querySelector(`.notice[data-kind="${kind}"]`)?.remove();
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
 * Shows an error by its reason, one of a name at a time. An abort was wanted, and is no error.
 * @param {unknown} error
 */
export function noticeError(error) {
  if (isAbort(error)) return;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  notice(error instanceof Error ? sentence(error.message) : String(error), { name: code, kind: code, bad: true });
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
