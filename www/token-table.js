// token-table.js - what each tokenizer makes of the whole text, side by side. The name of one shows its tokens in the lines above.

import { byId, element, say } from './dom.js';
import { ENCODINGS } from './encodings.js';
import { bytes, count } from './format.js';

/** @typedef {import('./token-lab.js').Choice} Choice */

/** Tokenizers that a model can be trained with here, in the order of the table. */
export const KINDS = ['char', 'byte', 'word', 'bpe'];

export class TokenTable {
  #body = byId('tokenizers', HTMLTableElement).tBodies[0];
  /** @type {Map<string, HTMLTableRowElement>} */
  #rows = new Map();

  /** @param {(name: string) => void} look at the tokens of that one, fetching what it needs */
  constructor(look) {
    for (const name of [...KINDS, ...ENCODINGS.map((encoding) => encoding.name)]) this.#rows.set(name, this.#add(name, look));
  }

  /** @param {string} name @param {(name: string) => void} look */
  #add(name, look) {
    const row = element('tr', '', '');
    row.dataset.tokenizer = name;
    const head = element('th', '', '');
    head.scope = 'row';
    const button = element('button', 'name', name);
    button.type = 'button';
    const encoding = ENCODINGS.find((known) => known.name === name);
    head.append(button, element('span', 'size', encoding?.of ?? ''));
    row.append(head, element('td', '', ''), element('td', '', ''));
    button.addEventListener('click', () => look(name));
    this.#body.append(row);
    if (encoding) {
      const fetching = element('button', 'quiet', `Fetch ${bytes(encoding.bytes)}`);
      fetching.type = 'button';
      button.id = `tokens-of-${name}`;
      fetching.setAttribute('aria-describedby', button.id);
      fetching.addEventListener('click', () => look(name));
      row.cells[1].colSpan = 2;
      row.cells[1].append(fetching);
      row.cells[2].remove();
      button.disabled = true;
    }
    return row;
  }

  /** Which one trains, and whose tokens are shown. @param {string} chosen @param {string} shown */
  mark(chosen, shown) {
    for (const [name, row] of this.#rows) {
      row.classList.toggle('chosen', name === chosen);
      row.querySelector('.name')?.setAttribute('aria-pressed', String(name === shown));
    }
  }

  /** An encoding's tokens are on their way, or not any more. @param {string} name @param {boolean} now */
  fetching(name, now) {
    const button = this.#rows.get(name)?.querySelector('td button');
    const encoding = ENCODINGS.find((known) => known.name === name);
    if (!button || !encoding) return;
    button.setAttribute('aria-busy', String(now));
    say(button, now ? 'Fetching…' : `Fetch ${bytes(encoding.bytes)}`);
  }

  /** An encoding's tokens are here, so that it is a tokenizer like the others. @param {string} name */
  arrived(name) {
    const row = this.#rows.get(name);
    const button = row?.querySelector('.name');
    if (!row || !(button instanceof HTMLButtonElement) || row.cells.length > 2) return;
    button.disabled = false;
    const focused = row.cells[1].contains(document.activeElement);
    row.cells[1].remove();
    row.append(element('td', '', ''), element('td', '', ''));
    if (focused) button.focus();
  }

  /** @param {string} name @param {{size?: string, tokens: number|null, bytes: number}} facts tokens: null while they are counted */
  set(name, { size, tokens, bytes: total }) {
    const row = this.#rows.get(name);
    if (!row || row.cells.length < 3) return;
    if (size !== undefined) say(/** @type {Element} */ (row.querySelector('.size')), size);
    say(row.cells[1], tokens === null ? '…' : count(tokens));
    say(row.cells[2], tokens === null ? '…' : (total / Math.max(1, tokens)).toFixed(2));
  }
}
