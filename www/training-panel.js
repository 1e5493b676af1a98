// training-panel.js - the Training section: the buttons, the figures, and where the run stands, in words.

import { byId, element, say } from './dom.js';
import { count, duration, loss, short, small } from './format.js';
import { levelsOf } from './levels.js';
import { announce, notice, noticeError } from './notices.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./chart.js').Chart} Chart @typedef {import('./state.js').State} State */
/** @typedef {{step: number, loss: number, lr: number, grad_norm: number, tokens: number, seconds: number}} StepEvent */

/** Milliseconds between two showings of the figures, so that they can be read. */
const PERIOD = 150;
/** Seconds of training over which the speed is taken. */
const WINDOW = 0.5;
/** Seconds too few to say anything new. */
const LEAST = 0.05;

/** What the first button says and does in each state. @type {Record<import('./session.js').Status, string>} */
const LABELS = { idle: 'Start', opening: 'Starting…', training: 'Pause', pausing: 'Pausing…', paused: 'Resume', done: 'Start again' };

export class TrainingPanel {
  #start = byId('start', HTMLButtonElement);
  #stepButton = byId('step', HTMLButtonElement);
  #reset = byId('reset', HTMLButtonElement);
  /** @type {StepEvent[]} the last ones */
  #recent = [];
  #shown = 0;
  /** @type {import('./session.js').Status} */
  #before = 'idle';
  /** Tokens and steps a second. @type {{tokens: number, steps: number}|null} */
  #speed = null;

