/** half.js - IEEE 754 binary16, two bytes a number: 11 bits of precision, from 2^-24 to 65504. */

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/**
 * The nearest half of a finite number, ties to the even one; beyond 65504 infinity.
 * @param {number} value
 * @returns {number} its 16 bits
 */
export function toHalf(value) {
  float[0] = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (!(float[0] < 65520)) return sign | (float[0] >= 65520 ? 0x7c00 : 0x7e00);
  if (float[0] < 2 ** -14) return sign | even(float[0] * 2 ** 24); // subnormal: multiples of 2^-24
  return sign | (((bits[0] - 0x38000000 + 0xfff + ((bits[0] >>> 13) & 1)) >>> 13));
}

/** To the nearest whole number, ties to the even one. @param {number} value at least 0 */
function even(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return below + Number(rest > 0.5 || (rest === 0.5 && below % 2 === 1));
}

/**
 * @param {number} half its 16 bits
 * @returns {number}
 */
export function fromHalf(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}
