// leaf.js - one text on a leaf, as it is written: plain text, over which the tokens are marked without an element of their own, so that letters join,
// lines break and whoever listens hears as in any text. A token can be pointed at, tapped, or reached with the arrow keys.

import { element } from './dom.js';

/** @typedef {import('./folio/src/writer.js').WrittenToken} WrittenToken */
/**
 * @typedef {object} Sheet what stands on a leaf; text and tokens may grow
 * @property {string} text
 * @property {number} [given] characters of it that were the prompt
 * @property {WrittenToken[]} [tokens] of the rest
 */

/** A character less likely than this is shaded, ever more: by the shades unlikely-1, unlikely-2 ... of writing.css. */
export const SHADES = [0.5, 0.2, 0.05, 0.01];
/** Characters drawn at a time: a long text comes in pieces, and the page stays awake. */
const MOST = 2000;
/** Characters up to which a text is drawn as it comes; a longer one, whose lines take longer, after so many milliseconds. */
const SHORT = 1000;
const EVERY = 50;
/** Characters that are looked at around the place of a pointer: where scripts of both directions meet it is not the next. */
const NEAR = 80;

const canMark = typeof Highlight === 'function' && 'highlights' in CSS;
const shades = canMark ? SHADES.map(() => new Highlight()) : [];
const here = canMark ? new Highlight() : null;
if (here) {
  here.priority = 1;
  CSS.highlights.set('here', here);
}

/** Shows the shades of all leaves, or hides them. @param {boolean} on */
export function shade(on) {
  for (const [i, marks] of shades.entries()) {
    if (on) CSS.highlights.set(`unlikely-${i + 1}`, marks);
    else CSS.highlights.delete(`unlikely-${i + 1}`);
  }
}

/** Whether this browser can shade. */
export const canShade = canMark;

/** What would not be seen is drawn as its sign, one for one. @param {string} text */
const drawn = (text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0))).replaceAll('\x7f', '\u2421');

/** What ::first-letter of a text is. */
const INITIAL = /^[\p{P}\p{Z}]*[^\p{P}\p{Z}\n]?\p{P}*/u;

export class Leaf {
  #box;
  #page;
  #told;
  /** @type {Sheet|null} */
  #sheet = null;
  /** What is written, without the prompt. @type {Text|null} */
  #node = null;
  /** Where in the text the node begins, how far the text is drawn, and where the next token begins. */
  #base = 0;
  /** Whether the node has the initial letter. */
  #initial = true;
  #end = 0;
  #next = 0;
  /** Where in the node each token begins. @type {number[]} */
  #starts = [];
  /** Tokens before the first that can be seen. */
  #unseen = 0;
  /** The probability of the tokens since the last whole character. */
  #joint = 1;
  /** @type {[Highlight, StaticRange][]} */
  #marks = [];
  /** @type {StaticRange|null} */
  #here = null;
  #chosen = -1;
  #pointed = -1;
  #frame = 0;
  #drawnAt = 0;

