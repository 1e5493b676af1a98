/** pca.js - principal components: the directions in which rows differ most, and where each row stands along them. */

import { finish } from './pace.js';

/**
 * @typedef {object} Components
 * @property {Float64Array<ArrayBuffer>} points (n, k) of each row along each direction
 * @property {Float64Array<ArrayBuffer>} shares (k) of the rows' variance, the largest first; 0 where the rows do not differ
 */

/** Directions iterated beside those asked for: the next ones decide how fast the last one settles. */
const SPARE = 6;
/** Where the iteration ends: when no variance moves by more, beside the largest, or after so many turns. */
const SETTLED = 1e-11;
const TURNS = 2000;

/**
 * The first k principal components of rows, by subspace iteration over the smaller of their two matrices of products (Rutishauser 1969).
 * The sign of each direction is chosen so that the row furthest out stands on its positive side.
 * @param {ArrayLike<number>} rows (n, size)
 * @param {number} n
 * @param {number} size
 * @param {number} [k]
 * @returns {Components}
 */
export function principalComponents(rows, n, size, k = 2) {
  return finish(componentPieces(rows, n, size, k));
}

/**
 * The same in pieces: yields undefined after each.
 * @param {ArrayLike<number>} rows (n, size) that must not change meanwhile
 * @param {number} n
 * @param {number} size
 * @param {number} [k]
 * @returns {Generator<undefined, Components, void>}
 */
export function* componentPieces(rows, n, size, k = 2) {
  const centred = yield* centre(rows, n, size);
  const tall = n > size;
  const m = tall ? size : n;
  const products = yield* (tall ? covariance(centred, n, size) : gram(centred, n, size));
  const total = trace(products, m);
  const points = new Float64Array(n * k);
  const shares = new Float64Array(k);
  if (!(total > 0)) return { points, shares };
  const { vectors, values } = yield* largest(products, m, Math.min(m, k + SPARE));
  for (let c = 0; c < Math.min(k, m); c++) {
    const value = Math.max(0, values[c]);
    shares[c] = value / total;
    const along = vectors[c];
    for (let i = 0; i < n; i++) {
      points[i * k + c] = tall ? dot(centred, i * size, along, size) : along[i] * Math.sqrt(value);
      if (tall) yield;
    }
    let furthest = 0;
    for (let i = 0; i < n; i++) if (Math.abs(points[i * k + c]) > Math.abs(points[furthest * k + c])) furthest = i;
    if (points[furthest * k + c] < 0) for (let i = 0; i < n; i++) points[i * k + c] *= -1;
  }
  return { points, shares };
}

/** Rows less their mean; in pieces, as the next two. @param {ArrayLike<number>} rows @param {number} n @param {number} size */
function* centre(rows, n, size) {
  const centred = new Float64Array(n * size);
  for (let i = 0; i < n; i++) {
    for (let at = i * size; at < (i + 1) * size; at++) centred[at] = rows[at];
    yield;
  }
  for (let c = 0; c < size; c++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += centred[i * size + c] / n;
    for (let i = 0; i < n; i++) centred[i * size + c] -= mean;
    yield;
  }
  return centred;
}

/** (size, size), sums over rows. @param {Float64Array} x @param {number} n @param {number} size */
function* covariance(x, n, size) {
  const sums = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < size; a++) {
      const left = x[i * size + a];
      for (let b = 0; b <= a; b++) sums[a * size + b] += left * x[i * size + b];
    }
    yield;
  }
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) sums[b * size + a] = sums[a * size + b];
  return sums;
}

/** (n, n), sums over columns. @param {Float64Array} x @param {number} n @param {number} size */
function* gram(x, n, size) {
  const sums = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let c = 0; c < size; c++) sum += x[a * size + c] * x[b * size + c];
      sums[a * n + b] = sums[b * n + a] = sum;
    }
    yield;
  }
  return sums;
}

/** @param {Float64Array} matrix @param {number} m */
function trace(matrix, m) {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += matrix[i * m + i];
  return sum;
}

/** @param {Float64Array} x @param {number} at @param {Float64Array} y @param {number} size */
function dot(x, at, y, size) {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += x[at + i] * y[i];
  return sum;
}

