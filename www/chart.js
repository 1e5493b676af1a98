// chart.js - the loss by step or by second, in words and as a drawing; plot.js, which draws, is fetched with the first run.

import { byId, say } from './dom.js';
import { count, loss } from './format.js';
import { levelWords, levelsOf } from './levels.js';
import { noticeError } from './notices.js';
import { withSheet } from './sheets.js';

/** @typedef {import('./history.js').History} History @typedef {import('./levels.js').Level} Level @typedef {import('./curves.js').Curve} Curve */

/** Milliseconds between two drawings; a drawing takes one or two. */
const PERIOD = 80;

export class Chart {
  #host = byId('chart', HTMLDivElement);
  #caption = byId('chart-reading', HTMLElement);
  #all = byId('chart-all', HTMLButtonElement);
  #waiting = false;
  #drawn = 0;
  /** @type {History|null} */
  #history = null;
  /** @type {Level[]} */
  #levels = [];
  /** @type {Curve[]} */
  #others = [];
  /** @type {import('./plot.js').Plot|null} */
  #plot = null;
  /** @type {Promise<void>|null} */
  #fetching = null;
  /** @type {import('./curves.js').Axis} */
  #axis = 'steps';

  constructor() {
    for (const axis of /** @type {const} */ (['steps', 'seconds'])) {
      const button = byId(`by-${axis}`, HTMLButtonElement);
      button.disabled = false;
      button.addEventListener('click', () => this.#by(axis));
    }
    this.#all.addEventListener('click', () => {
      this.#plot?.all();
      this.#host.focus();
    });
  }

  /**
   * Shows a history; call again whenever it has grown.
   * @param {History} history
   * @param {{baselines: Parameters<typeof levelsOf>[0], vocabSize: number}} beaten what it has to beat, drawn across it
   * @param {Curve[]} others runs beside it
   */
  show(history, { baselines, vocabSize }, others) {
    this.#history = history;
    this.#levels = levelsOf(baselines, vocabSize);
    this.#others = others;
    this.#soon();
  }

  #soon() {
    if (this.#waiting || !this.#history) return;
    this.#waiting = true;
    const draw = () => (document.hidden ? requestAnimationFrame(() => this.#draw()) : this.#draw()); // a task of its own: a frame has enough to do
    setTimeout(draw, Math.max(0, this.#drawn + PERIOD - performance.now()));
  }

  #draw() {
    this.#waiting = false;
    this.#drawn = performance.now();
    const history = this.#history;
    if (!history) return;
    if (!this.#plot) return void (this.#fetching ??= this.#fetch());
    this.#plot.draw({ history, others: this.#others, levels: this.#levels, axis: this.#axis });
    Object.assign(this.#host.dataset, { points: history.steps.length, levels: history.steps.length ? this.#levels.map(({ name }) => name).join(' ') : '', others: this.#others.length });
    this.#tellLevels();
    const { loss: train, val, reached } = history;
    const words = train === null ? 'no run yet' : `after ${count(reached)} ${reached === 1 ? 'step' : 'steps'}: training ${loss(train)}${val === null ? '' : `, validation ${loss(val)}`}`;
    const beside = this.#others.map(({ name, history: { loss: mean } }) => `; ${name} ${loss(mean ?? NaN)}`).join('');
    this.#host.setAttribute('aria-label', `Loss by training ${this.#axis === 'steps' ? 'step' : 'second'}, ${words}${beside}`);
  }

  /** What draws, tried again with the next point where it does not arrive. */
  async #fetch() {
    try {
      const [{ Plot }] = await Promise.all([import('./plot.js'), withSheet('uplot/uPlot.min.css')]);
      const usual = this.#caption.textContent ?? '';
      this.#plot = new Plot(this.#host, {
        read: (words) => say(this.#caption, words || usual),
        zoomed: (part) => {
          if (!part && document.activeElement === this.#all) this.#host.focus();
          this.#all.classList.toggle('away', !part);
        },
      });
      this.#draw();
    } catch (error) {
      noticeError(error);
    }
    this.#fetching = null;
  }

  /** @param {import('./curves.js').Axis} axis */
  #by(axis) {
    this.#axis = axis;
    for (const other of ['steps', 'seconds']) byId(`by-${other}`, HTMLButtonElement).setAttribute('aria-pressed', String(other === axis));
    this.#soon();
  }

  /** The levels in words, once there is something to compare with them. */
  #tellLevels() {
    const target = byId('levels', HTMLElement);
    target.hidden = !this.#history?.steps.length || !this.#levels.length;
    say(byId('levels-list', HTMLElement), levelWords(this.#levels));
  }
}
