// plot.js - the drawing of the chart by uPlot, fetched when there is something to draw: the run's batches faintly, their mean and the validation
// loss, thin lines of other runs, what counting would give; a part of it as large as all, by mouse or keys; and what stands under the pointer.

import uPlot from './uplot/uPlot.esm.js';

import { columns, valueAt } from './curves.js';
import { colour } from './dom.js';
import { count, loss } from './format.js';
import { drawLevels } from './levels.js';

/** @typedef {import('./curves.js').Axis} Axis @typedef {import('./curves.js').Curve} Curve @typedef {import('./levels.js').Level} Level */
/** @typedef {{history: import('./history.js').History, others: Curve[], levels: Level[], axis: Axis}} Picture */

/** Dashes of the other runs, by slot: each can be told without its colour. */
export const DASHES = [[7, 3], [2, 3], [9, 3, 2, 3], [14, 4], [4, 4], [9, 3, 2, 3, 2, 3]];
/** The narrowest view. */
const LEAST = { steps: 20, seconds: 0.5 };
/** How much a key zooms, and by which part of the view an arrow moves. */
const ZOOM = 1.6;
const MOVE = 0.2;
/** Series before those of the other runs. */
const OWN = 4;

export class Plot {
  /** @type {Picture|null} */
  #picture = null;
  /** The part that is shown; null: all. @type {[number, number]|null} */
  #view = null;
  #plot;

