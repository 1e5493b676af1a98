// text.js - what rules look at: source without comments, the globals of C, the layers of the core.

/**
 * The source with comments, and where `strings` is false the insides of strings too, blanked; line numbers stay.
 * @param {string} source C or JavaScript
 */
export function codeOf(source, strings = true) {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return source.replace(token, (text) => {
    if (/^\/[/*]/.test(text)) return text.replace(/[^\n]/g, ' ');
    return strings ? text : text[0] + text.slice(1, -1).replace(/[^\n]/g, ' ') + text[0];
  });
}

/**
 * Data of C that can change and outlives a call: what stands outside functions without const, and static in them without const.
 * @param {string} source
 * @returns {{line: number, text: string}[]}
 */
export function globalsOf(source) {
  const code = codeOf(source, false).replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, (text) => text.replace(/[^\n]/g, ' '));
  const found = [];
  let depth = 0;
  let inFunction = false;
  let statement = '';
  for (let at = 0; at < code.length; at++) {
    const char = code[at];
    const line = code.slice(0, at).split('\n').length;
    if (char === '{') {
      if (depth++ === 0) inFunction = /\)\s*$/.test(statement);
    } else if (char === '}') {
      if (--depth === 0 && inFunction) statement = '';
      else if (depth === 0) statement += '{}';
    } else if (depth === 0 && char === ';') {
      const text = statement.trim().replace(/\s+/g, ' ');
      const harmless = /^typedef\b|^extern "C"|\(|\bconst\b|^(enum|struct|union)\b[^=]*\{\}$|^(enum|struct|union) \w+$/.test(text);
      if (text && !harmless) found.push({ line, text });
      statement = '';
    } else if (depth === 0) {
      statement += char;
    } else if (inFunction && /^static\b(?!\s+const\b)/.test(code.slice(at, at + 40)) && !/\w/.test(code[at - 1])) {
      found.push({ line, text: code.slice(at, code.indexOf('\n', at)).trim() });
    }
  }
  return found;
}

/** The core from the ground up. A file includes its own header and what stands before it; a new file of the core gets its place here. */
const LAYERS = [
  ...['error', 'dmath', 'rng', 'config', 'lap', 'pool', 'unroll', 'lanes_scalar', 'lanes_wasm', 'madd_wasm', 'dot_wasm', 'f32x4', 'vmath', 'rows', 'gemm', 'ops'],
  ...['adamw', 'muon', 'sgd', 'clip', 'schedule', 'layout', 'model', 'update', 'pass', 'inspect'],
  ...['utf8', 'unicode', 'split', 'vocabulary', 'special', 'ranks', 'chunks', 'tokenizer'],
  ...['dataset', 'sampler', 'evaluate', 'trainer', 'bench', 'folio'],
];
export const OPS = ['activation', 'attention', 'conv', 'dropout', 'embedding', 'linear', 'loss', 'norm', 'position'];

/**
 * The layer of a file of the core, as its place in LAYERS; -1 if it has none.
 * @param {string} path 'core/gemm_kernel.c' or, as included, 'gemm.h'
 */
export function layerOf(path) {
  const parts = path.replace(/^core\//, '').replace(/\.[ch]$/, '').split('/');
  const stem = parts[parts.length - 1];
  const names = [stem, OPS.includes(stem) || /^ops?_/.test(stem) ? 'ops' : '', stem.split('_')[0], parts[0]];
  return LAYERS.indexOf(names.find((name) => LAYERS.includes(name)) ?? '');
}
