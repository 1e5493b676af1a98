// isolation.js - more than one processor where the host sends no headers. Threads share memory, which a page may do only when it is cross-origin
// isolated; a service worker can add the headers that say so. Nobody gets one without asking: a button in the footer installs it, and removes it.

import { byId, say } from './dom.js';
import { notice, noticeError } from './notices.js';

const WORKER = 'isolation-worker.js';

const installed = async () => (await navigator.serviceWorker?.getRegistrations())?.find(({ active }) => active?.scriptURL.endsWith(`/${WORKER}`));

/** Resolves once the worker is active. @param {ServiceWorkerRegistration} registration */
async function active({ installing, waiting, active: done }) {
  const worker = installing ?? waiting;
  if (done || !worker) return;
  await new Promise((resolve, reject) => worker.addEventListener('statechange', () => {
    if (worker.state === 'activated') resolve(undefined);
    if (worker.state === 'redundant') reject(new Error('the service worker could not be installed'));
  }));
}

/**
 * Shows the button where it can do something.
 * @param {{busy: () => boolean}} run busy: a run would be lost by loading the page anew
 */
export async function offerThreads({ busy }) {
  const button = byId('threads', HTMLButtonElement);
  const on = await installed();
  const processors = navigator.hardwareConcurrency;
  const possible = Boolean(navigator.serviceWorker) && isSecureContext && processors > 1;
  button.hidden = !possible || (crossOriginIsolated && !on);
  say(button, on ? 'Use one processor' : `Use all ${processors} processors`);
  button.addEventListener('click', async () => {
    if (busy()) return notice('The page has to be loaded anew for this, which would end the run. Download its checkpoint, or reset it, first.');
    try {
      if (on) await on.unregister();
      else await active(await navigator.serviceWorker.register(WORKER));
      location.reload();
    } catch (error) {
      noticeError(error);
    }
  });
}
