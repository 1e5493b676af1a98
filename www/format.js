// format.js - numbers as people read them.

const whole = new Intl.NumberFormat('en');

/** 1115394 -> "1,115,394". @param {number} n */
export const count = (n) => whole.format(n);

/** 804096 -> "0.80 M", 10650000 -> "10.7 M", 950 -> "950". @param {number} n */
export function short(n) {
  for (const [size, unit] of /** @type {[number, string][]} */ ([[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']])) {
    if (n >= size * 0.75) return `${digits(n / size)} ${unit}`;
  }
  return count(Math.round(n));
}

/** Three digits: 0.804 -> "0.80", 10.65 -> "10.7", 124.4 -> "124". @param {number} x */
const digits = (x) => x.toFixed(x < 9.995 ? 2 : x < 99.95 ? 1 : 0);

/** Bytes, in powers of 1000: 3216384 -> "3.22 MB". @param {number} n */
export const bytes = (n) => `${short(n).replace(/ k$/, ' kB').replace(/ ([MGT])$/, ' $1B')}${n < 750 ? ' bytes' : ''}`;

/** A share in words: 0.4312 -> "43%", 0.004 -> "0.4%", 0.0002 -> "under 0.1%". @param {number} p */
export const percent = (p) => (p < 0.001 ? 'under 0.1%' : `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)}%`);

/** A loss: three decimals. @param {number} x */
export const loss = (x) => (Number.isFinite(x) ? x.toFixed(3) : String(x));

/** A learning rate or a norm: two digits that count, 0.00098 -> "9.8e-4", 0.25 -> "0.25". @param {number} x */
export function small(x) {
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return '0';
  return x >= 0.01 && x < 1000 ? x.toFixed(x < 1 ? 3 : 2) : x.toExponential(1).replace('e+', 'e');
}

/** 5 -> "5 s", 95 -> "1 min 35 s", 7260 -> "2 h 1 min". @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (!Number.isFinite(s)) return '–';
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ''}`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min` : `${count(Math.round(s / 86400))} days`;
}
