/** json.js - JSON in which no key of an object may stand twice; JSON.parse would silently keep the last. */

const COLON = /\s*:/y;

/**
 * @param {string} text
 * @param {(message: string) => never} refuse
 * @returns {unknown}
 */
export function parseJson(text, refuse) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`the header is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const twice = duplicate(text);
  return twice === undefined ? value : refuse(`the key ${twice} stands twice in the header`);
}

/**
 * The first key, as written, that an object of a valid JSON text has twice.
 * @param {string} text
 * @returns {string | undefined}
 */
function duplicate(text) {
  /** @type {Set<string>[]} */
  const open = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    if (character !== '"') continue;
    const end = stringEnd(text, at);
    const string = text.slice(at, end);
    at = end - 1;
    COLON.lastIndex = end;
    if (!COLON.test(text)) continue;
    const keys = /** @type {Set<string>} */ (open.at(-1));
    const key = JSON.parse(string);
    if (keys.has(key)) return string;
    keys.add(key);
  }
  return undefined;
}

/** Where the string that begins at `start` has ended. @param {string} text @param {number} start */
function stringEnd(text, start) {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
