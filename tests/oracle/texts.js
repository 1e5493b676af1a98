// texts.js - texts that tokenizers stumble over, the same ones for the same seed: for oracle.test.js and soak.js.

/** Numbers from 0 to below n: an LCG of 32 bits. @param {number} seed @returns {(n: number) => number} */
export function dice(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** What the split patterns tell apart, at least one of each. */
const PARTS = [
  "'", "'s", "'S", "'ſ", "'re", "'VE", "'ll", "'LL", "'m", "'d", 'a', 'b', 'B', 'A', 'É', 'é', 'ǅ', 'ʰ', '漢', 'ᐁ', '\u0301', '\u0300', '\ufe0f', '1', '22', '٣', 'Ⅷ',
  '½', ' ', '  ', '\t', '\n', '\r', '\r\n', '\u00a0', '\u2003', '\u0085', '\u2028', '\u3000', '\ufeff', '/', '//', '.', '!', '-', '🎉', '👨‍👩‍👧', '\u200d', '\ud800',
  '\udc00', '\0', 'ſ', 'the', ' the', 'The', 'HELLO', 'x', '_', '€', 'ing', '🏳️‍🌈', '🇩🇪', '👍🏽', '\u0e01\u0e33', 'हिन्दी', '한국어',
];

/**
 * A string of a few parts, some of them any character at all.
 * @param {(n: number) => number} roll
 * @param {Set<number>} avoid code points
 */
export function shortString(roll, avoid) {
  let text = '';
  for (let parts = 1 + roll(12); parts--; ) text += roll(12) ? PARTS[roll(PARTS.length)] : character(roll, avoid);
  return text;
}

/** Any character, those below U+3000 as often as all others together. @param {(n: number) => number} roll @param {Set<number>} avoid */
function character(roll, avoid) {
  for (;;) {
    const codepoint = roll(2) ? roll(0x110000) : roll(0x3000);
    if (!avoid.has(codepoint)) return String.fromCodePoint(codepoint);
  }
}

/** Words of a script, by the range of its letters. @param {(n: number) => number} roll @param {number} first @param {number} letters @param {number} length */
function words(roll, first, letters, length) {
  let text = '';
  while (text.length < length) {
    for (let n = 1 + roll(9); n--; ) text += String.fromCodePoint(first + roll(letters));
    text += [' ', ' ', ' ', '\n', ', ', '. ', '-', ''][roll(8)];
  }
  return text;
}

const SCRIPTS = [
  [0x41, 26], [0x61, 26], [0xc0, 64], [0x370, 80], [0x400, 200], [0x530, 90], [0x590, 100], [0x600, 240], [0x900, 128], [0xe00, 90], [0x10a0, 90], [0x1100, 200], [0x1400, 600],
  [0x1e00, 250], [0x2000, 200], [0x2150, 60], [0x2190, 400], [0x3040, 190], [0x4e00, 20000], [0xa000, 1100], [0xac00, 11000], [0xfb50, 600], [0xff00, 200], [0x10000, 250],
  [0x10400, 80], [0x12000, 900], [0x1d400, 1000], [0x1f300, 700], [0x20000, 40000], [0xe0100, 240],
];

/**
 * Texts of about `size` characters each, by name: every script and plane, mixtures, line ends, emoji, runs.
 * @param {number} seed
 * @param {number} size
 * @param {Set<number>} avoid
 * @returns {Generator<[string, string], void, void>}
 */
export function* longTexts(seed, size, avoid) {
  const roll = dice(seed);
  const clean = (/** @type {string} */ text) => [...text].filter((c) => !avoid.has(/** @type {number} */ (c.codePointAt(0)))).join('');
  for (const [first, letters] of SCRIPTS) yield [`script U+${first.toString(16)}`, clean(words(roll, first, letters, size))];
  let mixed = '';
  while (mixed.length < size) mixed += shortString(roll, avoid);
  yield ['mixture', mixed];
  let plane = '';
  while (plane.length < size) plane += character(roll, avoid);
  yield ['all planes', plane];
  let lines = '';
  while (lines.length < size) lines += ['\r\n', '\n', '\r', ' \r\n', '\t\n', 'a', '1', '.', ';\r\n', '  ', '/\n/'][roll(11)];
  yield ['line ends', lines];
  for (const unit of ['a', 'A', ' ', '\n', '🎉', '漢', '0', '.', "'s", 'aB', '\u0301', ' \n', '/']) {
    yield [`run of ${JSON.stringify(unit)}`, unit.repeat(Math.min(2000, Math.ceil(size / unit.length)))];
  }
}
