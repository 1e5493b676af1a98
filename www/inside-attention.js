// inside-attention.js - what each head attends to: all heads small, the chosen one large with the tokens beside it, and arcs over the text from the
// chosen token to those it takes from.

import { colour, say } from './dom.js';
import { percent } from './format.js';
import { begin, font, heat, placeOf, table } from './inside-canvas.js';
import { spoken } from './tokens.js';

/** @typedef {import('./inside-panel.js').Seen} Seen */

/** The side of the matrix, those of a small one and the room for a row of these, the gap between them, and the height of the arcs, in pixels. */
const LARGEST = 460;
const SMALL = [44, 92];
const ROW = 384;
const GAP = 4;
const ARCS = 84;
/** Keys named in the words. */
const NAMED = 4;
/** A cell below this has no room for its label. */
const LABEL = 8;

export const MARKUP = `
  <div class="inside-heads">
    <div class="row inside-pick">
      <div class="field"><label for="inside-layer">Layer</label><select id="inside-layer"></select></div>
      <div class="field"><label for="inside-head">Head</label><select id="inside-head"></select></div>
    </div>
    <div class="inside-scroll"><canvas class="inside-all" aria-hidden="true"></canvas></div>
    <p class="whisper">A row for each layer, a square for each head.</p>
  </div>
  <div class="inside-matrix">
    <p class="inside-reading" aria-live="polite"></p>
    <canvas role="img"></canvas>
    <p class="whisper">From top to bottom the tokens that look, from left to right what they look at.</p>
  </div>`;

export class AttentionView {
  #seen = /** @type {Seen|null} */ (null);
  #layer = 0;
  #head = 0;
  #token = 0;

