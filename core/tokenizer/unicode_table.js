// unicode_table.js - writes unicode_table.h: the class of every Unicode character, as this engine's own \p{...} has it.
//
//   node core/tokenizer/unicode_table.js > build/generated/unicode_table.h
//
// Two levels: UNICODE_BLOCK[codepoint >> UNICODE_SHIFT] is a block of UNICODE_CLASS; equal blocks are one. The first block is block 0, so that
// UNICODE_CLASS[c] is the class of an ASCII character at once.

/** In the order of unicode.h; the first that fits. White space is Unicode's property White_Space, not what JavaScript calls \s. */
const CLASSES = [
  ['UNICODE_NEWLINE', /^[\r\n]$/],
  ['UNICODE_SPACE', /^\p{White_Space}$/u],
  ['UNICODE_UPPER', /^[\p{Lu}\p{Lt}]$/u],
  ['UNICODE_LOWER', /^\p{Ll}$/u],
  ['UNICODE_LETTER', /^\p{L}$/u],
  ['UNICODE_MARK', /^\p{M}$/u],
  ['UNICODE_NUMBER', /^\p{N}$/u],
];
const VALUES = { UNICODE_UPPER: 1, UNICODE_LOWER: 2, UNICODE_LETTER: 4, UNICODE_MARK: 8, UNICODE_NUMBER: 16, UNICODE_SPACE: 32, UNICODE_NEWLINE: 64 };
const OTHER = 128;
const CODEPOINTS = 0x110000;

const classes = new Uint8Array(CODEPOINTS);
for (let codepoint = 0; codepoint < CODEPOINTS; codepoint++) {
  const character = String.fromCodePoint(codepoint);
  const [name] = CLASSES.find(([, pattern]) => pattern.test(character)) ?? [];
  classes[codepoint] = name ? VALUES[name] : OTHER;
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
