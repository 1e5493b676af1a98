/** wrap.js - words in lines that fit a terminal. */

/** Lines that are longer are hard to read. */
const WIDEST = 100;
const NARROWEST = 40;

/** How wide a text for a stream should be; 80 where nobody knows. @param {NodeJS.WriteStream} stream */
export const widthOf = (stream) => Math.max(NARROWEST, Math.min(WIDEST, stream.columns || 80));

/**
 * A text in lines of at most so many characters, where its words let it; what is in `backticks` stays together.
 * @param {string} text
 * @param {number} width
 * @returns {string[]}
 */
export function fill(text, width) {
  const lines = [''];
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    const line = lines[lines.length - 1];
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
