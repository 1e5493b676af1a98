// one-file.js - node tests/one-file.js FROM OUT: the page as it is written, put into one file that needs neither server nor network.
// Scripts and styles stand in it as they are, allowed by their hashes; all that the site fetches stands in it packed. www/in-one-file.js hands it
// out; www/save-file.js fills in what the reader's file carries.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { deflateRawSync } from 'node:zlib';

import { build } from 'esbuild';

/** An address that modules can have a place at, and that is nowhere. */
const BASE = 'https://folio.invalid/';

/** Those that a page starts which has no server. */
const WORKERS = ['folio/src/worker.js', 'storage-worker.js'];

/**
 * Each module believes to stand where the site has it.
 * @param {string} from
 * @returns {import('esbuild').Plugin}
 */
const atHome = (from) => ({
  name: 'at home',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const address = BASE + relative(from, path).split(sep).join('/');
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(address)) };
    });
  },
});

/** One script of these modules, one after the other. @param {string} from @param {string[]} modules */
async function bundle(from, modules) {
  const contents = modules.map((module) => `import '${module}';`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: from }, bundle: true, minify: true, format: 'iife', target: 'es2022', charset: 'utf8', external: ['node:*'],
    legalComments: 'none', logLevel: 'warning', plugins: [atHome(from)], write: false,
  });
  return outputFiles[0].text.trim();
}

/** What the page fetches, by its path in the site. @param {string} from */
function packed(from) {
  const presets = readdirSync(join(from, 'presets')).map((name) => `presets/${name}`);
  const files = [...presets, 'folio/dist/folio-simd128.wasm', 'folio/dist/folio-dot.wasm', 'folio/dist/folio-text.wasm', 'folio/dist/folio-inspect.wasm', 'data/text.txt'];
  return Object.fromEntries(files.map((path) => [path, deflateRawSync(readFileSync(join(from, path)), { level: 9 }).toString('base64')]));
}

/** @param {string} text of an element without markup in it */
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Whether a script's text ends where it should. @param {string} script */
function inElement(script) {
  if (/<\/script|<!--/i.test(script)) throw new Error('a script has the end of a script, or of a comment, in it');
  return script;
}

/** @param {string} from @param {string} out */
async function main(from, out) {
  const scripts = ['app.js', ...WORKERS].map((module) => bundle(from, ['./in-one-file.js', `./${module}`]));
  const [app, ...workers] = await Promise.all(scripts);
  const read = (/** @type {string} */ path) => readFileSync(join(from, path), 'utf8');
  const theme = read('theme.js');
  const source = read('index.html');
  const named = [...source.matchAll(/<link rel="stylesheet" href="([^"]+)" \/>/g)].map(([, path]) => path);
  const sheets = new Set(['uplot/uPlot.min.css', ...named, ...readdirSync(join(from, 'css')).map((name) => `css/${name}`)]);
  const styles = [...sheets].map(read).join('\n');
  const policy = [
    "default-src 'none'",
    `script-src ${hash(app)} ${hash(theme)} 'wasm-unsafe-eval'`,
    `style-src ${hash(styles)}`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const icon = `data:image/svg+xml;base64,${readFileSync(join(from, 'icon.svg')).toString('base64')}`;
  const data = [
    '<script type="application/json" id="carried">null</script>',
    `<script type="application/json" id="files">${inElement(JSON.stringify(packed(from)))}</script>`,
    ...workers.map((worker, i) => `<script type="text/plain" id="${WORKERS[i]}">${inElement(worker)}</script>`),
    `<script>${inElement(app)}</script>`,
  ];
  const page = source
    .replace(/(http-equiv="Content-Security-Policy"\s+content=")[^"]+/, (_, before) => before + policy)
    .replace(/href="icon\.svg"/, () => `href="${icon}"`)
    .replace('<script src="theme.js"></script>', () => `<script>${inElement(theme)}</script>\n    <style>${styles}</style>`)
    .replace(/ *<link rel="(stylesheet|modulepreload|manifest|apple-touch-icon)"[^>]*>\n/g, '')
    .replace(/ *<script type="module" src="app\.js"><\/script>\n/, '')
    .replace('</body>', () => `${data.join('\n')}\n  </body>`);
  const left = [...page.matchAll(/<(?:script|link|img)[^>]* (?:src|href)="(?!data:)([^"]+)"/g)].map(([, path]) => path);
  if (left.length) throw new Error(`${out} would still fetch ${left.join(', ')}`);
  writeFileSync(out, page);
}

const [from = 'build/page', out = 'build/site/folio.html'] = process.argv.slice(2);
await main(resolve(from), out);
