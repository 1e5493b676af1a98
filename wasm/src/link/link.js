/**
 * link.js - a run as the fragment of a link, read and written without a page:
 *
 *   #v=1&preset=tiny&seed=7&text=1f0c2a77-300000&folio=0.1.0&numerics=exact&digest=...&own=...&weights=...
 *
 * Settings by name, defaults left out, and beside them the parts below, each of which may be missing. A link without v has settings alone.
 * A link comes from anywhere. Its length is checked before anything is made of it, nothing in it is unpacked here, names in it are looked up in
 * Maps alone, and what is wrong is left out and told. Whoever reads it checks the settings: a page has narrower limits than the command line.
 */

import { fromBase64Url, toBase64Url } from './packed.js';

/** Versions of the form that are read: 0 is a link without v. */
const VERSION = 1;

/** Most characters of the packed parts, and of everything else together. */
export const LIMITS = { settings: 16384, own: 8192, weights: 204800 };
const LONGEST = LIMITS.settings + LIMITS.own + LIMITS.weights;

/**
 * @typedef {object} Parts
 * @property {string} [text] fingerprint of the text that is learnt, as checkpoints have it
 * @property {string} [own] that text itself, packed (packText)
 * @property {string} [weights] of the trained model, packed (packWeights)
 * @property {string} [digest] SHA-256 of the weights that the run ended with, hex
 * @property {'exact' | 'fast'} [numerics] of that run
 * @property {string} [folio] the version that trained
 */
/**
 * @typedef {object} Link
 * @property {number} version
 * @property {Map<string, string>} settings by name, as they are written
 * @property {Parts} parts
 * @property {string[]} faults what is left out, in words
 * @property {string} [refused] why nothing of it is read, in words
 */

/** What a part may look like. @type {Map<string, RegExp>} */
const PARTS = new Map([
  ['text', /^[0-9a-f]{8}-\d{1,12}$/],
  ['digest', /^[\w-]{43}$/],
  ['numerics', /^(exact|fast)$/],
  ['folio', /^\d{1,4}\.\d{1,4}\.\d{1,4}$/],
]);

const PACKED = /(?:^|&)(own|weights)=([^&]*)/g;
const BASE64URL = /^[\w-]+$/;

/**
 * @param {string} fragment with or without its '#'
 * @returns {Link}
 */
export function readLink(fragment) {
  /** @type {Link} */
  const link = { version: 0, settings: new Map(), parts: {}, faults: [] };
  if (fragment.length > LONGEST) return { ...link, refused: tooLong(fragment.length, LONGEST) };
  /** @type {[string, string][]} */
  const packed = [];
  const small = fragment.replace(/^#/, '').replace(PACKED, (_, name, value) => {
    packed.push([name, value]);
    return '';
  });
  if (small.length > LIMITS.settings) return { ...link, refused: tooLong(small.length, LIMITS.settings) };
  const pairs = new URLSearchParams(small);
  const version = pairs.get('v');
  if (version !== null && version !== String(VERSION)) {
    const other = /^\d{1,9}$/.test(version) ? `of version ${version}` : 'of no version that there is';
    return { ...link, refused: `The link is ${other}; this Folio reads version ${VERSION}, and links without one.` };
  }
  link.version = version === null ? 0 : VERSION;
  if (!link.version && fragment.length > LIMITS.settings) return { ...link, refused: tooLong(fragment.length, LIMITS.settings) };
  const seen = new Set();
  for (const [name, value] of [...pairs, ...packed]) {
    if (seen.has(name)) link.faults.push(`${shown(name)} stands there twice; the first one counts`);
    else if (!link.version || (name !== 'v' && !readPart(link, name, value))) link.settings.set(name, value);
    seen.add(name);
  }
  return link;
}

/**
 * Takes a part; what it may not be is told.
 * @param {Link} link @param {string} name @param {string} value
 * @returns {boolean} whether that is the name of a part
 */
function readPart({ parts, faults }, name, value) {
  if (name === 'own' || name === 'weights') {
    if (value.length > LIMITS[name]) faults.push(`${name} has ${value.length} characters; at most ${LIMITS[name]} are read`);
    else if (!BASE64URL.test(value)) faults.push(`${name} is ${value ? 'no base64url' : 'empty'}`);
    else parts[name] = value;
    return true;
  }
  const form = PARTS.get(name);
  if (!form) return false;
  if (!form.test(value)) faults.push(`${name} is “${shown(value)}”, which it cannot be`);
  else if (name === 'digest') parts.digest = hexOf(fromBase64Url(value));
  else Object.assign(parts, { [name]: value });
  return true;
}

/**
 * @param {Iterable<[string, unknown]>} settings those that are not at their defaults
 * @param {Parts} parts
 * @returns {string} with its '#'
 */
export function writeLink(settings, { digest, own, weights, ...small }) {
  const pairs = new URLSearchParams({ v: String(VERSION) });
  for (const [name, value] of settings) pairs.set(name, String(value));
  for (const [name, value] of Object.entries(small)) if (value !== undefined) pairs.set(name, value);
  if (digest) pairs.set('digest', toBase64Url(Uint8Array.from(digest.match(/../g) ?? [], (byte) => parseInt(byte, 16))));
  if (own) pairs.set('own', own);
  if (weights) pairs.set('weights', weights);
  return `#${pairs}`;
}

/** A name or a value from a link, fit for a message. @param {string} word */
export const shown = (word) => (word.length > 40 ? `${word.slice(0, 40)}…` : word);

/** @param {number} length @param {number} most */
const tooLong = (length, most) => `The link is ${length} characters long; at most ${most} are read.`;

/** @param {Uint8Array} bytes */
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
