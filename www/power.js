// power.js - how much of the machine training takes: effort, a pause while the tab is hidden, and an offer to whoever runs on a battery.

import { notice, noticeError } from './notices.js';
import { remember, remembered } from './remembered.js';
import { on } from './training-panel.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./state.js').State} State @typedef {import('./training-panel.js').TrainingPanel} TrainingPanel */
/** @typedef {EventTarget & {charging: boolean}} Battery */

/** The share of the time that training works in. @type {Record<string, number>} */
const SHARES = { all: 1, half: 0.5, quarter: 0.25 };

/** @param {TrainingPanel} training @param {State} state */
export function followPower(training, state) {
  const { session } = training;
  followEffort(session, state);
  followTab(training, state);
  void offerLess(session, state);
}

/** @param {Session} session @param {State} state */
function followEffort(session, state) {
  let share = 1;
  const follow = () => {
    const now = SHARES[String(state.get('effort'))];
    if (now === share) return;
    share = now;
    session.client.effort(share).catch(noticeError);
  };
  state.addEventListener('change', follow);
  follow();
}

/** @param {TrainingPanel} training @param {State} state */
function followTab(training, state) {
  /** What has been paused: the run, or both of a race. @type {Session|import('./race.js').Race|null} */
  let waits = null;
  document.addEventListener('visibilitychange', async () => {
    const runs = training.race ?? training.session;
    if (document.hidden && state.get('pause_hidden') && runs.status === 'training') {
      waits = runs;
      await runs.pause();
    } else if (!document.hidden && waits) {
      const paused = waits;
      waits = null;
      await paused.pause(); // it may be on its way
      void paused.train();
    }
  });
}

const TOLD = 'battery';

/** On a battery, once in this browser. @param {Session} session @param {State} state */
async function offerLess(session, state) {
  const { getBattery } = /** @type {{getBattery?: () => Promise<Battery>}} */ (/** @type {unknown} */ (navigator));
  const battery = await getBattery?.call(navigator).catch(() => undefined);
  if (!battery || remembered(TOLD)) return;
  let told = false;
  const look = () => {
    if (told || battery.charging || session.status !== 'training' || state.get('effort') !== 'all') return;
    told = true;
    remember(TOLD, 'yes');
    const action = { label: 'Half the effort', run: () => state.set('effort', 'half') };
    notice('This machine runs on its battery. Training can work half of the time, at half the speed.', { action });
  };
  on(session, 'status', look);
  battery.addEventListener('chargingchange', look);
  look();
}
