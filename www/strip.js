// strip.js - the samples of a run in a line, by steps and loss: a click or the arrow keys show one of them.

import { byId, element, say } from './dom.js';
import { count, loss } from './format.js';

/** @typedef {import('./history.js').Sample} Sample @typedef {import('./history.js').History} History */

/** Pixels beside a button that show there is another. */
const NEXT = 40;

export class Strip {
  #strip = byId('strip', HTMLElement);
  /** @type {Sample[]} those that have a button */
  #samples = [];
  /** @type {Sample|undefined} */
  #shown;

  /** @param {(sample: Sample) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.#strip.addEventListener('keydown', (event) => {
      const to = event.ctrlKey || event.altKey || event.metaKey ? undefined : this.#after(event.key);
      if (!to) return;
      event.preventDefault();
      choose(to);
      this.#button(to)?.focus();
    });
  }

  /** @param {History} history @param {Sample|undefined} shown */
  draw(history, shown) {
    const { samples } = history;
    if (samples.length < this.#samples.length || this.#samples.some((sample, i) => sample !== samples[i])) {
      this.#samples = [];
      this.#strip.replaceChildren();
    }
    const grown = samples.length > this.#samples.length;
    for (const sample of samples.slice(this.#samples.length)) this.#strip.append(this.#make(sample));
    this.#samples = [...samples];
    const before = this.#shown;
    this.#shown = shown;
    const stop = shown && samples.includes(shown) ? shown : samples.at(-1);
    for (const sample of samples) {
      const button = this.#button(sample);
      if (!button) continue;
      const reached = history.lossAt(sample.step);
      say(/** @type {Element} */ (button.lastElementChild), reached === null ? '–' : loss(reached));
      button.setAttribute('aria-pressed', String(sample === shown));
      button.tabIndex = sample === stop ? 0 : -1;
    }
    this.#strip.parentElement?.toggleAttribute('hidden', samples.length < 2);
    if (shown && (grown || shown !== before)) this.#reveal(this.#button(shown));
  }

  /** Scrolls the strip, and nothing else, to a button and what is next to it. @param {HTMLElement|undefined} button */
  #reveal(button) {
    if (!button) return;
    const [there, room] = [button.getBoundingClientRect(), this.#strip.getBoundingClientRect()];
    this.#strip.scrollLeft += Math.min(0, there.left - NEXT - room.left) + Math.max(0, there.right + NEXT - room.right);
  }

  /** @param {Sample} sample */
  #make(sample) {
    const button = element('button', 'quiet', '');
    button.type = 'button';
    const [step, steps] = [element('span', 'unseen', 'Step '), element('span', 'steps', count(sample.step))];
    button.append(step, steps, element('span', 'unseen', ', loss '), element('small', '', '–'));
    button.addEventListener('click', () => this.choose(sample));
    return button;
  }

  /** @param {Sample} sample */
  #button(sample) {
    return /** @type {HTMLElement|undefined} */ (this.#strip.children[this.#samples.indexOf(sample)]);
  }

  /** The sample that a key leads to. @param {string} key */
  #after(key) {
    const [last, at] = [this.#samples.length - 1, this.#samples.indexOf(/** @type {Sample} */ (this.#shown ?? this.#samples.at(-1)))];
    const to = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last }[key];
    return to === undefined ? undefined : this.#samples[to];
  }
}