  /**
   * @param {Session} session @param {State} state @param {Chart} chart
   * @param {import('./start-panel.js').StartPanel} starts what a new run is made of
   */
  constructor(session, state, chart, starts) {
    this.session = session;
    this.state = state;
    this.chart = chart;
    this.starts = starts;
    this.#start.addEventListener('click', () => void this.go());
    this.#stepButton.addEventListener('click', () => void this.#one());
    this.#reset.addEventListener('click', () => void this.clear());
    on(session, 'status', () => this.#status());
    on(session, 'step', (/** @type {StepEvent} */ event) => this.#step(event));
    on(session, 'eval', (/** @type {{step: number, val_loss: number}} */ event) => this.#eval(event));
    on(session, 'history', () => this.#history());
    on(session, 'old', () => this.#old());
    on(session, 'note', (/** @type {string} */ note) => notice(`${note[0].toUpperCase()}${note.slice(1)}.`));
    on(session, 'baselines', () => this.#draw());
    on(session, 'recovered', (/** @type {{error: Error, reached: number, step: number, lost: boolean}} */ event) => recovered(event));
    on(session, 'fault', noticeError);
    starts.addEventListener('choice', () => void this.clear());
    state.addEventListener('change', () => this.#pending());
    this.#status();
  }

  /** The first button: start, pause or resume. */
  async go() {
    const { session } = this;
    if (session.status === 'training') return session.pause();
    if (session.status === 'opening' || session.status === 'pausing') return;
    if (session.status === 'done') await this.clear();
    if (await this.open()) void session.train();
  }

  async #one() {
    const { session } = this;
    if (session.status === 'training') await session.pause();
    if (await this.open()) await session.train(session.step + 1);
  }

  /** A run, if there is none yet. @returns {Promise<boolean>} */
  async open() {
    if (this.session.status !== 'idle') return true;
    try {
      await this.session.open(await this.starts.source());
      return true;
    } catch (error) {
      noticeError(error);
      return false;
    }
  }

  /** Puts the run aside, if there is one. */
  async clear() {
    try {
      const shelf = await this.session.reset();
      if (!shelf) return;
      const steps = count(shelf.history.steps.at(-1) ?? 0);
      notice(`The run of ${steps} steps is put aside.`, { action: { label: 'Bring it back', run: () => void this.session.restore(shelf).catch(noticeError) } });
    } catch (error) {
      noticeError(error);
    }
  }

  #status() {
    const { status } = this.session;
    say(this.#start, LABELS[status]);
    this.#start.classList.toggle('running', status === 'training');
    this.#start.setAttribute('aria-busy', String(status === 'opening' || status === 'pausing'));
    this.#stepButton.disabled = status === 'opening' || status === 'pausing' || status === 'done';
    this.#reset.disabled = status === 'idle' || status === 'opening';
    byId('download', HTMLButtonElement).disabled = status === 'idle' || status === 'opening';
    document.body.dataset.status = status;
    if (status === 'training') this.#recent = [];
    else this.#show();
    if (status === 'training' || status === 'done' || (status === 'paused' && this.#before === 'pausing')) announce(this.#words(), true);
    this.#before = status;
    this.#pending();
  }

  /** @param {StepEvent} event */
  #step(event) {
    if (event.seconds < (this.#recent.at(-1)?.seconds ?? 0)) this.#recent = []; // another stretch
    this.#recent.push(event);
    while (this.#recent.length > 2 && event.seconds - this.#recent[1].seconds > WINDOW) this.#recent.shift();
    this.#draw();
    const now = performance.now();
    if (now - this.#shown > PERIOD) this.#show();
  }

  /** @param {{step: number, val_loss: number}} event */
  #eval(event) {
    const { history } = this.session;
    say(byId('val-loss', HTMLElement), loss(event.val_loss));
    this.#draw();
    this.#row(event.step, history.loss, event.val_loss);
    announce(`Step ${count(event.step)}: training loss ${history.loss === null ? 'unknown' : loss(history.loss)}, validation loss ${loss(event.val_loss)}.`);
  }

  /** What the model does with the text it learnt before: at first, and now. */
  #old() {
    const { olds } = this.session.history;
    const [first, last] = [olds[0], olds.at(-1)];
    byId('old-figure', HTMLElement).hidden = !first;
    if (!first || !last) return;
    say(byId('old-loss', HTMLElement), first === last ? loss(first.loss) : `${loss(first.loss)} → ${loss(last.loss)}`);
  }

  /** @param {number} step @param {number|null} train @param {number} val */
  #row(step, train, val) {
    const row = element('tr', '', '');
    const head = element('th', '', count(step));
    head.scope = 'row';
    row.append(head, element('td', '', train === null ? '–' : loss(train)), element('td', '', loss(val)));
    byId('table', HTMLTableElement).tBodies[0].append(row);
  }

  #draw() {
    const { history, baselines, run } = this.session;
    this.chart.show(history, levelsOf(baselines, run?.vocabSize ?? 0));
  }

  #history() {
    const { history } = this.session;
    byId('table', HTMLTableElement).tBodies[0].replaceChildren();
    history.steps.forEach((step, i) => {
      const val = history.vals[i];
      if (val !== null) this.#row(step, history.smooth[i] ?? history.loss, val);
    });
    this.#old();
    this.#draw();
    this.#recent = [];
    this.#speed = null;
    this.#show();
  }

  /** The figures, as of now. */
  #show() {
    this.#shown = performance.now();
    const { history, step, maxSteps } = this.session;
    const last = this.#recent.at(-1);
    const speed = this.#measure();
    const none = '–';
    say(byId('loss', HTMLElement), history.loss === null ? none : loss(history.loss));
    say(byId('val-loss', HTMLElement), history.val === null ? none : loss(history.val));
    say(byId('speed', HTMLElement), speed ? short(speed.tokens) : none);
    say(byId('eta', HTMLElement), speed && step < maxSteps ? duration((maxSteps - step) / speed.steps) : none);
    if (last || !history.steps.length) {
      say(byId('rate', HTMLElement), last ? small(last.lr) : none);
      say(byId('norm', HTMLElement), last ? small(last.grad_norm) : none);
    }
    const bar = byId('progress', HTMLElement);
    bar.setAttribute('aria-valuenow', String(step));
    bar.setAttribute('aria-valuemax', String(maxSteps || this.state.get('max_iters')));
    bar.style.setProperty('--done', String(maxSteps ? step / maxSteps : 0));
    say(byId('status', HTMLElement), this.#words());
    document.title = this.session.status === 'training' ? `${loss(history.loss ?? NaN)} at ${count(step)} · Folio` : 'Folio: a GPT learns to write in this tab';
  }

  /** The speed over the last steps, or the one before where there are too few of them. */
  #measure() {
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    if (!first || !last) return this.#speed;
    const seconds = last.seconds - first.seconds;
    if (seconds > (this.#speed ? LEAST : 0)) this.#speed = { tokens: (last.tokens - first.tokens) / seconds, steps: (last.step - first.step) / seconds };
    return this.#speed;
  }

  #words() {
    const { status, step, maxSteps } = this.session;
    const where = `step ${count(step)} of ${count(maxSteps)}`;
    switch (status) {
      case 'idle':
        return 'Ready when you are.';
      case 'opening':
        return 'Reading the text and making the model.';
      case 'training':
        return step >= maxSteps ? 'Measuring the whole validation part.' : `Training: ${where}`;
      case 'pausing':
        return `Pausing at ${where}`;
      case 'paused':
        return `Paused at ${where}`;
      default:
        return `Done: ${count(step)} steps`;
    }
  }

  /** Whether the settings still are the run's. */
  #pending() {
    const { config } = this.session;
    const changed = config && Object.entries(this.state.config()).some(([key, value]) => config[key] !== value);
    byId('pending', HTMLElement).hidden = !changed;
  }
}

/** @param {{error: Error, reached: number, step: number, lost: boolean}} event */
function recovered({ error, reached, step, lost }) {
  const reason = error.message.replace(/\.$/, '');
  const code = 'code' in error ? String(error.code) : '';
  if (!lost) return notice(`The worker stopped (${reason}); a fresh one is ready.`, { name: code, bad: true });
  notice(`The worker stopped at step ${count(reached)} (${reason}). A fresh one goes on from the checkpoint of step ${count(step)}.`, { name: code, bad: true });
}

/**
 * @param {EventTarget} target @param {string} type
 * @param {(detail: any) => void} listener
 */
export function on(target, type, listener) {
  target.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}
