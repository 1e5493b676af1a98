// window-ruler.js - the windows that training takes from the text, as brackets over its first lines and in words.

import { byId, element, say } from './dom.js';
import { count } from './format.js';

/** @typedef {import('./state.js').State} State @typedef {import('./token-lines.js').TokenLines} TokenLines */
/** @typedef {{index: number, start: number, end: number, track: number}} Window tokens start to end - 1 */

/** Brackets above one another, at most. */
const TRACKS = 3;

/**
 * The windows that begin within the first `shown` tokens, each on the first track that is free; where none is, no more are drawn.
 * @param {{shown: number, blockSize: number, stride: number, windows: number}} sizes windows: in an epoch
 * @returns {Window[]}
 */
export function windowsOver({ shown, blockSize, stride, windows }) {
  /** Where each track is free again. */
  const free = new Array(TRACKS).fill(0);
  /** @type {Window[]} */
  const over = [];
  for (let index = 0; index < windows && index * stride < shown; index++) {
    const start = index * stride;
    const track = free.findIndex((end) => end <= start);
    if (track < 0) break;
    free[track] = start + blockSize;
    over.push({ index, start, end: start + blockSize, track });
  }
  return over;
}

/** Windows of an epoch, as core/dataset.c counts them. @param {number} tokens of the whole text @param {State} state */
function windowsOf(tokens, state) {
  const [block, stride, held] = ['block_size', 'stride', 'val_fraction'].map((name) => Number(state.get(name)));
  const train = Math.floor(tokens * (1 - held));
  return train > block ? Math.floor((train - block - 1) / (stride || block)) + 1 : 0;
}

export class WindowRuler {
  #lines;
  #layer = byId('windows', HTMLElement);
  #words = byId('windows-words', HTMLElement);
  /** @type {Window[]} */
  #windows = [];

  /** @param {TokenLines} lines */
  constructor(lines) {
    this.#lines = lines;
    new ResizeObserver(() => this.#draw()).observe(this.#layer);
  }

  /** @param {State} state @param {() => Promise<number>} counting tokens of the whole text */
  async show(state, counting) {
    const [blockSize, batch, gap] = ['block_size', 'batch_size', 'stride'].map((name) => Number(state.get(name)));
    const stride = gap || blockSize;
    if (state.get('batching') !== 'epoch') {
      this.#put([]);
      return say(this.#words, `A step reads ${many(batch, 'random window')} of ${count(blockSize)}.`);
    }
    const windows = windowsOf(await counting(), state);
    const shown = this.#lines.tokens.length;
    const over = windowsOver({ shown, blockSize, stride, windows });
    this.#put(over);
    const step = stride === blockSize ? 'side by side' : `one every ${count(stride)}, ${stride < blockSize ? 'overlapping' : 'with gaps'}`;
    const drawn = over.length === 1 ? 'the first is drawn' : `the first ${over.length} are drawn`;
    say(this.#words, windows ? `Windows of ${many(blockSize, 'token')}, ${step}: ${count(windows)} in an epoch; ${drawn}.` : `The text is too short for a window of ${many(blockSize, 'token')}.`);
  }

  /** @param {Window[]} windows */
  #put(windows) {
    this.#windows = windows;
    const tracks = Math.max(0, ...windows.map(({ track }) => track + 1));
    this.#layer.parentElement?.style.setProperty('--tracks', String(tracks));
    this.#layer.dataset.windows = String(windows.length);
    this.#draw();
  }

  #draw() {
    const { tokens } = this.#lines;
    const origin = this.#layer.getBoundingClientRect();
    this.#layer.dir = this.#lines.direction;
    const marks = this.#windows.flatMap(({ index, start, end, track }) => {
      const rows = rowsOf(tokens.slice(start, end));
      return rows.map(({ left, right, top }, i) => {
        const mark = element('span', index % 2 ? 'window odd' : 'window', '');
        mark.classList.toggle('begins', i === 0);
        mark.classList.toggle('ends', i === rows.length - 1 && end <= tokens.length);
        mark.style.setProperty('left', `${left - origin.left}px`);
        mark.style.setProperty('width', `${right - left - 1}px`); // so that neighbours do not touch
        mark.style.setProperty('top', `${top - origin.top}px`);
        mark.style.setProperty('--track', String(track));
        return mark;
      });
    });
    this.#layer.replaceChildren(...marks);
  }
}

/** @param {number} n @param {string} what */
const many = (n, what) => `${count(n)} ${what}${n === 1 ? '' : 's'}`;

/** Where tokens stand, a rectangle for each line of them. @param {HTMLElement[]} tokens */
function rowsOf(tokens) {
  /** @type {{left: number, right: number, top: number}[]} */
  const rows = [];
  for (const token of tokens) {
    for (const { left, right, top, width } of token.getClientRects()) {
      const row = rows.at(-1);
      if (width < 0.5) continue;
      if (row && Math.abs(row.top - top) < 4) Object.assign(row, { left: Math.min(row.left, left), right: Math.max(row.right, right) });
      else rows.push({ left, right, top });
    }
  }
  return rows;
}
