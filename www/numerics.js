// numerics.js - the engine's numerics are chosen when it is loaded: another choice takes effect with the page.

import { notice } from './notices.js';
import { busy } from './offline.js';

/** @param {import('./session.js').Session} session @param {import('./state.js').State} state */
export function followNumerics(session, state) {
  const loaded = state.get('numerics');
  let before = loaded;
  let dismiss = () => {};
  const anew = () => {
    if (!busy(session)) return location.reload();
    dismiss = notice('The page has to be loaded anew for other numerics, which would end the run. Download its checkpoint, or reset it, first.', { action: { label: 'Load it anew', run: anew } });
  };
  state.addEventListener('change', () => {
    const now = state.get('numerics');
    if (now === before) return;
    before = now;
    dismiss();
    if (now === loaded) return;
    const own = state.get('text') ? ' Your text has to be brought again then.' : '';
    dismiss = notice(`The page has to be loaded anew for ${now} numerics.${own}`, { action: { label: 'Load it anew', run: anew } });
  });
}
