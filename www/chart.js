// chart.js - the loss by step, drawn by uPlot: each batch faintly, their mean, the validation loss, and what guessing blindly would give.

import uPlot from './uplot/uPlot.esm.js';

import { byId, say } from './dom.js';
import { count, loss } from './format.js';

/** @typedef {import('./history.js').History} History */

/** Milliseconds between two drawings; a drawing takes one or two. */
const PERIOD = 80;

export class Chart {
  #host = byId('chart', HTMLDivElement);
  #caption = byId('chart-reading', HTMLElement);
  #usual = this.#caption.textContent ?? '';
  #waiting = false;
  #drawn = 0;
  /** @type {History|null} */
  #history = null;
  #guess = 0;
  #plot;

  constructor() {
    this.#plot = new uPlot(this.#options(), [[], [], [], []], this.#host);
    new ResizeObserver(() => this.#resize()).observe(this.#host);
    document.addEventListener('themechange', () => this.#plot.redraw());
    this.#resize();
  }

  /**
   * Shows a history; call again whenever it has grown.
   * @param {History} history
   * @param {number} vocabSize 0: not known
   */
  show(history, vocabSize) {
    this.#history = history;
    this.#guess = vocabSize > 1 ? Math.log(vocabSize) : 0;
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => requestAnimationFrame(() => this.#draw()), Math.max(0, this.#drawn + PERIOD - performance.now()));
  }

  #draw() {
    this.#waiting = false;
    this.#drawn = performance.now();
    const history = this.#history;
    if (!history) return;
    this.#plot.setData([history.steps, history.losses, history.smooth, history.vals]);
    this.#host.dataset.points = String(history.steps.length);
    const last = history.steps.at(-1);
    const { loss: train, val } = history;
    const words = last === undefined || train === null ? 'no run yet' : `after ${count(last)} steps: training ${loss(train)}${val === null ? '' : `, validation ${loss(val)}`}`;
    this.#host.setAttribute('aria-label', `Loss by training step, ${words}`);
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width > 0 && height > 0) this.#plot.setSize({ width, height });
  }

  /** @param {uPlot} plot */
  #read(plot) {
    const at = plot.cursor.idx;
    const [steps, losses, smooth, vals] = plot.data;
    if (at === null || at === undefined || steps[at] === undefined) return say(this.#caption, this.#usual);
    const parts = [`step ${count(steps[at])}`];
    if (typeof losses[at] === 'number') parts.push(`batch ${loss(losses[at])}`);
    if (typeof smooth[at] === 'number') parts.push(`mean ${loss(smooth[at])}`);
    if (typeof vals[at] === 'number') parts.push(`validation ${loss(vals[at])}`);
    say(this.#caption, parts.join(' · '));
  }

  /** A dashed line at ln V: the loss of a model that knows nothing. @param {uPlot} plot */
  #drawGuess(plot) {
    if (!this.#guess || !this.#history?.steps.length) return;
    const { left, width } = plot.bbox;
    const y = Math.round(plot.valToPos(this.#guess, 'y', true));
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = colour('--ink-3');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.restore();
  }

  /** @returns {uPlot.Options} */
  #options() {
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { font, stroke: () => colour('--ink-3'), grid: { stroke: () => colour('--rule'), width: 1 }, ticks: { show: false }, gap: 6 };
    return {
      width: 300,
      height: 200,
      legend: { show: false },
      padding: [10, 16, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
      scales: {
        x: { time: false, range: (_plot, low, high) => [low ?? 0, Math.max(high ?? 0, (low ?? 0) + 20)] },
        y: { range: (_plot, low, high) => this.#range(low, high) },
      },
      axes: [
        { ...axis, size: 28, values: (_plot, splits) => splits.map((x) => (Number.isInteger(x) ? count(x) : '')) },
        { ...axis, size: 40, incrs: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100], values: (_plot, splits, _axis, _space, step) => splits.map((y) => y.toFixed(step < 0.1 ? 2 : 1)) },
      ],
      series: [
        {},
        { stroke: () => colour('--train-faint'), width: 1, points: { show: false } },
        { stroke: () => colour('--train'), width: 2, points: { show: false }, spanGaps: true },
        { stroke: () => colour('--val'), width: 2, spanGaps: true, points: { show: true, size: 6, fill: () => colour('--val') } },
      ],
      hooks: { draw: [(plot) => this.#drawGuess(plot)], setCursor: [(plot) => this.#read(plot)] },
    };
  }

  /** @param {number|null} low @param {number|null} high @returns {[number, number]} */
  #range(low, high) {
    if (low === null || high === null) return [0, 5];
    const top = Math.max(high, this.#guess);
    return [Math.max(0, low - 0.06 * (top - low) - 0.02), top + 0.06 * (top - low) + 0.02];
  }
}

/** A colour of colours.css, as it is in the present theme. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
