// rules.js - the rules of the house as text: who may know what. Each carries cases that it must refuse.
import { OPS, codeOf, globalsOf, layerOf } from './text.js';

/** @typedef {{line: number, message: string}} Problem */
/**
 * @typedef {object} Rule
 * @property {string} name
 * @property {RegExp} files paths it looks at
 * @property {(source: string, path: string) => Problem[]} check
 * @property {[path: string, source: string][]} refuses
 * @property {boolean} [warns] its problems are told, and no reason to fail
 */

const CORE = /^core\/.*\.[ch]$/;
const TEXT = /(\.([ch]|js|mjs|json|html|css|md|py|sh|yml|svg|txt)|Makefile|LICENSE|\.ci\/run|\.clang-format|\.editorconfig|\.gitignore|\.npmrc)$/;
const ABOUT_LINT = 'tests/lint/';

/**
 * A rule that lines must not match a pattern.
 * @param {RegExp} pattern
 * @param {string} message
 * @param {(source: string) => string} [view] what to look at; the code without comments, if not given
 */
function forbid(pattern, message, view = codeOf) {
  return (/** @type {string} */ source) =>
    view(source)
      .split('\n')
      .flatMap((text, i) => (pattern.test(text) ? [{ line: i + 1, message: `${message}: ${text.trim().slice(0, 80)}` }] : []));
}

/** @param {string} source */
const asItIs = (source) => source;