  /** @param {HTMLElement} place @param {HTMLCanvasElement} arcs over the tokens @param {(token: number) => void} choose */
  constructor(place, arcs, choose) {
    place.innerHTML = MARKUP;
    this.place = place;
    this.arcs = arcs;
    const find = (/** @type {string} */ what) => /** @type {any} */ (place.querySelector(what));
    /** @type {HTMLSelectElement} */ this.layers = find('#inside-layer');
    /** @type {HTMLSelectElement} */ this.heads = find('#inside-head');
    /** @type {HTMLCanvasElement} */ this.all = find('.inside-all');
    /** @type {HTMLCanvasElement} */ this.canvas = find('.inside-matrix canvas');
    /** @type {HTMLElement} */ this.reading = find('.inside-reading');
    for (const select of [this.layers, this.heads]) {
      select.addEventListener('change', () => this.#pick(Number(this.layers.value), Number(this.heads.value)));
    }
    this.all.addEventListener('click', (event) => {
      const { x, y } = placeOf(event);
      this.#pick(Math.floor(y / this.#step), Math.floor(x / this.#step));
    });
    this.canvas.addEventListener('pointermove', (event) => this.#point(event));
    this.canvas.addEventListener('pointerleave', () => this.#read());
    this.canvas.addEventListener('click', (event) => {
      const [t] = this.#cell(event);
      if (t >= 0) choose(t);
    });
  }

  /** @param {Seen} seen @param {number} token that is chosen */
  show(seen, token) {
    const { n_layer, n_head } = seen.config;
    const before = this.#seen?.config;
    this.#seen = seen;
    this.#token = token;
    if (before?.n_layer !== n_layer || before?.n_head !== n_head) {
      const options = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => new Option(String(i + 1), String(i)));
      this.layers.replaceChildren(...options(n_layer));
      this.heads.replaceChildren(...options(n_head));
      [this.#layer, this.#head] = [0, 0];
    }
    this.#draw();
  }

  /** @param {number} layer @param {number} head */
  #pick(layer, head) {
    const config = this.#seen?.config;
    if (!config || !(layer >= 0 && layer < config.n_layer && head >= 0 && head < config.n_head)) return;
    [this.#layer, this.#head] = [layer, head];
    this.layers.value = String(layer);
    this.heads.value = String(head);
    this.#draw();
    this.place.dispatchEvent(new Event('pick'));
  }

  /** The share of query t's attention that key j has. @param {number} t @param {number} j */
  #share(t, j, layer = this.#layer, head = this.#head) {
    const { attention, ids, config } = /** @type {Seen} */ (this.#seen);
    return attention[((layer * config.n_head + head) * ids.length + t) * ids.length + j];
  }

  #draw() {
    this.#drawAll();
    this.#drawMatrix();
    this.#drawArcs();
    this.#read();
  }

  /** Pixels from a small matrix to the next: as large as a row has room for, and whole, so that all look alike. */
  get #step() {
    const room = Math.min(ROW, this.place.clientWidth) / (this.#seen?.config.n_head ?? 1);
    return Math.floor(Math.max(SMALL[0], Math.min(SMALL[1], room)));
  }

  #drawAll() {
    const { ids, config } = /** @type {Seen} */ (this.#seen);
    const n = ids.length;
    const step = this.#step;
    const side = step - GAP;
    const ctx = begin(this.all, config.n_head * step, config.n_layer * step);
    for (let layer = 0; layer < config.n_layer; layer++) {
      for (let head = 0; head < config.n_head; head++) {
        const [x, y] = [head * step + 2, layer * step + 2];
        ctx.fillStyle = colour('--leaf');
        ctx.fillRect(x, y, side, side);
        ctx.drawImage(heat(n, n, (t, j) => this.#share(t, j, layer, head)), x, y, side, side);
        const chosen = layer === this.#layer && head === this.#head;
        ctx.strokeStyle = colour(chosen ? '--rubric' : '--rule');
        ctx.lineWidth = chosen ? 2 : 1;
        ctx.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
      }
    }
  }

  /** Where the matrix stands on its canvas. */
  #geometry() {
    const { ids, names } = /** @type {Seen} */ (this.#seen);
    const ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    const room = Math.min(LARGEST, /** @type {HTMLElement} */ (this.canvas.parentElement).clientWidth);
    ctx.font = font();
    const gutter = Math.min(80, 8 + Math.max(...names.map((name) => ctx.measureText(name).width)));
    const cell = (room - gutter - 1) / ids.length;
    return cell < LABEL ? { gutter: 1, cell: (room - 2) / ids.length, labels: false } : { gutter, cell: Math.min(cell, 34), labels: true };
  }

  #drawMatrix() {
    const { ids, names } = /** @type {Seen} */ (this.#seen);
    const n = ids.length;
    const { gutter, cell, labels } = this.#geometry();
    const side = cell * n;
    const ctx = begin(this.canvas, gutter + side + 1, gutter + side + 1);
    ctx.fillStyle = colour('--leaf');
    ctx.fillRect(gutter, gutter, side, side);
    ctx.drawImage(heat(n, n, (t, j) => this.#share(t, j)), gutter, gutter, side, side);
    ctx.strokeStyle = colour('--rule');
    ctx.strokeRect(gutter - 0.5, gutter - 0.5, side + 1, side + 1);
    ctx.strokeStyle = colour('--rubric');
    ctx.lineWidth = 1.5;
    ctx.strokeRect(gutter, gutter + this.#token * cell, side, cell);
    if (!labels) return;
    ctx.font = font(Math.min(12.5, cell + 1));
    ctx.textAlign = 'right';
    names.forEach((name, i) => {
      const middle = gutter + (i + 0.5) * cell;
      ctx.fillStyle = colour(i === this.#token ? '--rubric' : '--ink-2');
      ctx.fillText(name, gutter - 5, middle, gutter - 6);
      ctx.save();
      ctx.fillStyle = colour('--ink-2');
      ctx.translate(middle, gutter - 5);
      if (name.length > 1) ctx.rotate(Math.PI / 2);
      else ctx.textAlign = 'center';
      ctx.fillText(name, 0, name.length > 1 ? 0 : -4, gutter - 6);
      ctx.restore();
    });
  }

  #drawArcs() {
    const { tokens } = /** @type {Seen} */ (this.#seen);
    const row = /** @type {HTMLElement} */ (tokens[0].parentElement);
    const ctx = begin(this.arcs, row.scrollWidth, ARCS);
    const middle = (/** @type {number} */ i) => tokens[i].offsetLeft + tokens[i].offsetWidth / 2;
    const from = middle(this.#token);
    ctx.strokeStyle = ctx.fillStyle = colour('--lapis');
    tokens.forEach((_, j) => {
      const share = this.#share(this.#token, j);
      if (share < 0.004) return;
      const to = middle(j);
      ctx.globalAlpha = 0.2 + 0.8 * share;
      ctx.lineWidth = 0.75 + 6 * share;
      ctx.beginPath();
      if (j === this.#token) ctx.arc(from, ARCS - 12, 6, 0, 2 * Math.PI);
      else {
        const top = ARCS - Math.min((ARCS - 6) / 0.75, 22 + 0.6 * Math.abs(to - from)); // the curve reaches three quarters of it
        ctx.moveTo(from, ARCS);
        ctx.bezierCurveTo(from + (to - from) * 0.15, top, to - (to - from) * 0.15, top, to, ARCS);
      }
      ctx.stroke();
    });
    ctx.globalAlpha = 1;
  }

  /** The row and column that is pointed at; -1 for none. @param {MouseEvent} event */
  #cell(event) {
    const { x, y } = placeOf(event);
    const { gutter, cell } = this.#geometry();
    const [t, j] = [Math.floor((y - gutter) / cell), Math.floor((x - gutter) / cell)];
    const n = this.#seen?.ids.length ?? 0;
    return t >= 0 && j >= 0 && t < n && j < n ? [t, j] : [-1, -1];
  }

  /** @param {MouseEvent} event */
  #point(event) {
    const [t, j] = this.#cell(event);
    if (t < 0) return this.#read();
    const { texts } = /** @type {Seen} */ (this.#seen);
    say(this.reading, `${spoken(texts[t])} at ${t + 1} takes ${percent(this.#share(t, j))} from ${spoken(texts[j])} at ${j + 1}.`);
  }

  /** The chosen head and token in words. */
  #read() {
    if (!this.#seen) return;
    const { texts, ids } = this.#seen;
    const shares = Array.from(ids, (_, j) => ({ j, share: this.#share(this.#token, j) })).sort((a, b) => b.share - a.share);
    const from = (/** @type {number} */ j) => (j === this.#token ? 'itself' : `${spoken(texts[j])} at ${j + 1}`);
    const takes = shares.slice(0, NAMED).filter(({ share }) => share >= 0.01).map(({ j, share }) => `${percent(share)} from ${from(j)}`);
    const head = `Layer ${this.#layer + 1}, head ${this.#head + 1}`;
    say(this.reading, `${head}: ${spoken(texts[this.#token])} at ${this.#token + 1} takes ${takes.join(', ') || 'a little from everywhere'}.`);
    this.canvas.setAttribute('aria-label', `${head}: what each token attends to, as a matrix`);
  }

  /** The chosen head as a table, in percent; without what a token cannot see. */
  table() {
    const { texts, ids, config } = /** @type {Seen} */ (this.#seen);
    const label = (/** @type {number} */ i) => `${i + 1} ${spoken(texts[i])}`;
    const all = Array.from(ids, (_, i) => i);
    const caption = `Layer ${this.#layer + 1}, head ${this.#head + 1}: percent of each token's attention, by what it looks at`;
    return table(caption, ['Token', ...all.map(label)],
      all.map((t) => [label(t), ...(config.causal ? all.slice(0, t + 1) : all).map((j) => (100 * this.#share(t, j)).toFixed(1))]));
  }
}
