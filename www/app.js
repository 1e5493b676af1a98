// app.js - puts the page together: the engine and the text are fetched at once, the settings come from the link, and every part is tied to the
// one session and the one state.

import { connect } from './folio/src/client.js';

import { byId, say } from './dom.js';
import { buildFields } from './form.js';
import { numericsOf, settingsOf, writeLink } from './link.js';
import { ModelPanel } from './model-panel.js';
import { notice, noticeError } from './notices.js';
import { askAhead, fetchPreset } from './presets.js';
import { Session } from './session.js';
import { readValue, settingsTable } from './settings.js';
import { arrivedFragment, arrivedLink, tieShare } from './share.js';
import { StartPanel } from './start-panel.js';
import { State } from './state.js';
import { TextPanel } from './text-panel.js';
import { TokenPanel } from './token-panel.js';
import { TrainingPanel } from './training-panel.js';
import { tellWhileLate } from './waiting.js';
import { WritingPanel, penOf } from './writing-panel.js';

/** Milliseconds that a worker has to stop in; then it is replaced, and the run goes back to its last checkpoint. */
const PATIENCE = 1000;

/** Starting is possible from the first moment: a click that comes before the engine waits for it. */
let wanted = false;
const early = () => {
  wanted = true;
  say(byId('start', HTMLButtonElement), 'Starting…');
};

async function main() {
  const start = byId('start', HTMLButtonElement);
  start.addEventListener('click', early);
  openFolds();
  const connecting = connect({ abortAfter: PATIENCE, numerics: numericsOf(arrivedFragment()) });
  askAhead(location.hash);
  const texts = new TextPanel();
  const arriving = arrivedLink();
  tellWhileLate('the engine', connecting);
  tellWhileLate('the text', texts.ready);
  const client = await connecting;

  const state = new State(settingsTable(client.settings));
  const link = await arriving;
  await applyLink(state, link);
  buildFields(state);
  followPreset(state);
  const address = followLink(state, link);
  const session = new Session(client, () => penOf(state));
  const starts = new StartPanel(state, texts, client);
  const training = new TrainingPanel(session, state, starts);
  showRuns(training);
  const writing = new WritingPanel(session, state, () => training.open());
  const { variant, threads, numerics } = client.info;
  say(byId('engine', HTMLElement), `Everything happens in this tab: no server, no account, no GPU. Engine: ${variant}, ${threads === 1 ? 'one thread' : `${threads} threads`}, ${numerics} numerics.`);
  start.removeEventListener('click', early);
  const arrived = tieShare({ link, client, session, state, texts, training, writing, address });
  const tokens = new TokenPanel(client, session, state, texts);
  new ModelPanel(client, state, tokens);
  if (wanted) void training.go();
  await arrived;
  document.body.dataset.ready = String(performance.now()); // ms since the visit began
  const [{ Keep }, { finishPage }] = await Promise.all([import('./keep.js'), import('./later.js')]);
  await Promise.all([new Keep(session, state, texts).offer(), finishPage(training, state, texts), tokens.finish()]);
}

/** The list of runs is fetched with the first run; where it does not arrive, with what the run does next. @param {TrainingPanel} training */
function showRuns(training) {
  const fetching = async () => {
    try {
      const { RunsPanel } = await import('./runs-panel.js');
      new RunsPanel(training);
    } catch (error) {
      noticeError(error);
      showRuns(training);
    }
  };
  training.session.addEventListener('status', () => void fetching(), { once: true });
}

/** The sections that can be folded are open where there is room for them. */
function openFolds() {
  const wide = matchMedia('(min-width: 800px)');
  const follow = () => {
    for (const fold of document.querySelectorAll('details.fold')) /** @type {HTMLDetailsElement} */ (fold).open = wide.matches;
  };
  wide.addEventListener('change', follow);
  follow();
}

/** @param {State} state @param {import('./share.js').Link} link */
async function applyLink(state, link) {
  const { values, notices } = settingsOf(link, state.rows);
  for (const words of notices) notice(words, { name: 'LINK', bad: true });
  const name = String(values.get('preset') ?? state.get('preset'));
  values.delete('preset');
  const fetching = fetchPreset(name, state.rows);
  tellWhileLate('the preset', fetching);
  const preset = await fetching.catch((error) => {
    noticeError(error);
    return new Map();
  });
  for (const [setting, value] of state.usePreset(name, preset, values)) {
    const read = readValue(state.row(setting), String(value));
    if ('fault' in read) notice(`Left out of the link: ${setting} ${read.fault}.`, { name: 'LINK', bad: true });
  }
}

/** Choosing a preset fetches it. @param {State} state */
function followPreset(state) {
  let name = state.get('preset');
  let taken = name; // its settings stand there
  state.addEventListener('change', async () => {
    const chosen = String(state.get('preset'));
    if (chosen === name) return;
    name = chosen;
    try {
      const values = await fetchPreset(chosen, state.rows);
      if (state.get('preset') !== chosen) return;
      taken = chosen;
      state.usePreset(chosen, values);
    } catch (error) {
      noticeError(error);
      if (state.get('preset') === chosen) state.set('preset', (name = taken));
    }
  });
}

/**
 * The address always is the link to the present state; an address typed over it is followed. One that carries a run stands as it came until
 * something is set otherwise.
 * @param {State} state @param {import('./share.js').Link} link
 * @returns {{keep: () => void}} keep: the state is as such a link means it
 */
function followLink(state, link) {
  let timer = 0;
  let written = location.hash;
  let came = link.version ? writeLink(state) : null;
  const write = () => {
    if (writeLink(state) === came) return;
    came = null;
    written = writeLink(state);
    if (written !== location.hash) history.replaceState(null, '', written || location.pathname + location.search);
  };
  state.addEventListener('change', () => {
    clearTimeout(timer);
    timer = window.setTimeout(write, 150);
  });
  addEventListener('hashchange', () => {
    if (location.hash !== written) location.reload();
  });
  write();
  return { keep: () => (came = came === null ? null : writeLink(state)) };
}

main().catch((error) => {
  say(byId('start', HTMLButtonElement), 'Start');
  if (!document.body.dataset.ready) say(byId('status', HTMLElement), 'The page cannot train: what is the matter stands above. Load it anew to try again.');
  noticeError(error);
});
