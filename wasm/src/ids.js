/** ids.js - token ids that come from outside. */

import { FolioError } from './error.js';
import { shownValue } from './given.js';

/**
 * Ids as the core takes them. Fails with TOKEN where one is no whole number from 0, which would become another token on the way.
 * @param {string} op what the caller was asked to do
 * @param {ArrayLike<number>} ids
 * @returns {Uint32Array<ArrayBuffer>} a copy
 */
export function toIds(op, ids) {
  if (ids instanceof Uint32Array || ids instanceof Uint16Array) return new Uint32Array(ids);
  if (!Number.isSafeInteger(ids?.length)) throw new FolioError('ARGUMENT', op, `${op}: ids must be an array, not ${shownValue(ids)}`);
  const words = new Uint32Array(ids.length);
  for (let at = 0; at < words.length; at++) {
    const id = ids[at];
    if (typeof id === 'number') words[at] = id;
    if (words[at] !== id) throw new FolioError('TOKEN', op, `${op}: id ${shownValue(id)} at place ${at} is no token: ids are whole numbers from 0`);
  }
  return words;
}
