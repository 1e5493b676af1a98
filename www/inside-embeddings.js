// inside-embeddings.js - the tokens' embeddings in two dimensions, each at its place as a label.

import { colour, say } from './dom.js';
import { count, percent } from './format.js';
import { begin, font, placeOf, table } from './inside-canvas.js';
import { nameOf } from './inside-lens.js';
import { spoken } from './tokens.js';

/** @typedef {import('./folio/src/inspect.js').Embeddings} Embeddings */

/** Sizes and margin in pixels. */
const WIDTH = 920;
const HEIGHT = 480;
const MARGIN = 24;
/** Tokens nearby that are named. */
const NEAR = 4;

export class EmbeddingsView {
  #seen = /** @type {Embeddings|null} */ (null);
  #token = 0;
  /** @type {{x: number, y: number}[]} of each token on the canvas */
  #places = [];

  /** @param {HTMLElement} place */
  constructor(place) {
    place.innerHTML = `
      <p class="inside-reading" aria-live="polite"></p>
      <canvas role="img" tabindex="0"></canvas>
      <p class="whisper"><span class="inside-shares"></span> Small letters, <b class="inside-capital">capitals</b>, and all else fainter.
        The arrow keys go from token to token.</p>`;
    const find = (/** @type {string} */ what) => /** @type {any} */ (place.querySelector(what));
    /** @type {HTMLCanvasElement} */ this.canvas = find('canvas');
    /** @type {HTMLElement} */ this.reading = find('.inside-reading');
    /** @type {HTMLElement} */ this.shares = find('.inside-shares');
    const nearest = (/** @type {MouseEvent} */ event) => {
      const { x, y } = placeOf(event);
      this.#choose(this.#near(x, y, 1)[0]);
    };
    this.canvas.addEventListener('pointermove', nearest);
    this.canvas.addEventListener('click', nearest);
    this.canvas.addEventListener('keydown', (event) => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const n = this.#seen?.count ?? 1;
      this.#choose((this.#token + way + n) % n);
    });
  }

  /** @param {Embeddings} seen */
  show(seen) {
    const before = this.#seen;
    if (before?.count === seen.count) align(before.points, seen.points);
    else this.#token = 0;
    this.#seen = seen;
    const [first, second] = seen.shares;
    say(this.shares, `${count(seen.count)} tokens along the two directions in which their embeddings differ most: ${percent(first)} and `
      + `${percent(second)} of all difference.`);
    this.#draw();
    this.#read();
  }

  /** @param {number} token */
  #choose(token) {
    if (token === this.#token || token === undefined) return;
    this.#token = token;
    this.#draw();
    this.#read();
  }

  #draw() {
    const { points, count: n, texts } = /** @type {Embeddings} */ (this.#seen);
    const width = Math.min(WIDTH, /** @type {HTMLElement} */ (this.canvas.parentElement).clientWidth);
    const height = Math.min(HEIGHT, 1.1 * width);
    const ctx = begin(this.canvas, width, height);
    const spans = [0, 1].map((axis) => {
      const all = Array.from({ length: n }, (_, i) => points[2 * i + axis]);
      return [Math.min(...all), Math.max(...all)];
    });
    const place = (/** @type {number} */ value, /** @type {number} */ axis, /** @type {number} */ room) => {
      const [low, high] = spans[axis];
      return MARGIN + ((value - low) / (high - low || 1)) * (room - 2 * MARGIN);
    };
    this.#places = Array.from({ length: n }, (_, i) => ({ x: place(points[2 * i], 0, width), y: height - place(points[2 * i + 1], 1, height) }));
    ctx.strokeStyle = colour('--rule');
    ctx.textAlign = 'center';
    const [zeroX, zeroY] = [[0, width], [1, height]].map(([axis, room]) => place(0, axis, room));
    ctx.beginPath();
    ctx.moveTo(zeroX, 0);
    ctx.lineTo(zeroX, height);
    ctx.moveTo(0, height - zeroY);
    ctx.lineTo(width, height - zeroY);
    ctx.stroke();
    this.#places.forEach(({ x, y }, i) => {
      const chosen = i === this.#token;
      if (chosen) {
        ctx.fillStyle = colour('--lapis-wash');
        ctx.beginPath();
        ctx.arc(x, y, 14, 0, 2 * Math.PI);
        ctx.fill();
      }
      ctx.fillStyle = colour(/^\p{Lu}/u.test(texts[i].trim()) ? '--rubric' : /^\p{Ll}/u.test(texts[i].trim()) ? '--lapis' : '--ink-3');
      ctx.font = `${chosen ? 600 : 400} ${font(n > 150 ? 11 : 15)}`;
      ctx.fillText(nameOf(texts[i]), x, y);
    });
  }

  /** The k tokens nearest to a place. @param {number} x @param {number} y @param {number} k */
  #near(x, y, k) {
    const far = (/** @type {number} */ i) => Math.hypot(this.#places[i].x - x, this.#places[i].y - y);
    return this.#places.map((_, i) => i).sort((a, b) => far(a) - far(b)).slice(0, k);
  }

  #read() {
    const { texts } = /** @type {Embeddings} */ (this.#seen);
    const { x, y } = this.#places[this.#token];
    const others = this.#near(x, y, NEAR + 1).filter((i) => i !== this.#token);
    const words = `Next to ${spoken(texts[this.#token])} stand ${others.map((i) => spoken(texts[i])).join(', ')}.`;
    say(this.reading, words);
    this.canvas.setAttribute('aria-label', `Embeddings of tokens in two dimensions. ${words}`);
  }

  table() {
    const { texts, points, count: n } = /** @type {Embeddings} */ (this.#seen);
    const places = Array.from({ length: n }, (_, i) => [spoken(texts[i]), points[2 * i].toFixed(4), points[2 * i + 1].toFixed(4)]);
    return table('Where each token stands', ['Token', 'First direction', 'Second direction'], places);
  }
}

/** Turns each direction so that most stays where it was. @param {ArrayLike<number>} before @param {Float64Array} after */
function align(before, after) {
  for (const axis of [0, 1]) {
    let same = 0;
    for (let i = axis; i < after.length; i += 2) same += before[i] * after[i];
    if (same < 0) for (let i = axis; i < after.length; i += 2) after[i] *= -1;
  }
}
