// app.js - puts the page together: the engine and the text are fetched at once, the settings come from the link, and every part is tied to the
// one session and the one state.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';
import { connect } from './folio/src/client.js';

import { Chart } from './chart.js';
import { byId, say } from './dom.js';
import { takeDrops } from './drop.js';
import { buildFields } from './form.js';
import { count } from './format.js';
import { offerThreads } from './isolation.js';
import { readLink, writeLink } from './link.js';
import { ModelPanel } from './model-panel.js';
import { announce, notice, noticeError } from './notices.js';
import { fetchPreset } from './presets.js';
import { Session } from './session.js';
import { readValue, settingsTable } from './settings.js';
import { StartPanel, learntIn, takeConfig } from './start-panel.js';
import { State } from './state.js';
import { TextPanel } from './text-panel.js';
import { TokenPanel } from './token-panel.js';
import { TrainingPanel } from './training-panel.js';
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
  const connecting = connect({ abortAfter: PATIENCE });
  const texts = new TextPanel();
  const chart = new Chart();
  const client = await connecting;

  const state = new State(settingsTable(client.settings));
  await applyLink(state);
  buildFields(state);
  followPreset(state);
  followLink(state);
  const session = new Session(client, () => penOf(state));
  const starts = new StartPanel(state, texts, client);
  const training = new TrainingPanel(session, state, chart, starts);
  new WritingPanel(session, state, () => training.open());
  keepFiles(session, state, texts, starts);
  const { variant, threads, numerics } = client.info;
  say(byId('engine', HTMLElement), `Everything happens in this tab: no server, no account, no GPU. Engine: ${variant}, ${threads === 1 ? 'one thread' : `${threads} threads`}, ${numerics} numerics.`);
  void offerThreads({ busy: () => session.status !== 'idle' });
  start.removeEventListener('click', early);
  const arrived = texts.start(state).catch(noticeError);
  new ModelPanel(client, state, new TokenPanel(client, session, state, texts));
  if (wanted) void training.go();
  await arrived;
  document.body.dataset.ready = 'true';
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

/** @param {State} state */
async function applyLink(state) {
  const { values, notices } = readLink(location.hash, state.rows);
  for (const words of notices) notice(words, { name: 'LINK', bad: true });
  const name = String(values.get('preset') ?? state.get('preset'));
  values.delete('preset');
  const preset = await fetchPreset(name, state.rows).catch((error) => {
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
  state.addEventListener('change', async () => {
    const chosen = String(state.get('preset'));
    if (chosen === name) return;
    name = chosen;
    try {
      const values = await fetchPreset(chosen, state.rows);
      if (state.get('preset') === chosen) state.usePreset(chosen, values);
    } catch (error) {
      noticeError(error);
    }
  });
}

/** The address always is the link to the present state; an address typed over it is followed. @param {State} state */
function followLink(state) {
  let timer = 0;
  let written = location.hash;
  const write = () => {
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
  byId('copy-link', HTMLButtonElement).addEventListener('click', async ({ currentTarget }) => {
    write();
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    try {
      await navigator.clipboard.writeText(location.href);
      say(button, 'Copied');
      announce('The link is copied.', true);
      setTimeout(() => say(button, 'Copy link'), 2000);
    } catch {
      notice(`The browser does not let the page copy; here is the link: ${location.href}`);
    }
  });
}

/** Checkpoints as files. @param {Session} session @param {State} state @param {TextPanel} texts @param {StartPanel} starts */
function keepFiles(session, state, texts, starts) {
  byId('download', HTMLButtonElement).addEventListener('click', async () => {
    try {
      const bytes = await session.checkpoint();
      if (!bytes) return;
      const anchor = document.createElement('a');
      anchor.href = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]));
      anchor.download = `folio-step-${session.step}.safetensors`;
      anchor.click();
      setTimeout(() => URL.revokeObjectURL(anchor.href), 60000);
    } catch (error) {
      noticeError(error);
    }
  });
  /** Whether the file's training goes on with this text. @param {import('./text.js').Text} text @param {Uint8Array} bytes */
  const resume = async (text, bytes) => {
    try {
      await session.open({ text, config: {} }, bytes);
      return true;
    } catch (error) {
      noticeError(error);
      return false;
    }
  };
  const open = async (/** @type {File} */ file) => {
    try {
      const text = texts.text ?? (await texts.ready);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const writer = await session.client.open(bytes);
      const { config, step, parameters } = writer;
      await writer.close();
      const of = `${file.name} is open: ${count(step)} steps, ${count(parameters)} parameters.`;
      const learnt = learntIn(bytes);
      const other = learnt !== undefined && learnt !== fingerprint(text.text);
      const resumed = !other && (await resume(text, bytes));
      if (resumed) takeConfig(state, config);
      starts.offer(file.name, { bytes, config }, !resumed);
      notice(resumed ? of : `${of} Start lets it learn the text that stands here${other ? ', which is another than it has learnt' : ''}.`);
    } catch (error) {
      noticeError(error);
    }
  };
  const input = byId('checkpoint-file', HTMLInputElement);
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (file) void open(file);
  });
  takeDrops({ text: (file) => void texts.takeFile(file), checkpoint: (file) => void open(file) });
}

main().catch((error) => {
  say(byId('start', HTMLButtonElement), 'Start');
  noticeError(error);
});
