// precache.js - node tests/precache.js SITE: writes SITE/precache.js, the list of the site's files with their hashes that its service worker keeps. What
// is large and not needed by everyone is kept once somebody has asked for it; what only people read is left out.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const LIST = 'precache.js';
const OUT = /(^|\/)(LICENSE|README\.md|\..*)$|\.map$|^(precache|service-worker)\.js$/;
const LATER = /^(model|ranks)\/|\.png$|^folio\.html$/;

/** @param {string | Buffer} bytes */
const hashOf = (bytes) => createHash('sha256').update(bytes).digest('base64');

/**
 * @param {string} site a finished folder
 * @returns {Promise<{version: string, files: Record<string, string>, later: Record<string, string>}>} paths to SHA-256 in base64; index.html goes by ''
 */
export async function listSite(site) {
  const entries = (await readdir(site, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => relative(site, join(parentPath, name)).split(sep).join('/')).filter((path) => !OUT.test(path)).sort();
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {Record<string, string>} */
  const later = {};
  for (const path of paths) (LATER.test(path) ? later : files)[path === 'index.html' ? '' : path] = hashOf(readFileSync(join(site, path)));
  return { version: hashOf(JSON.stringify([files, later])), files, later };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [site = 'build/site'] = process.argv.slice(2);
  writeFileSync(join(resolve(site), LIST), `self.precache = ${JSON.stringify(await listSite(resolve(site)))};\n`);
}
