/** stop.js - a text at which writing ends. */

import { FolioError } from './error.js';

/**
 * Passes items on until their texts together have `stop` in them, which is left out. What may be its beginning is held back until that is clear.
 * Every character is looked at once (Knuth, Morris and Pratt), however long `stop` is.
 * @template {{text: string}} T
 * @param {Iterable<T | undefined>} items undefined is passed on
 * @param {string} stop '': there is none
 * @returns {Generator<T | undefined, void, void>}
 */
export function* untilStop(items, stop) {
  if (typeof stop !== 'string') throw new FolioError('ARGUMENT', 'generate', `generate: stop is a ${typeof stop}: it must be a text`);
  if (!stop) return yield* items;
  const borders = bordersOf(stop);
  /** Not passed on yet, each with the place where its text ends; those before `first` are. @type {{item: T, end: number}[]} */
  let held = [];
  let first = 0;
  let length = 0; // of all texts until now
  let begun = 0; // characters at their end that are the beginning of `stop`
  for (const item of items) {
    if (item === undefined) {
      yield;
      continue;
    }
    const { text } = item;
    let at = 0;
    while (at < text.length && begun < stop.length) begun = longer(stop, borders, begun, text.charCodeAt(at++));
    const found = begun === stop.length;
    const sure = length + at - begun;
    length += text.length;
    held.push({ item, end: length });
    while (first < held.length && held[first].end <= sure) yield held[first++].item;
    if (found) {
      const { item: last, end } = held[first];
      const cut = last.text.length - (end - sure);
      if (cut > 0) yield { ...last, text: last.text.slice(0, cut) };
      return;
    }
    if (first > held.length / 2) {
      held = held.slice(first);
      first = 0;
    }
  }
  for (const { item } of held.slice(first)) yield item;
}

/**
 * How many characters of `stop` stand at an end where `begun` stood, once one more has come.
 * @param {string} stop @param {Int32Array} borders @param {number} begun less than all @param {number} character
 */
function longer(stop, borders, begun, character) {
  while (begun > 0 && stop.charCodeAt(begun) !== character) begun = borders[begun - 1];
  return stop.charCodeAt(begun) === character ? begun + 1 : 0;
}

/** Of each beginning of a text: how long is the longest shorter one that it ends with. @param {string} text */
function bordersOf(text) {
  const borders = new Int32Array(text.length);
  for (let i = 1; i < text.length; i++) borders[i] = longer(text, borders, borders[i - 1], text.charCodeAt(i));
  return borders;
}
