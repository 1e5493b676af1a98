// inside-positions.js - what tells the model where a token stands: a learned table as an image with its likeness, or what the position does by
// distance.

import { colour, say } from './dom.js';
import { count } from './format.js';
import { begin, font, heat, placeOf, table } from './inside-canvas.js';

/** @typedef {import('./folio/src/inspect.js').Positions} Positions */

/** Pixels. */
const SIDE = 380;
const CURVE = { height: 260, left: 40, bottom: 26 };
/** Distances in the curve and in the table. */
const MOST = 256;
const ROWS = 24;

/** @type {Record<string, string>} */
const WORDS = {
  learned: 'Each position has an embedding of its own, which is learned and added to the token’s.',
  sinusoidal: 'Sines and cosines of the position are added to the token’s embedding. The curve: how alike those of two positions are, by distance.',
  rope: 'Queries and keys are turned by an angle that grows with the position. The curve: how alike two equal ones still are, by their distance.',
  alibi: 'The further away a token, the less a head attends to it. The curves: what is left of its weight, by distance, a line for each head.',
  none: 'This model is not told where a token stands: it knows it only by what attention may see.',
};

export class PositionsView {
  #seen = /** @type {Positions|null} */ (null);

  /** @param {HTMLElement} place */
  constructor(place) {
    place.innerHTML = `
      <p class="inside-doc"></p>
      <p class="inside-reading" aria-live="polite"></p>
      <div class="inside-pair">
        <figure><canvas role="img"></canvas><figcaption class="whisper"></figcaption></figure>
        <figure><canvas role="img"></canvas><figcaption class="whisper">How alike two positions are: their cosine.</figcaption></figure>
      </div>`;
    const find = (/** @type {string} */ what) => /** @type {any} */ (place.querySelector(what));
    /** @type {HTMLElement} */ this.doc = find('.inside-doc');
    /** @type {HTMLElement} */ this.reading = find('.inside-reading');
    /** @type {HTMLElement} */ this.pair = find('.inside-pair');
    const [first, second] = place.querySelectorAll('canvas');
    this.first = first;
    this.second = second;
    this.caption = /** @type {HTMLElement} */ (find('figcaption'));
    this.first.addEventListener('pointermove', (event) => this.#point(event));
    this.second.addEventListener('pointermove', (event) => this.#pointAlike(event));
    for (const canvas of [this.first, this.second]) canvas.addEventListener('pointerleave', () => this.#read());
  }

  /** @param {Positions} seen */
  show(seen) {
    this.#seen = seen;
    say(this.doc, WORDS[seen.kind]);
    this.pair.hidden = seen.kind === 'none';
    /** @type {HTMLElement} */ (this.second.parentElement).hidden = !seen.table;
    if (seen.table) this.#drawTable();
    else if (seen.near) this.#drawCurves();
    this.#read();
  }

  get #channels() {
    return this.#seen?.table ? this.#seen.table.length / this.#seen.count : 0;
  }

  #drawTable() {
    const { table: rows, similarity, count: n } = /** @type {Required<Positions>} */ (this.#seen);
    if (!rows || !similarity) return;
    const C = this.#channels;
    const most = rows.reduce((a, x) => Math.max(a, Math.abs(x)), 0) || 1;
    const side = Math.min(SIDE, /** @type {HTMLElement} */ (this.pair.parentElement).clientWidth);
    this.#image(this.first, side, heat(n, C, (t, c) => rows[t * C + c] / most), `Position embeddings: ${n} positions, ${C} channels`);
    this.#image(this.second, side, heat(n, n, (a, b) => similarity[a * n + b]), 'Cosines between position embeddings');
    say(this.caption, `From top to bottom ${this.#every('positions')}, from left to right the channels.`);
  }

  /** @param {string} what */
  #every(what) {
    const { every } = /** @type {Positions} */ (this.#seen);
    return every === 1 ? `the ${what}` : `every ${every}${every === 2 ? 'nd' : every === 3 ? 'rd' : 'th'} of the ${what}`;
  }

  /** @param {HTMLCanvasElement} canvas @param {number} side @param {HTMLCanvasElement} image @param {string} label */
  #image(canvas, side, image, label) {
    const ctx = begin(canvas, side, side);
    ctx.fillStyle = colour('--leaf');
    ctx.fillRect(0, 0, side, side);
    ctx.drawImage(image, 0, 0, side, side);
    canvas.setAttribute('aria-label', label);
  }

  /** One curve where all heads have the same. */
  get #curves() {
    const { near, count: n, kind } = /** @type {Positions} */ (this.#seen);
    const all = near ?? new Float32Array(n);
    const rows = Array.from({ length: all.length / n }, (_, h) => all.subarray(h * n, h * n + Math.min(n, MOST)));
    return kind === 'alibi' ? rows : rows.slice(0, 1);
  }

  #drawCurves() {
    const { left, bottom } = CURVE;
    const curves = this.#curves;
    const n = curves[0].length;
    const width = Math.min(720, /** @type {HTMLElement} */ (this.pair.parentElement).clientWidth);
    const ctx = begin(this.first, width, CURVE.height);
    const low = Math.min(0, ...curves.map((curve) => Math.min(...curve)));
    const x = (/** @type {number} */ d) => left + (d / Math.max(1, n - 1)) * (width - left - 12);
    const y = (/** @type {number} */ value) => 10 + ((1 - value) / (1 - low)) * (CURVE.height - 10 - bottom);
    ctx.font = font();
    ctx.fillStyle = colour('--ink-3');
    ctx.strokeStyle = colour('--rule');
    for (const value of [0, 0.5, 1]) {
      ctx.textAlign = 'right';
      ctx.fillText(String(value), left - 8, y(value));
      ctx.beginPath();
      ctx.moveTo(left, y(value));
      ctx.lineTo(width - 12, y(value));
      ctx.stroke();
    }
    ctx.textAlign = 'center';
    for (const d of [0, Math.round((n - 1) / 2), n - 1]) ctx.fillText(count(d), Math.min(x(d), width - 16), CURVE.height - 10);
    ctx.strokeStyle = colour('--lapis');
    ctx.lineWidth = 2;
    curves.forEach((curve, h) => {
      ctx.globalAlpha = 1 - (0.7 * h) / curves.length;
      ctx.beginPath();
      curve.forEach((value, d) => (d ? ctx.lineTo(x(d), y(value)) : ctx.moveTo(x(d), y(value))));
      ctx.stroke();
    });
    this.first.setAttribute('aria-label', `A curve by distance, from 0 to ${n - 1} tokens`);
    say(this.caption, `Distance in tokens${curves.length > 1 ? '; the darkest line is head 1' : ''}.`);
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const { table: rows, every, count: n } = /** @type {Positions} */ (this.#seen);
    const place = placeOf(event);
    const { clientWidth: width, clientHeight: height } = this.first;
    if (rows) {
      const t = Math.min(n - 1, Math.floor((place.y / height) * n));
      const c = Math.min(this.#channels - 1, Math.floor((place.x / width) * this.#channels));
      return say(this.reading, `Position ${t * every}, channel ${c}: ${rows[t * this.#channels + c]?.toFixed(3)}.`);
    }
    const curves = this.#curves;
    const last = curves[0].length - 1;
    const d = Math.max(0, Math.min(last, Math.round(((place.x - CURVE.left) / (width - CURVE.left - 12)) * last)));
    say(this.reading, `${d === 1 ? '1 token' : `${count(d)} tokens`} apart: ${curves.map((curve) => curve[d].toFixed(2)).join(', ')}.`);
  }

  /** @param {PointerEvent} event */
  #pointAlike(event) {
    const { similarity, every, count: n } = /** @type {Positions} */ (this.#seen);
    const { x, y } = placeOf(event);
    const side = this.second.clientWidth;
    const [a, b] = [Math.min(n - 1, Math.floor((y / side) * n)), Math.min(n - 1, Math.floor((x / side) * n))];
    if (similarity) say(this.reading, `Positions ${a * every} and ${b * every}: ${similarity[a * n + b]?.toFixed(2)}.`);
  }

  #read() {
    const { kind } = /** @type {Positions} */ (this.#seen);
    const rows = this.#byDistance();
    const [next, last] = [rows[1], rows.at(-1)];
    if (!next || !last) return say(this.reading, '');
    if (kind === 'alibi') return say(this.reading, `${next[0]} away, a head keeps ${next.slice(1).join(', ')} of the weight.`);
    say(this.reading, `Neighbours are alike by ${next[1]}, those ${last[0]} apart by ${last[1]}.`);
  }

  /** Distances and what there is at each; for a table, the mean of its cosines. */
  #byDistance() {
    const { kind, similarity, every, count: n } = /** @type {Positions} */ (this.#seen);
    if (kind === 'none') return [];
    const length = similarity ? n : this.#curves[0].length;
    const step = Math.max(1, Math.ceil(length / ROWS));
    const distances = [0, 1, ...Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step).filter((d) => d > 1)].filter((d) => d < length);
    const mean = (/** @type {number} */ d) => {
      let sum = 0;
      for (let a = d; a < n; a++) sum += /** @type {Float32Array} */ (similarity)[a * n + a - d];
      return sum / (n - d);
    };
    const values = (/** @type {number} */ d) => (similarity ? [mean(d)] : this.#curves.map((curve) => curve[d]));
    return distances.map((d) => [count(d * every), ...values(d).map((value) => value.toFixed(3))]);
  }

  table() {
    const { kind } = /** @type {Positions} */ (this.#seen);
    const heads = kind === 'alibi' ? this.#curves.map((_, h) => `Head ${h + 1}`) : [kind === 'learned' ? 'Mean cosine' : 'Cosine'];
    return table(kind === 'none' ? 'No positions' : 'By the distance between two tokens', ['Distance', ...heads], this.#byDistance());
  }
}
