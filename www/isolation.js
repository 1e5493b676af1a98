// isolation.js - more than one processor where the host sends no headers. Threads share memory, which a page may do only when it is cross-origin
// isolated; the service worker can add the headers that say so. Nobody gets them without asking: a button in the footer turns them on, and off.

import { byId, say } from './dom.js';
import { notice, noticeError } from './notices.js';
import { ask, busy } from './offline.js';

/**
 * Shows the button where it can do something.
 * @param {import('./session.js').Session} session
 * @param {ServiceWorkerRegistration} registration active
 * @returns {Promise<boolean>} whether it does
 */
export async function offerThreads(session, { active }) {
  const worker = /** @type {ServiceWorker} */ (active);
  const button = byId('threads', HTMLButtonElement);
  const { isolated } = await ask(worker, { op: 'state' });
  const processors = navigator.hardwareConcurrency;
  button.hidden = !(processors > 1) || (crossOriginIsolated && !isolated);
  say(button, isolated ? 'Use one processor' : `Use all ${processors} processors`);
  button.addEventListener('click', async () => {
    if (busy(session)) return void notice('The page has to be loaded anew for this, which would end the run. Download its checkpoint, or reset it, first.');
    try {
      await ask(worker, { op: 'isolate', on: !isolated });
      location.reload();
    } catch (error) {
      noticeError(error);
    }
  });
  return !button.hidden;
}

/** Where nothing can be done about it, why one thread works alone. @param {readonly string[]} notes of the engine */
export function tellAlone(notes) {
  if (notes.length) byId('engine', HTMLElement).append(` ${notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(' ')}`);
}
