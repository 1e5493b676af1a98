// offline.js - after the first visit the page works without a connection: service-worker.js keeps its files. A newer one is fetched beside the old, and
// taken when the reader says so; never while any tab has a run, which loading the page anew would end.

import { byId, say } from './dom.js';
import { notice, noticeError } from './notices.js';
import { on } from './training-panel.js';

/** @typedef {import('./session.js').Session} Session */

const RUN_LOCK = 'folio-run';

/** @param {string} words */
function tell(words) {
  const line = byId('offline', HTMLElement);
  say(line, words);
  line.hidden = false;
}

/**
 * Asks a service worker; what there is to ask stands in service-worker.js.
 * @param {ServiceWorker} worker
 * @param {{op: string} & Record<string, unknown>} message
 * @returns {Promise<any>}
 */
export function ask(worker, message) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data: { value, error } }) => (error ? reject(Object.assign(new Error(error.message), { name: error.name })) : resolve(value));
    worker.postMessage(message, [port2]);
  });
}

/** Whether a tab has a run that loading it anew would end. @param {Session} session */
export const busy = (session) => session.status !== 'idle';

/**
 * Registers the service worker.
 * @param {Session} session
 * @returns {Promise<ServiceWorkerRegistration | null>} active; null where there can be none, which the footer then tells
 */
export async function keepOffline(session) {
  if (location.protocol === 'file:') return null; // it is kept already
  const container = isSecureContext ? navigator.serviceWorker : undefined;
  if (!container) {
    tell('Not kept for use without a connection: this browser keeps no page here, as in some private windows or without https.');
    return null;
  }
  try {
    holdWhileBusy(session);
    const registration = await container.register('service-worker.js', { updateViaCache: 'none' });
    watch(container, registration, session);
    await isActive(registration);
    void keep(/** @type {ServiceWorker} */ (registration.active));
    return registration;
  } catch (error) {
    tell(`Not kept for use without a connection: ${reasonOf(error)}. All else works.`);
    return null;
  }
}

/** @param {ServiceWorker} worker */
async function keep(worker) {
  try {
    await ask(worker, { op: 'fill' });
    tell('Works without a connection: this browser has kept the page.');
  } catch (error) {
    tell(`Not kept for use without a connection: ${reasonOf(error)}. All else works.`);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  const { name, message } = /** @type {Error} */ (error);
  return name === 'QuotaExceededError' ? 'this browser has no room left for it' : message.replace(/\.$/, '');
}

/** @param {ServiceWorkerRegistration} registration */
async function isActive({ installing, waiting, active }) {
  const worker = installing ?? waiting;
  if (active || !worker) return;
  await new Promise((resolve, reject) => worker.addEventListener('statechange', () => {
    if (worker.state === 'activated') resolve(undefined);
    if (worker.state === 'redundant') reject(new Error('the service worker could not be installed'));
  }));
}

/** Other tabs see by a lock that this one has a run. @param {Session} session */
function holdWhileBusy(session) {
  let release = () => {};
  let held = false;
  const follow = () => {
    if (held === busy(session)) return;
    held = !held;
    release();
    if (!held) return;
    const over = new Promise((resolve) => (release = () => resolve(undefined)));
    void navigator.locks?.request(RUN_LOCK, { mode: 'shared' }, () => over);
  };
  on(session, 'status', follow);
  follow();
}

/** Offers a newer version as soon as it is there. @param {ServiceWorkerContainer} container @param {ServiceWorkerRegistration} registration @param {Session} session */
function watch(container, registration, session) {
  let controlled = Boolean(container.controller);
  container.addEventListener('controllerchange', () => {
    if (controlled && !busy(session)) location.reload();
    controlled = true;
  });
  const offer = () => whenQuiet(session, () => notice('A newer Folio is there.', { action: { label: 'Take it', run: () => void take(registration, session, offer).catch(noticeError) } }));
  if (registration.waiting && controlled) offer();
  registration.addEventListener('updatefound', () => {
    const { installing } = registration;
    installing?.addEventListener('statechange', () => installing.state === 'installed' && container.controller && offer());
  });
}

/** @param {ServiceWorkerRegistration} registration @param {Session} session @param {() => void} again */
async function take({ waiting }, session, again) {
  const free = !busy(session) && (!navigator.locks || (await navigator.locks.request(RUN_LOCK, { ifAvailable: true }, Boolean)));
  if (free) return waiting && ask(waiting, { op: 'take' });
  const whose = busy(session) ? 'the run' : 'the run in another tab';
  notice(`A newer Folio is taken by loading the page anew, which would end ${whose}. Download its checkpoint, or reset it, first.`, { action: { label: 'Try again', run: again } });
}

/** Now, or when no training is under way. @param {Session} session @param {() => void} run */
function whenQuiet(session, run) {
  const quiet = () => ['idle', 'paused', 'done'].includes(session.status);
  if (quiet()) return run();
  const wait = () => {
    if (!quiet()) return;
    session.removeEventListener('status', wait);
    run();
  };
  session.addEventListener('status', wait);
}
