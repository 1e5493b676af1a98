// chart.js - the loss by step, drawn by uPlot: each batch faintly, their mean, the validation loss, and what counting would give.

import uPlot from './uplot/uPlot.esm.js';

import { byId, say } from './dom.js';
import { count, loss } from './format.js';
import { drawLevels, levelWords } from './levels.js';

/** @typedef {import('./history.js').History} History @typedef {import('./levels.js').Level} Level */

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
  /** @type {Level[]} */
  #levels = [];
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
   * @param {Level[]} levels to draw across it
   */
  show(history, levels) {
    this.#history = history;
    this.#levels = levels;
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
    this.#tellLevels();
    const last = history.steps.at(-1);
    const { loss: train, val } = history;
    const words = last === undefined || train === null ? 'no run yet' : `after ${count(last)} steps: training ${loss(train)}${val === null ? '' : `, validation ${loss(val)}`}`;
    this.#host.setAttribute('aria-label', `Loss by training step, ${words}`);
  }

  /** The levels in words, once there is something to compare with them. */
  #tellLevels() {
    const target = byId('levels', HTMLElement);
    target.hidden = !this.#history?.steps.length || !this.#levels.length;
    say(byId('levels-list', HTMLElement), levelWords(this.#levels));
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

  /** @param {uPlot} plot */
  #drawLevels({ ctx, bbox, valToPos }) {
    if (!this.#history?.steps.length) return;
    const font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
    const y = (/** @type {number} */ nats) => valToPos(nats, 'y', true);
    const colours = { colour: colour('--ink-3'), paper: colour('--paper') };
    drawLevels(ctx, this.#levels, { left: bbox.left, right: bbox.left + bbox.width, y, ...colours, font });
    this.#host.dataset.levels = this.#levels.map(({ name }) => name).join(' ');
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
      hooks: { draw: [(plot) => this.#drawLevels(plot)], setCursor: [(plot) => this.#read(plot)] },
    };
  }

  /** @param {number|null} low @param {number|null} high @returns {[number, number]} */
  #range(low, high) {
    if (low === null || high === null) return [0, 5];
    const all = this.#levels.map(({ nats }) => nats);
    const top = Math.max(high, ...all);
    const bottom = Math.min(low, ...all);
    return [Math.max(0, bottom - 0.06 * (top - bottom) - 0.02), top + 0.06 * (top - bottom) + 0.02];
  }
}

/** A colour of colours.css, as it is in the present theme. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