  /**
   * @param {HTMLElement} host
   * @param {{read: (words: string) => void, zoomed: (part: boolean) => void}} tell read: what stands under the pointer; zoomed: a part is shown
   */
  constructor(host, tell) {
    this.tell = tell;
    this.#plot = new uPlot(this.#options(), [[], [], [], [], ...DASHES.map(() => [])], host);
    new ResizeObserver(() => setTimeout(() => this.#resize(host))).observe(host); // after the frame that lays the page out anew, not within it
    document.addEventListener('themechange', () => this.#plot.redraw());
    host.addEventListener('keydown', (event) => this.#key(event));
    host.tabIndex = 0;
    this.#resize(host);
  }

  /** @param {Picture} picture */
  draw(picture) {
    const before = this.#picture;
    this.#picture = picture;
    if (before && (before.axis !== picture.axis || !picture.history.steps.length)) this.#look(null, false);
    const plot = this.#plot;
    const data = columns(picture.history, picture.others, picture.axis);
    picture.others.forEach(({ slot }, i) => Object.assign(plot.series[OWN + i], { dash: DASHES[slot] }));
    while (data.length < OWN + DASHES.length) data.push([]);
    plot.setData(data);
    if (this.#view && this.#view[1] > this.#whole()[1]) this.#look([...this.#view]); // there is less than before
  }

  /** Shows all of it. */
  all() {
    this.#look(null);
  }

  /** @param {[number, number]|null} view @param {boolean} [now] */
  #look(view, now = true) {
    if (view === this.#view) return;
    this.#view = view && this.#within(view);
    this.tell.zoomed(Boolean(this.#view));
    if (now) this.#plot.setData(this.#plot.data);
  }

  /** The whole, and never nothing. @param {Pick<uPlot, 'data'>} [plot] @returns {[number, number]} */
  #whole({ data: [x] } = this.#plot) {
    const low = x[0] ?? 0;
    return [low, Math.max(x[x.length - 1] ?? 0, low + LEAST[this.#picture?.axis ?? 'steps'])];
  }

  /** A view that is not too narrow and does not leave the data; null for all of it. @param {[number, number]} view @returns {[number, number]|null} */
  #within([low, high]) {
    const [first, last] = this.#whole();
    const width = Math.max(high - low, Math.min(LEAST[this.#picture?.axis ?? 'steps'], last - first));
    if (width >= last - first) return null;
    const from = Math.min(Math.max((low + high - width) / 2, first), last - width);
    return [from, from + width];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const [low, high] = this.#view ?? this.#whole();
    const [middle, half] = [(low + high) / 2, (high - low) / 2];
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => this.#look([middle - half / ZOOM, middle + half / ZOOM]),
      '-': () => this.#look([middle - half * ZOOM, middle + half * ZOOM]),
      0: () => this.all(),
      Escape: () => this.all(),
      ArrowLeft: () => this.#look([low - 2 * half * MOVE, high - 2 * half * MOVE]),
      ArrowRight: () => this.#look([low + 2 * half * MOVE, high + 2 * half * MOVE]),
    };
    const act = keys[event.key === '=' ? '+' : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {HTMLElement} host */
  #resize({ clientWidth: width, clientHeight: height }) {
    if (width > 0 && height > 0) this.#plot.setSize({ width, height });
  }

  /** @param {uPlot} plot */
  #read({ cursor: { idx: at }, data }) {
    const x = at === null || at === undefined ? undefined : data[0][at];
    if (!this.#picture || x === undefined || typeof at !== 'number') return this.tell.read('');
    const { axis, others } = this.#picture;
    const parts = [axis === 'steps' ? `step ${count(x)}` : `${x.toFixed(1)} s`];
    const names = ['batch', 'mean', 'validation', ...others.map(({ name }) => name)];
    names.forEach((name, i) => {
      const value = name === 'validation' ? data[i + 1][at] : valueAt(data[i + 1], at);
      if (typeof value === 'number') parts.push(`${name} ${loss(value)}`);
    });
    this.tell.read(parts.join(' · '));
  }

  /** @param {uPlot} plot */
  #drawLevels({ ctx, bbox, valToPos }) {
    if (!this.#picture?.history.steps.length) return;
    const { levels } = this.#picture;
    const font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
    const y = (/** @type {number} */ nats) => valToPos(nats, 'y', true);
    const colours = { colour: colour('--ink-3'), paper: colour('--paper') };
    const inside = levels.filter(({ nats }) => y(nats) >= bbox.top && y(nats) <= bbox.top + bbox.height);
    drawLevels(ctx, inside, { left: bbox.left, right: bbox.left + bbox.width, y, ...colours, font });
  }

  /** @param {uPlot} plot */
  #select(plot) {
    const { left, width } = plot.select;
    if (width <= 0) return;
    this.#look([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** @returns {uPlot.Options} */
  #options() {
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { font, stroke: () => colour('--ink-3'), grid: { stroke: () => colour('--rule'), width: 1 }, ticks: { show: false }, gap: 6 };
    const points = { show: false };
    const seconds = () => this.#picture?.axis === 'seconds';
    return {
      width: 300,
      height: 200,
      legend: { show: false },
      padding: [10, 16, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => (this.all(), null) } },
      scales: {
        x: { time: false, range: (plot) => this.#view ?? this.#whole(plot) },
        y: { range: (_plot, low, high) => this.#range(low, high) },
      },
      axes: [
        { ...axis, size: 28, values: (_plot, splits) => splits.map((x) => (seconds() ? `${+x.toFixed(2)} s` : Number.isInteger(x) ? count(x) : '')) },
        { ...axis, size: 40, incrs: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100], values: (_plot, splits, _axis, _space, step) => splits.map((y) => y.toFixed(step < 0.1 ? 2 : 1)) },
      ],
      series: [
        {},
        { stroke: () => colour('--train-faint'), width: 1, points, spanGaps: true },
        { stroke: () => colour('--train'), width: 2, points, spanGaps: true },
        { stroke: () => colour('--val'), width: 2, spanGaps: true, points: { show: true, size: 6, fill: () => colour('--val') } },
        ...DASHES.map((_, i) => ({ stroke: () => colour(`--run-${(this.#picture?.others[i]?.slot ?? 0) + 1}`), width: 1.25, points, spanGaps: true })),
      ],
      hooks: { draw: [(plot) => this.#drawLevels(plot)], setCursor: [(plot) => this.#read(plot)], setSelect: [(plot) => this.#select(plot)] },
    };
  }

  /** With all of the curves the levels are there too; a part of them has the room to itself. @param {number|null} low @param {number|null} high @returns {[number, number]} */
  #range(low, high) {
    if (low === null || high === null) return [0, 5];
    const all = this.#view || !this.#picture ? [] : this.#picture.levels.map(({ nats }) => nats);
    const top = Math.max(high, ...all);
    const bottom = Math.min(low, ...all);
    return [Math.max(0, bottom - 0.06 * (top - bottom) - 0.02), top + 0.06 * (top - bottom) + 0.02];
  }
}
