// unicode_table.js - writes unicode_table.h: the class of every Unicode character, as this engine's own \p{...} has it.
//
//   node core/tokenizer/unicode_table.js > build/generated/unicode_table.h
//
// Two levels: UNICODE_BLOCK[codepoint >> UNICODE_SHIFT] is a block of UNICODE_CLASS; equal blocks are one. The first block is block 0, so that
// UNICODE_CLASS[c] is the class of an ASCII character at once.

/**
 * The bits of unicode.h and what has them; the first that fits. White space is Unicode's property White_Space, not what JavaScript calls \s.
 * @type {[bit: number, pattern: RegExp][]}
 */
const CLASSES = [
  [64, /^[\r\n]$/], // NEWLINE
  [32, /^\p{White_Space}$/u], // SPACE
  [1, /^[\p{Lu}\p{Lt}]$/u], // UPPER
  [2, /^\p{Ll}$/u], // LOWER
  [4, /^\p{L}$/u], // LETTER
  [8, /^\p{M}$/u], // MARK
  [16, /^\p{N}$/u], // NUMBER
];
const OTHER = 128;
const CODEPOINTS = 0x110000;

const classes = new Uint8Array(CODEPOINTS);
for (let codepoint = 0; codepoint < CODEPOINTS; codepoint++) {
  const character = String.fromCodePoint(codepoint);
  const [bit] = CLASSES.find(([, pattern]) => pattern.test(character)) ?? [OTHER];
  classes[codepoint] = bit;
}

/** The table with blocks of 2^shift. @param {number} shift */
function divide(shift) {
  const blocks = new Map();
  const index = [];
  for (let start = 0; start < CODEPOINTS; start += 1 << shift) {
    const block = classes.subarray(start, start + (1 << shift)).join();
    if (!blocks.has(block)) blocks.set(block, blocks.size);
    index.push(blocks.get(block));
  }
  return { shift, index, blocks: [...blocks.keys()], bytes: index.length + (blocks.size << shift) };
}

const { shift, index, blocks } = [7, 8].map(divide).filter(({ blocks }) => blocks.length <= 256).sort((a, b) => a.bytes - b.bytes)[0];
const rows = (/** @type {(number | string)[]} */ values) => values.join(',').replace(/(.{1,116}),/g, '$1,\n    ');
const unicode = process.versions.unicode;
console.log(`/* Made by core/tokenizer/unicode_table.js from Unicode ${unicode}, as Node ${process.version} knows it. */
#define UNICODE_VERSION "${unicode}"
enum { UNICODE_SHIFT = ${shift} };
static const uint8_t UNICODE_BLOCK[${index.length}] = {
    ${rows(index)}};
static const uint8_t UNICODE_CLASS[${blocks.length << shift}] = {
    ${rows(blocks.join(',').split(','))}};`);
