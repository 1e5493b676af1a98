// curves.js - columns for the chart: the run on the page with all that it has, and of each other run its mean loss, over one row of x values.

/** @typedef {import('./history.js').History} History */
/** @typedef {'steps'|'seconds'} Axis what goes from left to right */
/** @typedef {{name: string, slot: number, history: History}} Curve another run; slot: its colour and dash */
/** @typedef {(number|null)[]} Column */

/** Points of another run's curve: more than a chart has pixels for are not drawn. */
const MOST = 400;

/**
 * @param {History} history
 * @param {Curve[]} others
 * @param {Axis} axis
 * @returns {[number[], ...Column[]]} x, then batches, mean and validation, then the others
 */
export function columns(history, others, axis) {
  const mine = xs(history, axis);
  const thinned = others.map((other) => thin(other.history, axis));
  if (!thinned.length) return [mine, history.losses, history.smooth, history.vals];
  const all = [...new Set([...mine, ...thinned.flatMap(({ x }) => x)])].sort((a, b) => a - b);
  return [
    all,
    ...[history.losses, history.smooth, history.vals].map((column) => spread(all, mine, column)),
    ...thinned.map(({ x, y }) => spread(all, x, y)),
  ];
}

/** @param {History} history @param {Axis} axis */
const xs = (history, axis) => (axis === 'steps' ? history.steps : history.times);

/** The mean loss at few enough points, the first and the last among them. @param {History} history @param {Axis} axis */
function thin(history, axis) {
  const { smooth } = history;
  const rows = smooth.flatMap((loss, i) => (loss === null ? [] : [i]));
  const every = Math.max(1, Math.ceil(rows.length / MOST));
  const kept = rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
  const x = xs(history, axis);
  return { x: kept.map((i) => x[i]), y: kept.map((i) => smooth[i]) };
}

/** A column over more rows than it has. @param {number[]} all @param {number[]} x @param {Column} y @returns {Column} */
function spread(all, x, y) {
  let i = 0;
  return all.map((at) => {
    /** @type {number|null} */
    let value = null;
    for (; i < x.length && x[i] === at; i++) value = y[i] ?? value;
    return value;
  });
}

/**
 * What a curve has at a row or last had before it; null before it begins and after it has ended.
 * @param {ArrayLike<number|null|undefined>} column
 * @param {number} row
 */
export function valueAt(column, row) {
  let before = row;
  while (before >= 0 && typeof column[before] !== 'number') before--;
  let after = row;
  while (after < column.length && typeof column[after] !== 'number') after++;
  return before >= 0 && after < column.length ? /** @type {number} */ (column[before]) : null;
}