  /**
   * @param {HTMLElement} box that scrolls and takes the focus
   * @param {HTMLElement} page in it, for the text
   * @param {(token: WrittenToken|null, typed: boolean) => void} told called with the token that is looked at; typed: reached by a key
   */
  constructor(box, page, told) {
    this.#box = box;
    this.#page = page;
    this.#told = told;
    box.addEventListener('pointermove', (event) => event.pointerType !== 'touch' && this.#point(this.#tokenAt(event)));
    box.addEventListener('pointerleave', () => this.#point(-1));
    box.addEventListener('click', (event) => this.#choose(this.#tokenAt(event), false));
    box.addEventListener('focusout', () => this.#choose(-1, false));
    box.addEventListener('keydown', (event) => {
      const next = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey ? undefined : this.#after(event.key);
      if (next === undefined) return;
      event.preventDefault();
      this.#choose(next, true);
    });
  }

  /** Draws what is new of a sheet; another one from the beginning. @param {Sheet|null} sheet */
  show(sheet) {
    if (sheet !== this.#sheet) this.#clear();
    this.#sheet = sheet;
    if (!sheet) return;
    if (this.#frame) return;
    if (this.#end < SHORT) this.#draw();
    else if (performance.now() - this.#drawnAt > EVERY) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** Draws at once what has come since. */
  flush() {
    if (!this.#sheet || (!this.#frame && this.#end === this.#sheet.text.length)) return;
    cancelAnimationFrame(this.#frame);
    this.#draw();
  }

  #clear() {
    cancelAnimationFrame(this.#frame);
    for (const [marks, range] of this.#marks) marks.delete(range);
    this.#choose(-1, false);
    this.#point(-1);
    this.#page.replaceChildren();
    this.#box.scrollTop = 0;
    this.#node = null;
    this.#end = 0;
    this.#marks = [];
    this.#starts = [];
    this.#unseen = 0;
    this.#joint = 1;
    this.#frame = 0;
  }

  #draw() {
    this.#frame = 0;
    const sheet = /** @type {Sheet} */ (this.#sheet);
    const node = this.#node ?? this.#begin(sheet);
    if (!node) return;
    const end = Math.min(sheet.text.length, this.#end + MOST);
    node.appendData(drawn(sheet.text.slice(this.#end, end)));
    this.#end = end;
    this.#drawnAt = performance.now();
    this.#mark(node, sheet);
    if (end < sheet.text.length) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** The prompt, in its colour, and room for what follows; nothing while there are only line ends. @param {Sheet} sheet */
  #begin({ text, given = 0 }) {
    const first = text.search(/[^\n]/);
    if (first < 0) return null;
    this.#next = given;
    this.#base = this.#end = Math.max(first, given);
    this.#initial = given <= first;
    this.#node = document.createTextNode('');
    this.#page.replaceChildren(...(given > first ? [element('span', 'given', drawn(text.slice(first, given)))] : []), this.#node);
    return this.#node;
  }

  /** Shades the tokens that are drawn by now. @param {Text} node @param {Sheet} sheet */
  #mark(node, { tokens = [] }) {
    const initial = this.#initial ? INITIAL.exec(node.data.slice(0, 8))?.[0].length ?? 0 : 0;
    let run = { shade: 0, from: 0, to: 0 };
    const close = () => {
      if (run.shade && run.to > run.from) this.#add(shades[run.shade - 1], node, run.from, run.to);
    };
    for (let i = this.#starts.length; i < tokens.length; i++) {
      const { text, bytes, probability } = tokens[i];
      if (this.#next + text.length > this.#end) break;
      const from = Math.max(0, this.#next - this.#base);
      const to = Math.max(0, (this.#next += text.length) - this.#base);
      this.#starts.push(from);
      if (text && !to) this.#unseen = i + 1;
      this.#joint *= probability;
      if (!text && bytes) continue; // part of a character, which is as likely as its parts together
      const shade = SHADES.filter((least) => this.#joint < least).length;
      this.#joint = 1;
      if (shade !== run.shade || from !== run.to) {
        close();
        run = { shade, from: Math.max(from, initial), to };
      }
      run.to = to;
    }
    close();
  }

  /** @param {Highlight} marks @param {Text} node @param {number} from @param {number} to */
  #add(marks, node, from, to) {
    if (!canMark) return;
    const range = new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to });
    marks.add(range);
    this.#marks.push([marks, range]);
  }

  /** Where a key leads to; undefined for nowhere. @param {string} key */
  #after(key) {
    const [first, last] = [this.#unseen, this.#starts.length - 1];
    if (last < first) return undefined;
    const from = this.#chosen;
    if (key === 'ArrowRight') return from < 0 ? first : Math.min(last, from + 1);
    if (key === 'ArrowLeft') return from < 0 ? last : Math.max(first, from - 1);
    return key === 'Escape' && from >= 0 ? -1 : undefined;
  }

  /** The token under a pointer; -1 for none. @param {MouseEvent} event */
  #tokenAt({ clientX: x, clientY: y }) {
    const node = this.#node;
    const caret = node && caretAt(x, y);
    if (!caret || caret.node !== node) return -1;
    const range = document.createRange();
    for (let step = 0; step < NEAR; step++) {
      const at = caret.offset + (step % 2 ? -(step + 1) / 2 : step / 2);
      if (at < 0 || at >= node.length) continue;
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const under = [...range.getClientRects()].some(({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom);
      if (under) return this.#starts.findLastIndex((start) => start <= at);
    }
    return -1;
  }

  /** The reader points at a token, for as long as the pointer is there. @param {number} index */
  #point(index) {
    if (index === this.#pointed) return;
    this.#pointed = index;
    this.#look(index < 0 ? this.#chosen : index, false);
  }

  /** The reader has gone to a token, and stays there. @param {number} index @param {boolean} typed */
  #choose(index, typed) {
    if (index === this.#chosen && !typed) return;
    this.#chosen = index;
    const range = this.#look(index, typed);
    if (typed && range) this.#reveal(range);
  }

  /** Marks a token and tells of it. @param {number} index @param {boolean} typed */
  #look(index, typed) {
    if (this.#here) here?.delete(this.#here);
    this.#here = null;
    const token = this.#sheet?.tokens?.[index] ?? null;
    this.#told(token, typed);
    const node = this.#node;
    if (!token || !node) return null;
    const from = this.#starts[index];
    const to = this.#starts.slice(index + 1).find((start) => start > from) ?? node.length;
    const place = { startContainer: node, startOffset: from, endContainer: node, endOffset: to };
    if (here) here.add((this.#here = new StaticRange(place)));
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return range;
  }

  /** Scrolls the leaf to where a token is. @param {Range} range */
  #reveal(range) {
    const [token, box] = [range.getBoundingClientRect(), this.#box.getBoundingClientRect()];
    const room = 2 * token.height;
    if (token.top < box.top + room / 2) this.#box.scrollTop -= box.top + room - token.top;
    else if (token.bottom > box.bottom - room / 2) this.#box.scrollTop += token.bottom - box.bottom + room;
  }
}

/** Where in which text a point of the window is. @param {number} x @param {number} y @returns {{node: Node, offset: number}|null} */
function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const caret = document.caretPositionFromPoint(x, y);
    return caret && { node: caret.offsetNode, offset: caret.offset };
  }
  const range = document.caretRangeFromPoint(x, y);
  return range && { node: range.startContainer, offset: range.startOffset };
}
