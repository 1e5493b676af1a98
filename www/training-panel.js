// training-panel.js - the Training section: the buttons, the figures, and where the run stands, in words.

import { byId, element, say } from './dom.js';
import { count, duration, loss, short, small } from './format.js';
import { announce, notice, noticeError, withdraw } from './notices.js';
import { takeConfig } from './start-panel.js';
import { idleWords } from './waiting.js';

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
  /** Another run that trains against this one. @type {import('./race.js').Race|null} */
  race = null;
  /** Says whether settings and text still are the run's: pending.js, once that is there. */
  tellPending = () => {};
  /** Runs beside this one in the chart. @type {import('./curves.js').Curve[]} */
  #others = [];
  /** @type {Promise<Chart>|null} */
  #chart = null;
  /** Dismisses the notice that a run is put aside. */
  #begun = () => {};
  #shown = 0;
  /** @type {import('./session.js').Status} */
  #before = 'idle';
  /** Tokens and steps a second. @type {{tokens: number, steps: number}|null} */
  #speed = null;
  /** @type {Promise<boolean>|null} the opening under way */
  #opening = null;

  /**
   * @param {Session} session @param {State} state
   * @param {import('./start-panel.js').StartPanel} starts what a new run is made of
   */
  constructor(session, state, starts) {
    this.session = session;
    this.state = state;
    this.starts = starts;
    this.#start.addEventListener('click', () => void this.go());
    this.#stepButton.addEventListener('click', () => void this.#one());
    this.#reset.addEventListener('click', () => void this.clear());
    on(session, 'status', () => this.#status());
    on(session, 'step', (/** @type {StepEvent} */ event) => this.#step(event));
    on(session, 'eval', (/** @type {{step: number, val_loss: number}} */ event) => this.#eval(event));
    on(session, 'history', () => this.#history());
    on(session, 'old', () => this.#old());
    on(session, 'note', (/** @type {string} */ note) => void notice(`${note[0].toUpperCase()}${note.slice(1)}.`));
    on(session, 'planned', (/** @type {import('./folio/src/budget.js').PlanEvent} */ plan) => void notice(planned(plan), { kind: PLAN }));
    on(session, 'baselines', () => void this.#draw());
    on(session, 'recovered', (/** @type {{error: Error, reached: number, step: number, lost: boolean}} */ event) => recovered(event));
    on(session, 'fault', noticeError);
    starts.addEventListener('choice', () => void (this.race?.armed || this.clear()));
    this.#status();
  }

  /** The first button: start, pause or resume. */
  async go() {
    const { session, race } = this;
    const { status } = race ?? session;
    if (status === 'training') return (race ?? session).pause();
    if (status === 'opening' || status === 'pausing') return;
    if (status === 'done') await this.clear();
    else if (race) return race.start(() => this.starts.source()).catch(noticeError);
    if (await this.open()) void session.train();
  }

  async #one() {
    const { session } = this;
    if (session.status === 'training') await session.pause();
    if (await this.open()) await session.train(session.step + 1);
  }

  /** A run, if there is none yet, and one however often that is asked for. @returns {Promise<boolean>} */
  open() {
    return (this.#opening ??= this.#open().finally(() => (this.#opening = null)));
  }

  async #open() {
    if (this.session.status !== 'idle') return true;
    this.session.client.prepare().catch(() => {}); // while the text is on its way; opening tells what is wrong
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
      await this.race?.end();
      const shelf = await this.session.reset();
      if (!shelf) return;
      const { step } = shelf;
      this.#begun = notice(`The run of ${count(step)} ${step === 1 ? 'step' : 'steps'} is put aside.`, { action: { label: 'Bring it back', run: () => void this.bringBack(shelf).catch(noticeError) } });
    } catch (error) {
      noticeError(error);
    }
  }

  /** A run that was put aside in place of the present one, with its text, its settings in the fields. @param {import('./session.js').Shelf} shelf */
  async bringBack(shelf) {
    await this.race?.end();
    await this.session.restore(shelf);
    this.starts.texts.take(shelf.source.text);
    takeConfig(this.state, shelf.source.config);
  }

  /** Shows where the run stands; call it when a race begins, ends or stands elsewhere. */
  refresh() {
    this.#status();
  }

  #status() {
    const { race } = this;
    const { status } = race ?? this.session;
    if (status !== 'idle') {
      this.#begun();
      withdraw('ready');
    }
    say(this.#start, LABELS[race?.armed && status === 'paused' ? 'idle' : status]);
    this.#start.classList.toggle('running', status === 'training');
    this.#start.setAttribute('aria-busy', String(status === 'opening' || status === 'pausing'));
    this.#stepButton.disabled = status === 'opening' || status === 'pausing' || status === 'done' || race !== null;
    this.#reset.disabled = status === 'idle' || status === 'opening';
    byId('download', HTMLButtonElement).disabled = status === 'idle' || status === 'opening';
    document.body.dataset.status = status;
    if (status === 'training') {
      this.#recent = [];
      say(byId('status', HTMLElement), this.#words());
    } else this.#show();
    if (status === 'training' || status === 'done' || (status === 'paused' && this.#before === 'pausing')) announce(this.#words(), true);
    this.#before = status;
    this.tellPending();
  }

  /** @param {StepEvent} event */
  #step(event) {
    if (event.seconds < (this.#recent.at(-1)?.seconds ?? 0)) this.#recent = []; // another stretch
    this.#recent.push(event);
    while (this.#recent.length > 2 && event.seconds - this.#recent[1].seconds > WINDOW) this.#recent.shift();
    void this.#draw();
    const now = performance.now();
    if (now - this.#shown > PERIOD) this.#show();
  }

  /** @param {{step: number, val_loss: number}} event */
  #eval(event) {
    const { history } = this.session;
    say(byId('val-loss', HTMLElement), loss(event.val_loss));
    void this.#draw();
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

  /** Shows other runs in the chart. @param {import('./curves.js').Curve[]} others */
  compare(others) {
    this.#others = others;
    void this.#draw();
  }

  /** The chart is fetched with the first point. */
  async #draw() {
    if (!this.#chart && !this.session.history.steps.length) return;
    this.#chart ??= import('./chart.js').then(({ Chart }) => new Chart());
    try {
      const chart = await this.#chart;
      const { history, baselines, run } = this.session;
      chart.show(history, { baselines, vocabSize: run?.vocabSize ?? 0 }, this.#others);
    } catch (error) {
      this.#chart = null;
      noticeError(error);
    }
  }

  #history() {
    const { history } = this.session;
    byId('table', HTMLTableElement).tBodies[0].replaceChildren();
    history.steps.forEach((step, i) => {
      const val = history.vals[i];
      if (val !== null) this.#row(step, history.smooth[i] ?? history.loss, val);
    });
    this.#old();
    void this.#draw();
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
    const gflops = speed && (speed.tokens * (this.session.run?.flops ?? 0)) / 1e9;
    say(byId('gflops', HTMLElement), gflops ? `${gflops.toFixed(gflops < 9.95 ? 1 : 0)} GFLOP/s` : '');
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
        return idleWords();
      case 'opening':
        return 'Reading the text and making the model.';
      case 'training':
        return step >= maxSteps ? 'Measuring the whole validation part.' : `Training: ${where}`;
      case 'pausing':
        return `Pausing at ${where}`;
      case 'paused':
        return `Paused at ${where}`;
      default:
        return `Done: ${count(step)} steps${this.#ofRival()}`;
    }
  }

  /** What the other run of a race still does. */
  #ofRival() {
    const rival = this.race?.b.status;
    if (this.race?.b.diverged) return '; the other run has diverged';
    if (rival === 'training') return '; the other run trains on';
    return rival === 'paused' ? '; the other run waits' : '';
  }
}

/** @param {{error: Error, reached: number, step: number, lost: boolean}} event */
function recovered({ error, reached, step, lost }) {
  const reason = error.message.replace(/\.$/, '');
  const code = 'code' in error ? String(error.code) : '';
  if (!lost) return void notice(`The worker stopped (${reason}); a fresh one is ready.`, { name: code, bad: true });
  notice(`The worker stopped at step ${count(reached)} (${reason}). A fresh one goes on from the checkpoint of step ${count(step)}.`, { name: code, bad: true });
}

/** The kind of notice that tells how many steps fit. */
export const PLAN = 'plan';

/** @param {import('./folio/src/budget.js').PlanEvent} plan */
export function planned({ steps, budget }) {
  return `About ${count(steps)} ${steps === 1 ? 'step fits' : 'steps fit'} into ${duration(budget)} here.`;
}

/**
 * @param {EventTarget} target @param {string} type
 * @param {(detail: any) => void} listener
 */
export function on(target, type, listener) {
  target.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}
