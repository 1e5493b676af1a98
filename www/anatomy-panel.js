// anatomy-panel.js - the drawing of the model: a box for each block, the residual stream as a line beside them. A box opens to its tensors and
// sizes. What is there already changes in place, so that an open box stays open and the focus where it is.

import { anatomyOf } from './anatomy.js';
import { byId, element, say } from './dom.js';
import { count, percent, short } from './format.js';

/** @typedef {import('./anatomy.js').Block} Block @typedef {import('./shares.js').Tensor} Tensor */
/** @typedef {{item: HTMLLIElement, update: (block: Block) => void}} Box */

/** Most heads that are drawn one by one. */
const MOST_HEADS = 32;

export class AnatomyPanel {
  #place = byId('anatomy', HTMLElement);
  /** @type {Map<string, Box>} by the block's id; those that are not in the model now are kept as they were */
  #boxes = new Map();
  #drawn = '';

  /** @param {Record<string, any>} config complete @param {readonly Tensor[]} layout */
  show(config, layout) {
    const blocks = anatomyOf(config, layout);
    for (const block of blocks) {
      const box = this.#boxes.get(block.id) ?? makeBox(block);
      this.#boxes.set(block.id, box);
      box.update(block);
    }
    const ids = blocks.map(({ id }) => id).join();
    if (ids !== this.#drawn) this.#arrange(blocks);
    this.#drawn = ids;
    const layers = this.#place.querySelector('.layers > p');
    if (layers) say(layers, config.n_layer === 1 ? 'one layer' : `${count(config.n_layer)} layers like this one`);
  }

  /** @param {Block[]} blocks */
  #arrange(blocks) {
    const focused = document.activeElement;
    const stack = element('ol', '', '');
    const layers = element('li', 'layers', '');
    const inner = element('ol', '', '');
    layers.append(element('p', '', ''), inner);
    for (const { id, lane } of blocks) {
      const { item } = /** @type {Box} */ (this.#boxes.get(id));
      if (lane !== 'stream' && !layers.parentElement) stack.append(layers);
      (lane === 'stream' ? stack : inner).append(item);
    }
    this.#place.replaceChildren(stack);
    if (focused instanceof HTMLElement && this.#place.contains(focused)) focused.focus();
  }
}

/** @param {Block} first @returns {Box} */
function makeBox({ id, lane, add }) {
  const item = element('li', `block ${lane === 'stream' ? 'on-stream' : 'in-branch'}${add ? ' adds' : ''}`, '');
  item.dataset.block = id;
  const button = element('button', '', '');
  button.type = 'button';
  const facts = element('div', 'block-facts', '');
  facts.id = `block-${id.replace('.', '-')}`;
  facts.hidden = true;
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-controls', facts.id);
  const [title, heads, gist] = ['title', 'heads', 'gist'].map((name) => element('span', `block-${name}`, ''));
  heads.setAttribute('aria-hidden', 'true');
  button.append(title, heads, gist);
  item.append(button, facts);
  /** @type {Block} */
  let shown;
  const fill = () => facts.replaceChildren(...describe(shown));
  button.addEventListener('click', () => {
    facts.hidden = !facts.hidden;
    button.setAttribute('aria-expanded', String(!facts.hidden));
    if (!facts.hidden) fill();
  });
  let before = '';
  const update = (/** @type {Block} */ block) => {
    shown = block;
    const now = JSON.stringify(block);
    if (now === before) return;
    before = now;
    item.dataset.part = block.part;
    say(title, block.title);
    say(gist, block.gist);
    if (block.heads) heads.replaceChildren(...drawHeads(block.heads));
    if (!facts.hidden) fill();
  };
  return { item, update };
}

/** What an open box says. @param {Block} block @returns {HTMLElement[]} */
function describe({ doc, flow, axes, tensors, parameters, share, times, macs }) {
  const list = element('dl', '', '');
  const fact = (/** @type {string} */ name, /** @type {string} */ value, aside = '') => {
    const row = element('div', '', '');
    const told = element('dd', '', value);
    if (aside) told.append(element('span', '', aside));
    row.append(element('dt', '', name), told);
    list.append(row);
  };
  fact('Comes out', flow.length ? shape(flow) : 'one number', axes);
  const each = times > 1 ? `, ${count(parameters / times)} a layer` : '';
  fact('Parameters', parameters ? count(parameters) : 'none', parameters ? `${percent(share)} of all${each}` : '');
  fact('Multiply-adds', macs ? `${short(macs)} a token` : 'next to none');
  const parts = [element('p', '', doc), list];
  if (tensors.length) {
    const table = element('table', '', '');
    table.append(element('caption', 'unseen', `Tensors${times > 1 ? ' of one layer' : ''}`));
    const body = element('tbody', '', '');
    for (const { name, shape: sizes } of tensors) {
      const row = element('tr', '', '');
      const head = element('th', '', '');
      head.scope = 'row';
      // A name may be broken after its dots.
      for (const [i, word] of name.split('.').entries()) head.append(...(i ? ['.', element('wbr', '', ''), word] : [word]));
      row.append(head, element('td', '', shape(sizes)));
      body.append(row);
    }
    table.append(body);
    parts.push(table);
  }
  return parts;
}

/** @param {number[]} sizes */
const shape = (sizes) => sizes.map(count).join(' × ');

/** A mark for each head, those side by side that share a key and value. @param {{queries: number, keys: number}} heads */
function drawHeads({ queries, keys }) {
  if (queries > MOST_HEADS) return [];
  return Array.from({ length: keys }, () => {
    const group = element('i', '', '');
    group.append(...Array.from({ length: queries / keys }, () => element('b', '', '')));
    return group;
  });
}
