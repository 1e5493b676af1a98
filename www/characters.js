// characters.js - what a text is made of, as the char tokenizer sees it.

/**
 * @param {string} text
 * @returns {{characters: number, different: number, vocabulary: string}} vocabulary: each of them once, by code point; half a surrogate pair is U+FFFD
 */
export function charactersOf(text) {
  const seen = new Set();
  let characters = 0;
  for (const character of text) {
    characters++;
    seen.add(character);
  }
  const codepoints = new Set(Array.from(seen, (character) => (/^[\ud800-\udfff]$/.test(character) ? 0xfffd : Number(character.codePointAt(0)))));
  const vocabulary = Array.from(codepoints).sort((a, b) => a - b).map((codepoint) => String.fromCodePoint(codepoint)).join('');
  return { characters, different: codepoints.size, vocabulary };
}
