// site.js - node tests/site.js FROM TO: the page as it is put on a server, made of the page as it is written. Scripts of index.html and workers become
// one small file each (what is imported on demand stays apart, in a file of its own), the style sheets that it names one, but for those that ask for the width of
// the window; all else is copied. Source maps stand beside them, so that a browser's tools show the code as it is written.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';
import { rollup } from 'rollup';
import { minify } from 'terser';

const SHEET = 'page.css';
const TARGET = 'es2022';

/** In a sheet that has this, whatever it styles is styled anew where a width is passed. */
const WIDTH = /@media[^{]*width/;

/**
 * A module that is put into a file elsewhere still finds its neighbours: its `import.meta.url` stays what it was.
 * @param {string} home where the files that come out will stand in `from`
 * @returns {import('rollup').Plugin}
 */
const keepAddresses = (home) => ({
  name: 'addresses',
  transform: (code, path) => {
    const place = relative(home, path).split(sep).join('/');
    return place.includes('/') ? { code: code.replaceAll('import.meta.url', `new URL(${JSON.stringify(`./${place}`)}, import.meta.url)`), map: null } : null;
  },
});

/** @type {import('rollup').Plugin} */
const small = {
  name: 'small',
  renderChunk: async (code) => {
    const { code: made = '', map } = await minify(code, { module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true }, sourceMap: true });
    return { code: made, map: /** @type {import('rollup').SourceMapInput} */ (map) };
  },
};

/**
 * One script with all that it needs at once; what is imported on demand goes into files of their own beside it.
 * @param {string} script @param {string} folder it goes to
 */
export async function bundle(script, folder) {
  const whole = await rollup({ input: script, external: /^node:/, plugins: [keepAddresses(dirname(script))] });
  await whole.write({ dir: folder, format: 'es', sourcemap: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', plugins: [small] });
  await whole.close();
}

/**
 * @param {string} from
 * @param {string} to emptied first
 */
export async function makeSite(from, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const all = (await readdir(from, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = all.map(({ parentPath, name }) => relative(from, join(parentPath, name)).split(sep).join('/'));
  const html = readFileSync(join(from, 'index.html'), 'utf8');
  const named = [...html.matchAll(/^ *<link rel="stylesheet" href="([^"]+)" \/>\n/gm)];
  const sheets = named.filter(([, href]) => !WIDTH.test(readFileSync(join(from, href), 'utf8')));
  if (sheets.some((sheet, i) => sheet !== named[i])) throw new Error('index.html names a sheet that asks for the width of the window before one that does not');
  const scripts = [...html.matchAll(/<script (?:type="module" )?src="([^"]+)">/g)].map(([, src]) => src);
  const workers = files.filter((file) => /(^|[/-])worker\.js$/.test(file));

  for (const file of files) if (!/\.(js|css)$/.test(file) && file !== 'index.html') cpSync(join(from, file), join(to, file));
  for (const entry of [...scripts, ...workers]) await bundle(join(from, entry), dirname(join(to, entry)));
  await build({
    bundle: true, minify: true, sourcemap: true, target: TARGET, logLevel: 'warning',
    stdin: { contents: sheets.map(([, href]) => `@import ${JSON.stringify(`./${href}`)};`).join('\n'), resolveDir: from, loader: 'css' },
    outfile: join(to, SHEET),
  });
  const later = files.filter((file) => file.endsWith('.css') && !sheets.some(([, href]) => href === file));
  await build({ entryPoints: later.map((file) => join(from, file)), outbase: from, outdir: to, minify: true, sourcemap: true, target: TARGET, logLevel: 'warning' });
  const [first, ...rest] = sheets.map(([line]) => line);
  const page = rest.reduce((text, line) => text.replace(line, ''), html).replace(first, first.replace(/href="[^"]+"/, `href="${SHEET}"`)).replace(/^ *<link rel="modulepreload".*\n/gm, '');
  writeFileSync(join(to, 'index.html'), page.replace(/\n\s+/g, '\n'));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [from = 'build/page', to = 'build/site'] = process.argv.slice(2);
  await makeSite(resolve(from), resolve(to));
}
