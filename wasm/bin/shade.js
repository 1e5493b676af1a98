/** shade.js - written tokens with their probabilities: shaded text on a terminal, a line each elsewhere. */

/** @typedef {import('../src/writer.js').WrittenToken} WrittenToken */

/** From which probability on a token has which background: plain, then ever more of red; numbers of the 256 colours of terminals. */
const SHADES = /** @type {const} */ ([[0.5, null], [0.2, 230], [0.05, 223], [0.01, 216], [0, 209]]);

/** Whether a stream shows colours: terminals do, unless NO_COLOR says no; FORCE_COLOR says yes, and 0 no. @param {NodeJS.WriteStream} stream */
export function hasColours({ isTTY }) {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  return force ? !['0', 'false'].includes(force) : Boolean(isTTY) && !no;
}

/** @param {string} text @param {number} probability */
export function shade(text, probability) {
  const colour = SHADES.find(([least]) => probability >= least)?.[1];
  if (!colour) return text;
  return text.replace(/[^\n]+/g, (line) => `\x1b[48;5;${colour};38;5;16m${line}\x1b[0m`); // black on it; no colour runs past the end of a line
}

/** What the shades mean. */
export const legend = () =>
  SHADES.map(([least, colour], i) => {
    const words = colour ? ` ${least ? `${100 * least}%` : `below ${100 * Number(SHADES[i - 1][0])}%`} ` : '50% and more';
    return colour ? `\x1b[48;5;${colour};38;5;16m${words}\x1b[0m` : words;
  }).join(' ');

/** 0.4123 -> ' 41.2%' @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)}%`.padStart(6);

/** A token as it can be read on one line. @param {{text: string, bytes?: number[]}} piece */
const shown = ({ text, bytes }) => (bytes ? `<${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}>` : JSON.stringify(text));

/** Heads of the columns of `row`. */
export const HEADS = ' model  after    rank  token         likeliest';

/** A line about one token: probability, chance after temperature and cuts, rank, and the likeliest. @param {WrittenToken} token */
export function row({ probability, chance, rank, alternatives, ...piece }) {
  const cut = (/** @type {string | null} */ rule) => (rule ? ` (${rule.replace('_', '-')})` : '');
  const others = alternatives.map((other) => `${shown(other)} ${percent(other.probability).trim()}${cut(other.cut)}`);
  return `${percent(probability)} ${percent(chance)} ${String(rank).padStart(7)}  ${shown(piece).padEnd(12)}  ${others.join('  ')}`.trimEnd();
}
