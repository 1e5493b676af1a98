// runs-row.js - a run in the list: its line as in the chart, its name, which can be written over, how far it came, what is different in its settings,
// and what can be done with it.

import { element, say } from './dom.js';
import { count, loss } from './format.js';
import { DASHES } from './plot.js';

/** @typedef {import('./runs.js').Entry} Entry */
/** @typedef {{change: (values: {name?: string, hidden?: boolean}) => void, remove: () => void, goOn: () => void}} Doings */

/** Longest name. */
const LONGEST = 40;
const SVG = 'http://www.w3.org/2000/svg';

export class Row {
  element = element('li', '', '');
  #line = document.createElementNS(SVG, 'line');
  #name = element('input', 'run-name', '');
  #figures = element('span', 'run-figures', '');
  #words = element('span', 'run-words', '');
  #hide = button('Hide');
  #goOn = button('Go on');
  #remove = button('Delete');

  /** @param {Entry} entry @param {Doings} doings */
  constructor(entry, { change, remove, goOn }) {
    this.entry = entry;
    const swatch = document.createElementNS(SVG, 'svg');
    swatch.setAttribute('viewBox', '0 0 28 4');
    swatch.setAttribute('aria-hidden', 'true');
    for (const [name, value] of Object.entries({ x1: '0', x2: '28', y1: '2', y2: '2' })) this.#line.setAttribute(name, value);
    swatch.append(this.#line);
    Object.assign(this.#name, { type: 'text', value: entry.name, maxLength: LONGEST, autocomplete: 'off', spellcheck: false });
    this.#name.setAttribute('aria-label', 'Name of the run');
    this.#name.addEventListener('change', () => change({ name: this.#name.value.trim() || entry.name }));
    this.#name.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#name.value = entry.name;
      if (key === 'Escape' || key === 'Enter') this.#name.blur();
    });
    this.#hide.addEventListener('click', () => change({ hidden: !entry.hidden }));
    this.#goOn.addEventListener('click', goOn);
    this.#remove.addEventListener('click', remove);
    const doings = element('span', 'run-doings', '');
    doings.append(this.#hide, this.#goOn, this.#remove);
    this.element.append(swatch, this.#name, this.#figures, doings, this.#words);
  }

  /** @param {{main: boolean, words: string}} how main: the page's own run; words: what is different */
  show({ main, words }) {
    const { name, slot, step, history, hidden, live, checkpoint } = this.entry;
    this.element.style.setProperty('--run', `var(--${main ? 'train' : `run-${slot + 1}`})`);
    this.element.classList.toggle('hidden-run', hidden && !main);
    if (main) this.#line.removeAttribute('stroke-dasharray');
    else this.#line.setAttribute('stroke-dasharray', DASHES[slot].join(' '));
    if (document.activeElement !== this.#name) this.#name.value = name;
    const { loss: mean, val } = history;
    say(this.#figures, `${count(step)} ${step === 1 ? 'step' : 'steps'} · ${mean === null ? '–' : loss(mean)}${val === null ? '' : ` · validation ${loss(val)}`}`);
    const stands = !live && !checkpoint ? 'only its curve is kept: it cannot go on' : '';
    say(this.#words, [words, stands].filter(Boolean).join(' · '));
    this.#words.hidden = !words && !stands;
    this.#hide.hidden = main;
    this.#goOn.hidden = Boolean(live) || !checkpoint;
    this.#remove.hidden = Boolean(live);
    say(this.#hide, hidden ? 'Show' : 'Hide');
    for (const doing of [this.#hide, this.#goOn, this.#remove]) doing.setAttribute('aria-label', `${doing.textContent}: ${name}`);
  }

  focus() {
    this.#name.focus();
  }
}

/** @param {string} label */
function button(label) {
  const made = element('button', 'quiet', label);
  made.type = 'button';
  return made;
}
