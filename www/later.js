// later.js - what the page can do without at first, and is fetched when all else is there.

import './folio/src/checkpoint/safetensors.js'; // a run that is kept needs it, perhaps without a connection

import { followEstimate, followMoves } from './estimate.js';
import { keepFiles } from './files.js';
import { offerInside } from './inside.js';
import { offerThreads, tellAlone } from './isolation.js';
import { keepOffline } from './offline.js';
import { followNumerics } from './numerics.js';
import { followPending } from './pending.js';
import { followPower } from './power.js';
import { takeKeys } from './shortcuts.js';
import { tellVerdicts } from './verdicts.js';

/** What is said of a setting calls others as the page does, not as the core does. @param {import('./state.js').State} state */
function nameSettings(state) {
  for (const doc of document.querySelectorAll('.field > .doc')) {
    doc.textContent = doc.textContent.replace(/\b[a-z]+_[a-z_]+\b/g, (name) => (state.rows.has(name) ? `“${state.row(name).label}”` : name));
  }
}

/**
 * @param {import('./training-panel.js').TrainingPanel} training @param {import('./state.js').State} state
 * @param {import('./text-panel.js').TextPanel} texts
 */
export async function finishPage(training, state, texts) {
  const { session, starts } = training;
  nameSettings(state);
  keepFiles(session, state, texts, starts);
  offerInside(session);
  followEstimate(session, state, texts);
  followMoves(session);
  followNumerics(session, state);
  tellVerdicts(session);
  followPending(training, state, texts);
  followPower(training, state);
  for (const chart of [import('./chart.js'), import('./uplot/uPlot.esm.js')]) chart.catch(() => {}); // the first point is not to wait for them
  takeKeys();
  const registration = await keepOffline(session);
  const offered = registration && (await offerThreads(session, registration));
  if (!offered) tellAlone(session.client.info.notes);
}
