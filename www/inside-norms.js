// inside-norms.js - how large gradients and activations are, by layer, one column for each look at the model while it trains.

import { colour, element, say } from './dom.js';
import { count, small } from './format.js';
import { begin, font, heat, placeOf, table } from './inside-canvas.js';

/**
 * @typedef {{step: number, layers: string[], gradients: number[]|null, activations: number[], attention: number[], mlp: number[]}} Row what a look
 *   found, by
 *   layer; attention and mlp: what these add to the stream
 */

/** Pixels: a layer, its name, the widest look, the steps below. */
const ROW = 22;
const GUTTER = 84;
const WIDEST = 34;
const AXIS = 20;
/** Looks that are kept; of more, every second one goes. */
const LOOKS = 240;

/** @type {{key: 'gradients'|'activations'|'attention'|'mlp', title: string}[]} */
const STRIPS = [
  { key: 'gradients', title: 'Gradient' },
  { key: 'activations', title: 'Residual stream after the block' },
  { key: 'attention', title: 'What attention adds' },
  { key: 'mlp', title: 'What the MLP adds' },
];

export class NormsView {
  /** @type {Row[]} */
  #rows = [];
  /** @type {{canvas: HTMLCanvasElement, figure: HTMLElement, key: typeof STRIPS[number]['key'], title: string}[]} */
  #strips = [];

  /** @param {HTMLElement} place */
  constructor(place) {
    place.innerHTML = `
      <p class="inside-reading" aria-live="polite"></p>
      <div class="inside-strips"></div>
      <p class="whisper">A row for each layer, a column for each look at the model while this section is open. The stronger the colour, the larger,
        within each drawing and on a logarithmic scale.
        Gradients are lengths over all weights of the layer; the others are root mean squares, over the text above.</p>`;
    this.reading = /** @type {HTMLElement} */ (place.querySelector('.inside-reading'));
    this.host = /** @type {HTMLElement} */ (place.querySelector('.inside-strips'));
    for (const { key, title } of STRIPS) {
      const figure = element('figure', '', '');
      const canvas = element('canvas', '', '');
      canvas.setAttribute('role', 'img');
      figure.append(element('figcaption', '', title), canvas);
      this.host.append(figure);
      canvas.addEventListener('pointermove', (event) => this.#point(event, key, title));
      canvas.addEventListener('pointerleave', () => this.#read());
      this.#strips.push({ canvas, figure, key, title });
    }
  }

  /** A new run: what is known is of another. */
  clear() {
    this.#rows = [];
  }

  /** @param {Row} row */
  add(row) {
    const known = this.#rows.find(({ step }) => step === row.step);
    const { layers, gradients } = row.gradients || !known ? row : known;
    const before = this.#rows.filter(({ step }) => step < row.step);
    this.#rows = [...(before.length < LOOKS ? before : before.filter((_, i) => i % 2 === 0)), { ...row, layers, gradients }];
  }

  show() {
    for (const strip of this.#strips) this.#draw(strip);
    this.#read();
  }

  /** Looks that have such a norm. @param {typeof STRIPS[number]['key']} key */
  #looks(key) {
    return this.#rows.filter((row) => row[key]);
  }

  /** Names of a strip's layers, from below. @param {typeof STRIPS[number]['key']} key @param {Row} row */
  #layers(key, row) {
    return key === 'gradients' ? row.layers : row.mlp.map((_, i) => `block ${i + 1}`);
  }

  /** @param {{canvas: HTMLCanvasElement, figure: HTMLElement, key: typeof STRIPS[number]['key'], title: string}} strip */
  #draw({ canvas, figure, key, title }) {
    const looks = this.#looks(key);
    figure.hidden = !looks.length;
    if (!looks.length) return;
    const layers = this.#layers(key, looks[0]);
    const step = this.#step(looks.length);
    const norm = (/** @type {number} */ layer, /** @type {number} */ look) => looks[look][key]?.[layers.length - 1 - layer] ?? 0;
    const value = (/** @type {number} */ layer, /** @type {number} */ look) => Math.log(Math.max(1e-12, norm(layer, look)));
    const all = looks.flatMap((_, look) => layers.map((_layer, layer) => value(layer, look)));
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const ctx = begin(canvas, GUTTER + step * looks.length + 2, ROW * layers.length + AXIS);
    const image = heat(layers.length, looks.length, (layer, look) => 0.12 + 0.88 * ((value(layer, look) - low) / (high - low || 1)));
    ctx.drawImage(image, GUTTER, 0, step * looks.length, ROW * layers.length);
    ctx.font = font();
    ctx.fillStyle = colour('--ink-3');
    layers.forEach((name, i) => ctx.fillText(name, 0, ROW * (layers.length - i - 0.5)));
    const y = ROW * layers.length + AXIS / 2 + 2;
    ctx.fillText(count(looks[0].step), GUTTER, y);
    ctx.textAlign = 'right';
    if (looks.length > 2) ctx.fillText(count(looks[looks.length - 1].step), GUTTER + step * looks.length, y);
    canvas.setAttribute('aria-label', `${title} by layer, over ${count(looks.length)} looks`);
  }

  /** Pixels of a look. @param {number} looks */
  #step(looks) {
    const columns = getComputedStyle(this.host).gridTemplateColumns.split(' ');
    return Math.max(1, Math.min(WIDEST, (parseFloat(columns[0]) - GUTTER - 2) / looks));
  }

  /** @param {PointerEvent} event @param {typeof STRIPS[number]['key']} key @param {string} title */
  #point(event, key, title) {
    const { x, y } = placeOf(event);
    const looks = this.#looks(key);
    const row = looks[Math.floor((x - GUTTER) / this.#step(looks.length))];
    if (!row) return this.#read();
    const layers = this.#layers(key, row);
    const layer = layers.length - 1 - Math.floor(y / ROW);
    const norm = row[key]?.[layer];
    if (norm === undefined) return this.#read();
    say(this.reading, `${title}, ${layers[layer]}, after ${count(row.step)} ${row.step === 1 ? 'step' : 'steps'}: ${small(norm)}.`);
  }

  #read() {
    const row = this.#rows.at(-1);
    if (!row) return say(this.reading, 'Nothing has been seen yet.');
    const words = [];
    for (const { key, title } of STRIPS.slice(0, 2)) {
      const found = this.#looks(key).at(-1);
      const values = found?.[key];
      if (!found || !values) continue;
      const largest = values.indexOf(Math.max(...values));
      words.push(`${title}: largest in ${this.#layers(key, found)[largest]}, ${small(values[largest])}`);
    }
    say(this.reading, `After ${count(row.step)} ${row.step === 1 ? 'step' : 'steps'}. ${words.join('. ')}.`);
  }

  table() {
    const [first] = this.#rows;
    const kinds = STRIPS.filter(({ key }) => this.#looks(key).length);
    const head = kinds.flatMap(({ key, title }) => this.#layers(key, this.#looks(key)[0] ?? first).map((layer) => `${title}, ${layer}`));
    const none = (/** @type {typeof STRIPS[number]['key']} */ key) => this.#layers(key, this.#looks(key)[0]).map(() => '–');
    const cells = (/** @type {Row} */ row) => kinds.flatMap(({ key }) => row[key]?.map(small) ?? none(key));
    const rows = this.#rows.map((row) => [count(row.step), ...cells(row)]);
    return table('Norms by step', ['Step', ...head], rows);
  }
}