/**
 * The eigenvectors of the k largest eigenvalues of a symmetric matrix without negative ones.
 * @param {Float64Array} matrix (m, m) @param {number} m @param {number} k
 */
function* largest(matrix, m, k) {
  let vectors = orthonormal(Array.from({ length: k }, (_, c) => Float64Array.from({ length: m }, (_, i) => Math.sin(1 + i * (c + 1) * 2.39996))));
  let values = new Float64Array(k);
  for (let turn = 0; turn < TURNS; turn++) {
    const images = vectors.map((vector) => product(matrix, vector, m));
    const small = new Float64Array(k * k);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) small[a * k + b] = (dot(vectors[a], 0, images[b], m) + dot(vectors[b], 0, images[a], m)) / 2;
    }
    const turned = jacobi(small, k);
    const next = orthonormal(turned.vectors.map((mix) => combine(images, mix, m)));
    const moved = turned.values.slice(0, Math.max(1, k - SPARE)).some((value, c) => Math.abs(value - values[c]) > SETTLED * turned.values[0]);
    values = turned.values;
    vectors = next;
    if (!moved && turn > 2) break;
    yield;
  }
  return { vectors, values };
}

/** @param {Float64Array} matrix @param {Float64Array} vector @param {number} m */
function product(matrix, vector, m) {
  const image = new Float64Array(m);
  for (let i = 0; i < m; i++) image[i] = dot(matrix, i * m, vector, m);
  return image;
}

/** @param {Float64Array[]} vectors @param {Float64Array} mix @param {number} m */
function combine(vectors, mix, m) {
  const sum = new Float64Array(m);
  vectors.forEach((vector, c) => {
    for (let i = 0; i < m; i++) sum[i] += mix[c] * vector[i];
  });
  return sum;
}

/** Gram and Schmidt, twice; a vector of which nothing is left becomes 0. @param {Float64Array[]} vectors */
function orthonormal(vectors) {
  /** @type {Float64Array[]} */
  const done = [];
  for (const vector of vectors) {
    const before = Math.sqrt(dot(vector, 0, vector, vector.length));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        const share = dot(vector, 0, other, vector.length);
        for (let i = 0; i < vector.length; i++) vector[i] -= share * other[i];
      }
    }
    const length = Math.sqrt(dot(vector, 0, vector, vector.length));
    const scale = length > 1e-13 * before ? 1 / length : 0;
    for (let i = 0; i < vector.length; i++) vector[i] *= scale;
    done.push(vector);
  }
  return done;
}

/**
 * All eigenvectors of a small symmetric matrix, the largest value first (Jacobi 1846).
 * @param {Float64Array} given (k, k) @param {number} k
 */
function jacobi(given, k) {
  const a = given.slice();
  const vectors = Array.from({ length: k }, (_, i) => Float64Array.from({ length: k }, (_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rest = 0;
    for (let p = 0; p < k; p++) for (let q = p + 1; q < k; q++) rest += a[p * k + q] ** 2;
    if (rest <= 1e-32 * trace(a, k) ** 2) break;
    for (let p = 0; p < k; p++) for (let q = p + 1; q < k; q++) rotate(a, vectors, k, p, q);
  }
  const order = Array.from({ length: k }, (_, i) => i).sort((i, j) => a[j * k + j] - a[i * k + i]);
  return { values: Float64Array.from(order, (i) => a[i * k + i]), vectors: order.map((i) => vectors[i]) };
}

/** Makes element (p, q) 0. @param {Float64Array} a @param {Float64Array[]} vectors @param {number} k @param {number} p @param {number} q */
function rotate(a, vectors, k, p, q) {
  const off = a[p * k + q];
  if (off === 0) return;
  const theta = (a[q * k + q] - a[p * k + p]) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let i = 0; i < k; i++) {
    const [x, y] = [a[i * k + p], a[i * k + q]];
    a[i * k + p] = c * x - s * y;
    a[i * k + q] = s * x + c * y;
  }
  for (let i = 0; i < k; i++) {
    const [x, y] = [a[p * k + i], a[q * k + i]];
    a[p * k + i] = c * x - s * y;
    a[q * k + i] = s * x + c * y;
    const [u, v] = [vectors[p][i], vectors[q][i]];
    vectors[p][i] = c * u - s * v;
    vectors[q][i] = s * u + c * v;
  }
}
