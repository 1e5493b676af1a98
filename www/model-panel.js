// model-panel.js - the size of the model as it is set now, before anything is started, and where its parameters are. The drawing of its blocks is
// fetched when it is opened.

import { byId, element, say } from './dom.js';
import { bytes, count, short } from './format.js';
import { PARTS, sharesOf } from './shares.js';
import { withSheet } from './sheets.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./state.js').State} State
 * @typedef {import('./shares.js').Tensor} Tensor
 * @typedef {{config: Record<string, any>, layout: readonly Tensor[]}} Made
 */

export class ModelPanel {
  #asked = 0;
  #parts = byId('parts', HTMLDetailsElement);
  /** @type {Made|null} the last model that can be */
  #made = null;
  /** @type {import('./anatomy-panel.js').AnatomyPanel|null} */
  #anatomy = null;

  /** @param {Client} client @param {State} state @param {import('./token-panel.js').TokenPanel} tokens */
  constructor(client, state, tokens) {
    this.client = client;
    this.state = state;
    this.tokens = tokens;
    const refresh = () => void this.#refresh();
    state.addEventListener('change', refresh);
    tokens.addEventListener('vocabulary', refresh);
    this.#parts.addEventListener('toggle', () => void this.#draw());
    refresh();
  }

  async #refresh() {
    const mine = ++this.#asked;
    const vocab = this.tokens.vocabSize;
    const partial = { ...(vocab ? { vocab_size: vocab } : {}), ...this.state.config() };
    let fault = '';
    let code = '';
    let size;
    /** @type {Made|null} */
    let made = null;
    try {
      const [memory, config, layout] = await Promise.all([this.client.memory(partial), this.client.config(partial), this.client.layout(partial)]);
      size = memory;
      made = { config, layout };
      if (size.total_bytes > size.limit_bytes) {
        code = 'MEMORY';
        fault = `Training this model takes ${bytes(size.total_bytes)}; the engine can have ${bytes(size.limit_bytes)}.`;
      }
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      if (error instanceof Error && 'code' in error) code = String(error.code);
    }
    if (mine !== this.#asked) return; // a later change is being answered
    const place = byId('model-fault', HTMLElement);
    say(place, fault);
    place.hidden = !fault;
    place.dataset.name = code;
    say(byId('model-parameters', HTMLElement), size ? (size.parameters < 1e5 ? count(size.parameters) : short(size.parameters)) : '–');
    say(byId('model-weights', HTMLElement), size ? bytes(4 * size.parameters) : '–');
    say(byId('model-memory', HTMLElement), size ? bytes(size.total_bytes) : '–');
    say(byId('model-gist', HTMLElement), size ? `${this.state.get('n_layer')} layers, ${short(size.parameters)} parameters` : 'needs another look');
    if (!made) return;
    this.#made = made;
    this.#share(made.layout);
    await this.#draw();
  }

  /** Where the parameters are, as a bar and in words. @param {readonly Tensor[]} layout */
  #share(layout) {
    const shares = sharesOf(layout);
    const total = Object.values(shares).reduce((sum, size) => sum + size, 0);
    const present = PARTS.filter((part) => shares[part]);
    const bar = present.map((part) => {
      const piece = element('span', '', '');
      piece.dataset.part = part;
      return piece;
    });
    const words = present.map((part) => {
      const percent = (100 * shares[part]) / total;
      const item = element('li', '', `${part} ${percent < 1 ? '<1' : Math.round(percent)}%`);
      item.dataset.part = part;
      return item;
    });
    const place = byId('shares', HTMLElement);
    place.style.setProperty('grid-template-columns', present.map((part) => `${(100 * shares[part]) / total}fr`).join(' '));
    place.replaceChildren(...bar);
    byId('shares-words', HTMLElement).replaceChildren(...words);
  }

  async #draw() {
    if (!this.#parts.open) return;
    const [{ AnatomyPanel }] = await Promise.all([import('./anatomy-panel.js'), withSheet('css/anatomy.css')]);
    this.#anatomy ??= new AnatomyPanel();
    if (this.#made) this.#anatomy.show(this.#made.config, this.#made.layout);
  }
}
