// inside-lens.js - the logit lens: what the head would say after each block. Above, the likeliest token by layer and position; below, for the chosen
// position, the likeliest few of each layer.

import { colour, element, say } from './dom.js';
import { percent } from './format.js';
import { begin, font, heat, placeOf, table } from './inside-canvas.js';
import { spoken, visible } from './tokens.js';

/** @typedef {import('./inside-panel.js').Seen} Seen */

/** Pixels: the height of a layer, the room for its name, the most that a position takes. */
const ROW = 30;
const GUTTER = 80;
const WIDEST = 64;
/** Likeliest tokens that are drawn. */
const SHOWN = 5;

export class LensView {
  #seen = /** @type {Seen|null} */ (null);
  #token = 0;

  /** @param {HTMLElement} place @param {(token: number) => void} choose */
  constructor(place, choose) {
    place.innerHTML = `
      <p class="inside-reading" aria-live="polite"></p>
      <div class="inside-scroll"><canvas role="img"></canvas></div>
      <p class="whisper">In each square the likeliest next token; the stronger its colour, the surer. The first row knows the token alone; each block
        below has made more of it.</p>
      <ol class="inside-layers"></ol>`;
    const find = (/** @type {string} */ what) => /** @type {any} */ (place.querySelector(what));
    /** @type {HTMLCanvasElement} */ this.canvas = find('canvas');
    /** @type {HTMLElement} */ this.reading = find('.inside-reading');
    /** @type {HTMLElement} */ this.list = find('.inside-layers');
    this.canvas.addEventListener('pointermove', (event) => this.#read(...this.#cell(event)));
    this.canvas.addEventListener('pointerleave', () => this.#read());
    this.canvas.addEventListener('click', (event) => {
      const [, t] = this.#cell(event);
      if (t >= 0) choose(t);
    });
  }

  /** @param {Seen} seen @param {number} token that is chosen */
  show(seen, token) {
    this.#seen = seen;
    this.#token = token;
    this.#draw();
    this.#drawList();
    this.#read();
  }

  /** The likeliest tokens there, with their probabilities. @param {number} layer @param {number} t */
  #best(layer, t) {
    const { lens, lensIds, ids, lensTexts } = /** @type {Seen} */ (this.#seen);
    const k = lens.length / ids.length / this.#layers.length;
    const at = (layer * ids.length + t) * k;
    return Array.from({ length: k }, (_, i) => ({ text: lensTexts[lensIds[at + i]], p: lens[at + i] }));
  }

  /** Names of the rows. */
  get #layers() {
    const L = this.#seen?.config.n_layer ?? 0;
    return ['embedding', ...Array.from({ length: L }, (_, i) => `block ${i + 1}`)];
  }

  /** Pixels that a position takes. */
  get #step() {
    const { ids } = /** @type {Seen} */ (this.#seen);
    const room = /** @type {HTMLElement} */ (this.canvas.parentElement).clientWidth - GUTTER - 2;
    return Math.max(18, Math.min(WIDEST, room / ids.length));
  }

  #draw() {
    const { ids, names } = /** @type {Seen} */ (this.#seen);
    const [step, layers] = [this.#step, this.#layers];
    const ctx = begin(this.canvas, GUTTER + step * ids.length + 2, ROW * (layers.length + 1));
    const image = heat(layers.length, ids.length, (layer, t) => 0.06 + 0.46 * this.#best(layer, t)[0].p);
    ctx.drawImage(image, GUTTER, ROW, step * ids.length, ROW * layers.length);
    ctx.font = font();
    ctx.fillStyle = colour('--ink-3');
    layers.forEach((name, layer) => ctx.fillText(name, 0, ROW * (layer + 1.5)));
    ctx.textAlign = 'center';
    for (let t = 0; t < ids.length; t++) {
      const x = GUTTER + (t + 0.5) * step;
      ctx.fillStyle = colour(t === this.#token ? '--rubric' : '--ink-3');
      ctx.fillText(names[t], x, ROW / 2, step - 2);
      ctx.fillStyle = colour('--ink');
      layers.forEach((_, layer) => ctx.fillText(nameOf(this.#best(layer, t)[0].text), x, ROW * (layer + 1.5), step - 2));
    }
    ctx.strokeStyle = colour('--rubric');
    ctx.lineWidth = 1.5;
    ctx.strokeRect(GUTTER + this.#token * step, ROW, step, ROW * layers.length - 1);
    this.canvas.setAttribute('aria-label', 'The likeliest next token by layer and position');
  }

  /** A line for each layer, a bar for each of its likeliest tokens. */
  #drawList() {
    const rows = this.#layers.map((name, layer) => {
      const row = element('li', '', '');
      row.append(element('span', 'inside-layer', layer ? `After ${name}` : 'Embedding alone'));
      for (const { text, p } of this.#best(layer, this.#token).slice(0, SHOWN)) {
        const item = element('span', 'inside-guess', '');
        const sign = element('b', '', nameOf(text));
        sign.setAttribute('aria-hidden', 'true');
        const bar = element('meter', '', '');
        bar.value = p;
        bar.setAttribute('aria-hidden', 'true');
        item.append(sign, element('span', 'unseen', `${spoken(text)} `), bar, element('span', '', percent(p)));
        row.append(item);
      }
      return row;
    });
    this.list.replaceChildren(...rows);
  }

  /** @param {MouseEvent} event */
  #cell(event) {
    const { x, y } = placeOf(event);
    const [layer, t] = [Math.floor(y / ROW) - 1, Math.floor((x - GUTTER) / this.#step)];
    const n = this.#seen?.ids.length ?? 0;
    return layer >= 0 && layer < this.#layers.length && t >= 0 && t < n ? [layer, t] : [-1, -1];
  }

  /** @param {number} [layer] @param {number} [t] */
  #read(layer = -1, t = -1) {
    if (!this.#seen) return;
    const [at, there] = layer < 0 ? [this.#layers.length - 1, this.#token] : [layer, t];
    const [{ text, p }] = this.#best(at, there);
    const after = at ? `after ${this.#layers[at]}` : 'from the embedding alone';
    say(this.reading, `Behind ${spoken(this.#seen.texts[there])} at ${there + 1}, ${after}: ${spoken(text)} with ${percent(p)}.`);
  }

  table() {
    const { texts, ids } = /** @type {Seen} */ (this.#seen);
    const guess = (/** @type {{text: string, p: number}} */ { text, p }) => `${spoken(text)} ${(100 * p).toFixed(1)}`;
    const guesses = (/** @type {number} */ layer, /** @type {number} */ t) => this.#best(layer, t).slice(0, 3).map(guess).join(', ');
    return table('The likeliest next token and its percent, by position and layer', ['Token', ...this.#layers],
      Array.from(ids, (_, t) => [`${t + 1} ${spoken(texts[t])}`, ...this.#layers.map((_layer, layer) => guesses(layer, t))]));
  }
}

/** A token that is drawn. @param {string} text */
export const nameOf = (text) => visible(text).replaceAll('\ufffd', '·');
