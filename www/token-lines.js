// token-lines.js - the text's first lines in coloured tokens. One of them at a time can be reached with Tab, the arrow keys go to the others, and
// the line below tells the id and bytes of the one that is looked at.

import { byId, element, say } from './dom.js';
import { count } from './format.js';
import { hex, spokenPiece, visible } from './tokens.js';

/** @typedef {import('./tokens.js').Piece} Piece */

export class TokenLines {
  #list = byId('tokens', HTMLElement);
  #reading = byId('token-reading', HTMLElement);
  /** @type {Piece[]} */
  #pieces = [];
  /** Whose tokens they are. */
  #whose = '';
  #current = 0;

  constructor() {
    const list = this.#list;
    list.addEventListener('pointerover', ({ target }) => this.#read(this.#indexOf(target)));
    list.addEventListener('pointerleave', () => this.#read(list.contains(document.activeElement) ? this.#current : -1));
    list.addEventListener('click', ({ target }) => this.#go(this.#indexOf(target)));
    list.addEventListener('focusin', ({ target }) => this.#read(this.#indexOf(target)));
    list.addEventListener('focusout', () => this.#read(-1));
    list.addEventListener('keydown', (event) => {
      const next = event.ctrlKey || event.altKey || event.metaKey ? -1 : this.#after(event.key);
      if (next < 0) return;
      event.preventDefault();
      this.#go(next);
    });
  }

  /** The elements of the tokens, in order. */
  get tokens() {
    return /** @type {HTMLElement[]} */ ([...this.#list.children]);
  }

  /** Which way they are read, as their first letter has it. @returns {'ltr' | 'rtl'} */
  get direction() {
    return getComputedStyle(this.#list).direction === 'rtl' ? 'rtl' : 'ltr';
  }

  /** @param {Piece[]} pieces @param {string} whose */
  show(pieces, whose) {
    const same = whose === this.#whose && pieces.length === this.#pieces.length && pieces.every(({ id, text }, i) => id === this.#pieces[i].id && text === this.#pieces[i].text);
    if (same) return;
    const focused = this.#list.contains(document.activeElement);
    this.#pieces = pieces;
    this.#whose = whose;
    this.#current = 0;
    this.#list.replaceChildren(...pieces.map(draw));
    this.#list.setAttribute('aria-label', `The first ${count(pieces.length)} ${whose} tokens; the arrow keys go from one to the next`);
    this.#list.dataset.whose = whose;
    if (focused) this.#go(0);
    else this.#read(-1);
  }

  /** @param {EventTarget|null} target */
  #indexOf(target) {
    const token = target instanceof Element ? target.closest('[role=option]') : null;
    return token ? this.tokens.indexOf(/** @type {HTMLElement} */ (token)) : -1;
  }

  /** Gives a token the focus. @param {number} index */
  #go(index) {
    const token = this.tokens[index];
    if (!token) return;
    this.tokens[this.#current].tabIndex = -1;
    this.tokens[this.#current].removeAttribute('aria-selected');
    this.#current = index;
    token.tabIndex = 0;
    token.setAttribute('aria-selected', 'true');
    token.focus();
  }

  /** Where a key leads to; -1 for nowhere. @param {string} key */
  #after(key) {
    const last = this.#pieces.length - 1;
    const onward = this.direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    switch (key) {
      case 'ArrowRight':
      case 'ArrowLeft':
        return key === onward ? Math.min(last, this.#current + 1) : Math.max(0, this.#current - 1);
      case 'ArrowDown':
        return this.#inLine(1);
      case 'ArrowUp':
        return this.#inLine(-1);
      case 'Home':
        return 0;
      case 'End':
        return last;
      default:
        return -1;
    }
  }

  /** The token below or above. @param {1|-1} way */
  #inLine(way) {
    const place = (/** @type {HTMLElement} */ token) => token.getClientRects()[0] ?? token.getBoundingClientRect();
    const tokens = this.tokens;
    const here = place(tokens[this.#current]);
    const middle = here.left + here.width / 2;
    let best = this.#current;
    let line = NaN;
    for (let i = this.#current + way; i >= 0 && i < tokens.length; i += way) {
      const there = place(tokens[i]);
      if (Math.abs(there.top - here.top) < here.height / 2) continue;
      if (Number.isNaN(line)) [line, best] = [there.top, i];
      if (Math.abs(there.top - line) > here.height / 2) break;
      if (Math.abs(there.left + there.width / 2 - middle) < Math.abs(place(tokens[best]).left + place(tokens[best]).width / 2 - middle)) best = i;
    }
    return best;
  }

  /** Tells of a token; -1: of all. @param {number} index */
  #read(index) {
    const piece = this.#pieces[index];
    if (!piece) return say(this.#reading, `${count(this.#pieces.length)} ${this.#whose} tokens: point at one.`);
    const whole = element('span', '', '');
    whole.append(element('b', '', piece.text ? visible(piece.text) : 'part of a character'), ' id ', element('b', '', `${piece.id}`), `, ${piece.bytes.length === 1 ? 'byte' : `${piece.bytes.length} bytes`} ${hex(piece.bytes)}`);
    this.#reading.replaceChildren(...whole.childNodes);
  }
}

/** @param {Piece} piece @param {number} index */
function draw(piece, index) {
  const token = element('span', piece.text ? '' : 'part', '');
  token.setAttribute('role', 'option');
  token.setAttribute('aria-label', spokenPiece(piece));
  token.tabIndex = index ? -1 : 0;
  for (const [i, line] of piece.text.split('\n').entries()) {
    if (i) token.append(element('i', '', '\n'));
    token.append(line);
  }
  return token;
}
