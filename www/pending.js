// pending.js - whether the settings and the text that stand on the page still are those of the run, which keeps its own.

import { byId, say } from './dom.js';
import { notice } from './notices.js';
import { isAsSet } from './timed.js';

/** @param {import('./training-panel.js').TrainingPanel} training @param {import('./state.js').State} state @param {import('./text-panel.js').TextPanel} texts */
export function followPending(training, state, texts) {
  const pending = byId('pending', HTMLElement);
  let withdraw = () => {};
  /** The run that Start or Resume trains: in a race, the one that the page describes. */
  const shown = () => training.race?.b ?? training.session;
  const isText = () => (shown().source?.text.fingerprint ?? state.get('text')) === state.get('text');
  const look = () => {
    const { config } = shown();
    const same = isText();
    pending.hidden = same && (!config || isAsSet(state, config));
    const first = (training.race ?? training.session).status === 'done' ? 'Start again' : 'Reset';
    const [what, it] = same ? ['settings have', 'them'] : ['text has', 'it'];
    say(pending, `The ${what} changed since this run began. ${first}, and the next run uses ${it}.`);
    if (same) withdraw();
  };
  training.tellPending = look;
  state.addEventListener('change', look);
  // Whoever brings a text looks at the text, and not at the line below the chart.
  texts.addEventListener('text', () => {
    withdraw();
    if (isText()) return;
    const action = { label: 'Reset', run: () => void training.clear() };
    withdraw = notice('The run that is there keeps the text that it began with. Reset puts it aside, and the next one learns this text.', { action });
  });
  look();
}
