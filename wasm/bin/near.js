/** near.js - what was probably meant by a name that is none. */

import { distance } from '../src/settings.js';

/** So many are named at most. */
const MOST = 3;

/** Letters and digits alone: how names are put together is easily forgotten. @param {string} name */
const plain = (name) => name.toLowerCase().replace(/[^a-z\d]/g, '');

/** The first letters of a name's parts: learning_rate -> lr @param {string} name */
const initials = (name) => name.split(/[^a-zA-Z\d]/).map((part) => part[0]).join('').toLowerCase();

/**
 * How far a word is from a name: few letters differ, or one is a part of the other, or it is the initials; infinite elsewhere.
 * @param {string} word
 * @param {string} name
 */
function away(word, name) {
  const [a, b] = [plain(word), plain(name)];
  const letters = distance(a, b);
  const part = (a.length >= 3 && b.includes(a)) || (b.length >= 3 && a.startsWith(b));
  const first = a.length >= 2 && initials(name) === a;
  return part || first ? Math.min(letters, 1) : letters <= Math.max(Math.min(2, a.length - 2), Math.floor(a.length / 3)) ? letters : Infinity;
}

/**
 * The names that a word may stand for, the nearest first; none where none is near.
 * @param {string} word
 * @param {string[]} names
 * @returns {string[]}
 */
export function near(word, names) {
  const all = names.map((name) => ({ name, far: away(word, name), letters: distance(plain(word), plain(name)) })).filter(({ far }) => far < Infinity);
  all.sort((a, b) => a.far - b.far || a.letters - b.letters);
  const loose = all.length > 0 && all[0].letters > all[0].far; // a part of a name says less than letters that differ
  return all.filter(({ far }) => far <= all[0].far + Number(loose)).slice(0, MOST).map(({ name }) => name);
}

/** 'a', 'b' or 'c' @param {string[]} names @param {string} [word] before the last */
export const listed = (names, word = 'or') => [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(` ${word} `);

/**
 * The end of an error about a name that is none: what is near, or else `otherwise`.
 * @param {string} word
 * @param {string[]} names
 * @param {string} [otherwise]
 */
export function meant(word, names, otherwise = `known: ${names.join(', ')}`) {
  const found = near(word, names);
  return found.length ? `did you mean ${listed(found.map((name) => `'${name}'`))}?` : otherwise;
}