/** What a C file includes. @param {string} source @returns {{line: number, name: string, system: boolean}[]} */
const includesOf = (source) =>
  codeOf(source)
    .split('\n')
    .flatMap((text, i) => {
      const [, bracket, name] = text.match(/^\s*#\s*include\s*(["<])([^">]+)[">]/) ?? [];
      return name ? [{ line: i + 1, name, system: bracket === '<' }] : [];
    });

/** A rule about includes. @param {(include: {name: string, system: boolean}, path: string) => string | false} judge @returns {Rule['check']} */
const includes = (judge) => (source, path) =>
  includesOf(source).flatMap(({ line, ...include }) => {
    const message = judge(include, path);
    return message ? [{ line, message }] : [];
  });

/** @param {string} path */
const stemOf = (path) => (path.match(/([^/]+)\.[ch]$/) ?? ['', ''])[1];

/** @type {Rule[]} */
const CORE_RULES = [
  {
    name: 'the core includes only stddef stdint string math assert',
    files: CORE,
    check: includes(({ name, system }, path) => {
      const allowed = /^(stddef|stdint|string|math|assert)\.h$/.test(name) || (name === 'wasm_simd128.h' && path === 'core/simd/lanes_wasm.h') || (/^(errno|pthread|time)\.h$/.test(name) && path === 'core/pool/pthread.c');
      return system && !allowed && `<${name}> is not for the core`;
    }),
    refuses: [
      ['core/a.c', '#include <stdio.h>\n'],
      ['core/gemm.c', '#include <wasm_simd128.h>\n'],
    ],
  },
  {
    name: 'includes of the core point downwards',
    files: CORE,
    check: (source, path) => {
      if (layerOf(path) < 0) return [{ line: 1, message: 'stands in no layer: give it a place in LAYERS of tests/lint/text.js' }];
      return includes(({ name, system }) => {
        const own = stemOf(name) === stemOf(path) || layerOf(name) === layerOf(path);
        return !system && !own && layerOf(name) >= layerOf(path) && `"${name}" stands above this file`;
      })(source, path);
    },
    refuses: [
      ['core/gemm.h', '#include "ops.h"\n'],
      ['core/dataset.c', '#include "trainer.h"\n'],
      ['core/tokenizer/char.c', '#include "dataset.h"\n'],
      ['core/surprise.c', 'int surprise(void);\n'],
    ],
  },
  {
    name: 'ops know no model',
    files: new RegExp(`^core/(${[...OPS, 'ops', 'gemm\\w*', 'rows', 'vmath'].join('|')})\\.[ch]$`),
    check: includes(({ name }) => /^(model|layout|pass|trainer|dataset|folio)\.h$/.test(name) && `an op does not include "${name}"`),
    refuses: [['core/linear.c', '#include "model.h"\n']],
  },
  {
    name: 'only gemm, vmath, rows and ops include f32x4.h',
    files: CORE,
    check: includes(({ name }, path) => {
      const allowed = /^(gemm(_\w+)?|vmath|rows)$/.test(stemOf(path)) || OPS.includes(stemOf(path)) || path.startsWith('core/simd/');
      return /f32x4\.h$|lanes_\w+\.h$/.test(name) && !allowed && `"${name}" is for gemm, vmath, rows and ops`;
    }),
    refuses: [['core/trainer.c', '#include "f32x4.h"\n']],
  },
  {
    name: 'the core allocates nothing, prints nothing, ends nothing, reads no clock',
    files: CORE,
    check: forbid(/\b(malloc|calloc|realloc|free|alloca|exit|abort|printf|fprintf|puts|fopen|time|clock|rand|srand|getenv)\s*\(/, 'not in the core', (source) =>
      codeOf(source, false),
    ),
    refuses: [
      ['core/a.c', 'void *p = malloc(4);\n'],
      ['core/a.c', 'if (bad) exit(1);\n'],
      ['core/a.c', 'seed = time(NULL);\n'],
    ],
  },
  {
    name: 'the core uses libm for sqrt alone',
    files: CORE,
    check: (source, path) =>
      forbid(/\b(exp|exp2|expm1|log|log2|log1p|pow|sin|cos|tan|tanh|erf|cbrt|hypot|fma|round|rint|floor|ceil|fabs|fmod)f?\s*\(/, 'libm differs from place to place', (text) =>
        codeOf(text, false),
      )(source).filter(({ message }) => path !== 'core/simd/scalar_fma/f32x4.h' || !message.includes('fmaf(')),
    refuses: [['core/loss.c', 'float y = expf(x);\n']],
  },
  {
    name: 'the core has no state of its own',
    files: CORE,
    check: (source, path) => path === 'core/pool/pthread.c' ? [] : globalsOf(source).map(({ line, text }) => ({ line, message: `data that can change: ${text}` })),
    refuses: [
      ['core/a.c', 'static int counter;\n'],
      ['core/a.c', 'float table[4] = {1, 2, 3, 4};\n'],
      ['core/a.c', 'int f(void) {\n    static int calls = 0;\n    return ++calls;\n}\n'],
    ],
  },
  {
    name: 'variants are chosen with -I, never with #if',
    files: CORE,
    check: (source) => forbid(/^\s*#\s*(if|ifdef|elif|ifndef(?! FOLIO_(\w+_)?H\b))\b/, 'a condition')(source),
    refuses: [['core/gemm_kernel.c', '#ifdef __wasm_simd128__\n#endif\n']],
  },
];

/** @type {Rule[]} */
const JS_RULES = [
  {
    name: 'only wasm/ knows Emscripten',
    files: /^(core|www|models|tests\/core)\/.*\.([ch]|js|html)$/,
    check: forbid(/emscripten|\bemcc\b|\bEM_[A-Z]+/i, 'Emscripten'),
    refuses: [
      ['core/pool/wasm.c', '#include <emscripten.h>\n'],
      ['www/page.js', 'Module.ccall("emscripten_x");\n'],
    ],
  },
  {
    name: 'only module.js holds pointers and views of the heap',
    files: /^(wasm\/(src|bin)|www)\/.*\.js$/,
    check: (source, path) =>
      /^wasm\/src\/(module|pool-worker)\.js$/.test(path) ? [] : forbid(/\bmemory\.buffer\b|\bHEAP(U?(8|16|32)|F32|F64)\b|\bexports\.folio_|\b_?malloc\b/, 'a pointer or a view of the heap')(source),
    refuses: [
      ['wasm/src/folio.js', 'const view = new Float32Array(instance.exports.memory.buffer, at, n);\n'],
      ['www/page.js', 'instance.exports.folio_alloc(4);\n'],
    ],
  },
  {
    name: 'only www/ touches the document',
    files: /^wasm\/(src|bin)\/.*\.js$/,
    check: forbid(/\b(document|window|localStorage)\s*[.[]|\bHTML\w*Element\b|\bquerySelector/, 'the document'),
    refuses: [['wasm/src/client.js', 'document.title = "Folio";\n']],
  },
  {
    name: 'the package needs nothing and runs nothing when installed',
    files: /^wasm\/package\.json$/,
    check: (source) => {
      const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, scripts = {} } = JSON.parse(source);
      const hooks = Object.keys(scripts).filter((name) => /install|prepare/.test(name));
      const needs = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
      return [...needs, ...hooks].map((name) => ({ line: 1, message: `needs or runs ${name}` }));
    },
    refuses: [
      ['wasm/package.json', '{"dependencies": {"left-pad": "1.0.0"}}'],
      ['wasm/package.json', '{"scripts": {"postinstall": "node x.js"}}'],
    ],
  },
  {
    name: 'the page loads nothing from elsewhere',
    files: /^www\/.*\.(js|html|css)$/,
    check: forbid(/(src|import|url|fetch|from)\s*[=(]?\s*["'(]*https?:\/\/|<link[^>]*href="https?:/, 'a request to a third party'),
    refuses: [
      ['www/index.html', '<script src="https://cdn.example/uplot.js"></script>\n'],
      ['www/page.css', '@import url("https://fonts.example/a.css");\n'],
    ],
  },
];

/** @type {Rule[]} */
const TEXT_RULES = [
  {
    name: 'no path of one machine, no host of a registry',
    files: TEXT,
    check: (source, path) => (path.startsWith(ABOUT_LINT) ? [] : forbid(/(^|[^.\w])\/(home|root|Users|work|tmp)\/\w|registry\.[\w.]+\.(org|com)|\bresolved":/, 'a path or host', asItIs)(source)),
    refuses: [
      ['README.md', 'cd /home/me/folio\n'],
      ['tests/package-lock.json', '"resolved": "https://registry.npmjs.org/x"\n'],
    ],
  },
  {
    name: 'nothing is left for later',
    files: /\.([ch]|js|py|sh|html|css)$|Makefile$/,
    check: (source, path) => (path.startsWith(ABOUT_LINT) ? [] : forbid(/\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented/, 'left for later', asItIs)(source)),
    refuses: [['core/a.c', '/* TODO: speed */\n']],
  },
  {
    name: 'no trailing space, no tab, no CR, a newline at the end',
    files: TEXT,
    check: (source, path) => {
      if (path.startsWith('models/') && path.endsWith('.txt')) return [];
      const tabs = /Makefile$/.test(path) ? /[ \t]$|\r/ : /[ \t]$|\r|\t/;
      const end = source && !source.endsWith('\n') ? [{ line: source.split('\n').length, message: 'no newline at the end' }] : [];
      return [...forbid(tabs, 'space, tab or CR', asItIs)(source), ...end];
    },
    refuses: [
      ['core/a.c', 'int x;  \n'],
      ['core/a.c', '\tint x;\n'],
      ['core/a.c', 'int x;'],
    ],
  },
  {
    name: 'a file is one idea (400 lines)',
    files: /\.([ch]|js|py|html|css)$/,
    warns: true,
    check: (source) => {
      const lines = source.split('\n').length - 1;
      return lines > 400 ? [{ line: lines, message: `${lines} lines: perhaps more than one idea` }] : [];
    },
    refuses: [['core/a.c', 'int f(void);\n'.repeat(401)]],
  },
];

export const RULES = [...CORE_RULES, ...JS_RULES, ...TEXT_RULES];
