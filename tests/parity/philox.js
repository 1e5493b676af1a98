// philox.js - Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) in JavaScript, for what the goldens do not store.

/** 64-bit product of two 32-bit words as [high, low]. @param {number} a @param {number} b */
function multiply(a, b) {
  const product = BigInt(a) * BigInt(b);
  return [Number(product >> 32n), Number(product & 0xffffffffn)];
}

/**
 * Word 0 of block (seed, stream, index), each below 2^32: what philox.py calls blocks(seed, stream, ...)[index, 0].
 * @param {number} seed @param {number} stream @param {number} index
 */
export function word(seed, stream, index) {
  let [c0, c1, c2, c3] = [index, 0, stream, 0];
  let [k0, k1] = [seed, 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(c0, 0xd2511f53);
    const [high1, low1] = multiply(c2, 0xcd9e8d57);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return c0;
}
