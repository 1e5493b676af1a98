// leaf-reading.js - what is told of a written token, below the leaf: how likely it was, what else might have stood there, and what the sampler cut.

import { byId, element } from './dom.js';
import { announce } from './notices.js';
import { hex, spoken, visible } from './tokens.js';

/** @typedef {import('./folio/src/writer.js').WrittenToken} WrittenToken @typedef {{text: string, bytes?: number[]}} Token */

/** How the page calls the rules that leave tokens out. @type {Record<string, string>} */
const CUTS = { temperature: 'temperature', top_k: 'top k', top_p: 'top p', min_p: 'min p', vocabulary: 'no token' };
/** The one that is longer than its column. */
const SHORT = /^temperature$/;

/** 0.412 -> "41%", 0.041 -> "4.1%", 0.0004 -> "<0.1%". @param {number} share */
export const percent = (share) => (share >= 0.0995 ? `${Math.round(100 * share)}%` : share >= 0.00095 ? `${(100 * share).toFixed(1)}%` : '<0.1%');

/** 1 -> "the likeliest", 2 -> "the 2nd likeliest". @param {number} rank */
function ranked(rank) {
  const last = rank % 100 > 10 && rank % 100 < 14 ? 0 : rank % 10;
  return rank === 1 ? 'the likeliest' : `the ${rank}${['th', 'st', 'nd', 'rd'][last] ?? 'th'} likeliest`;
}

/** @param {Token} token */
const sign = ({ text, bytes }) => (bytes ? hex(Uint8Array.from(bytes)) : visible(text) || '∅');

/** @param {Token} token */
const said = ({ text, bytes }) => (bytes ? `part of a character, ${hex(Uint8Array.from(bytes))}` : spoken(text) || 'nothing');

/** @typedef {{probability: number, chance: number, cut: string|null}} Shares */

/** How likely a token was: to the model, and to the sampler where that is another number. @param {Shares} token */
function shares({ probability, chance, cut }) {
  if (cut) return [percent(probability), CUTS[cut]];
  return percent(chance) === percent(probability) ? [percent(probability)] : [percent(probability), percent(chance)];
}

export class Reading {
  #line = byId('reading-line', HTMLElement);
  #list = byId('reading-list', HTMLElement);
  #hint = [...this.#line.childNodes];
  /** What is told of while the reader looks at none. @type {WrittenToken|undefined} */
  #last;
  #idle = true;
  #lost = false;

  /** The last token of what is written; undefined while that grows, or where it was lost. @param {WrittenToken|undefined} token @param {boolean} lost */
  rest(token, lost) {
    if (token === this.#last && lost === this.#lost) return;
    this.#last = token;
    this.#lost = lost;
    if (this.#idle) this.show(null, false);
  }

  /** @param {WrittenToken|null} looked @param {boolean} typed whether to say it aloud too */
  show(looked, typed) {
    this.#idle = !looked;
    const token = looked ?? this.#last;
    if (!token) {
      this.#line.replaceChildren(...(this.#lost ? [element('span', 'hint', 'How likely its letters were is kept of newer samples only.')] : this.#hint));
      return this.#list.replaceChildren();
    }
    const { alternatives, penalised, rank } = token;
    const own = alternatives.find(({ id }) => id === token.id) ?? token;
    const [model, sampler] = shares(token);
    const place = `${ranked(rank)}${penalised ? ', penalised' : ''}`;
    const before = looked ? [] : [element('span', 'hint', 'Point at the text. Its last: ')];
    this.#line.replaceChildren(...before, element('b', '', sign(own)), ` ${model}${sampler ? `${looked ? ', drawn with' : ' \u2192'} ${sampler}` : ''}, ${place}`);
    const longest = Math.max(...alternatives.map((one) => sign(one).length));
    this.#list.style.setProperty('--name', `${Math.min(7, Math.max(2, longest)) * 0.6}rem`);
    this.#list.replaceChildren(...alternatives.map((one) => row(one, one.id === token.id)));
    if (!typed || !looked) return;
    const others = alternatives.filter(({ id }) => id !== token.id).map((one) => `${said(one)} ${spokenShares(one)}`);
    announce([`${said(own)} ${model}${sampler ? `, drawn with ${sampler}` : ''}, ${place}`, ...others].join('; '), true);
  }
}

/** @param {Shares} token */
function spokenShares(token) {
  const [model, sampler] = shares(token);
  return token.cut ? `${model}, left out by ${sampler}` : model;
}

/** @param {WrittenToken['alternatives'][number]} one @param {boolean} written */
function row(one, written) {
  const [model, sampler] = shares(one);
  const item = element('li', `${one.cut ? 'cut' : ''}${written ? ' written' : ''}`, '');
  const bar = element('i', 'bar', '');
  bar.style.setProperty('--share', `${100 * one.probability}%`);
  const name = element('bdi', '', sign(one));
  item.append(name, bar, element('span', 'share', model), element('span', 'sampled', (sampler ?? '').replace(SHORT, 'temp.')));
  return item;
}
