// soak.js - `make soak-tokenizer`: node tests/oracle/soak.js [MB] [STRINGS]: each encoding against npm's tiktoken and gpt-tokenizer on that much text
// and that many short strings. Every difference that is not known (oracles.js) is a failure. Closes with "N passed, N failed".
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '../../wasm/src/folio.js';
import { knownToDiffer, newerCharacters, oracles, ranksOf, same } from './oracles.js';
import { dice, longTexts, shortString } from './texts.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [megabytes = 100, strings = 1_000_000] = process.argv.slice(2).map(Number);
const folio = await load();

/** This repository's own text. @param {string} folder @returns {string[]} */
const sources = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const path = join(folder, entry.name);
  if (/^(\.git|build|dist|types|node_modules|__pycache__)$/.test(entry.name)) return [];
  if (entry.isDirectory()) return sources(path);
  return /\.(c|h|js|py|md|json|html|css|txt|sh)$|Makefile$/.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
});
const REAL = join(ROOT, 'build/data/tinyshakespeare.txt');
const corpus = readFileSync(existsSync(REAL) ? REAL : join(ROOT, 'models/mock-shakespeare.txt'), 'utf8');

let failed = 0;
for (const name of ['gpt2', 'cl100k_base', 'o200k_base']) {
  const tokenizer = folio.tokenizer.ranks(ranksOf(name), { encoding: name });
  const { tiktoken, gptTokenizer, close } = oracles(name);
  const ours = (/** @type {string} */ text) => tokenizer.encodeOrdinary(text);
  const newer = newerCharacters(ours, tiktoken, /\P{Cn}/u);
  const sum = { bytes: 0, texts: 0, known: 0, different: 0 };

  /** @param {string} what @param {string} text */
  const compare = (what, text) => {
    const bytes = new TextEncoder().encode(text);
    const ids = ours(text);
    sum.bytes += bytes.length;
    sum.texts++;
    const faults = [!same(ids, tiktoken(text)) && 'tiktoken', !same(tokenizer.decodeBytes(ids), bytes) && 'the bytes back'];
    if (knownToDiffer(name, text)) sum.known++;
    else faults.push(!same(ids, gptTokenizer(text)) && 'gpt-tokenizer');
    for (const judge of faults.filter(Boolean)) {
      if (++sum.different <= 20) console.error(`${name}: ${what}: not as ${judge}: ${JSON.stringify(text.slice(0, 200))}`);
    }
  };

  const clean = (/** @type {string} */ text) => (newer.size ? [...text].filter((c) => !newer.has(Number(c.codePointAt(0)))).join('') : text);
  compare('the corpus', corpus);
  for (const source of sources(ROOT)) compare('the sources', clean(source));
  for (let seed = 1; sum.bytes < megabytes * 1e6; seed++) for (const [what, text] of longTexts(seed, 60_000, newer)) compare(`${what}, seed ${seed}`, text);
  const roll = dice(2024);
  for (let i = 0; i < strings; i++) compare(`string ${i}`, shortString(roll, newer));
  console.log(`${name}: ${(sum.bytes / 1e6).toFixed(1)} MB in ${sum.texts} texts, ${sum.different} differences; ${newer.size} characters of newer Unicode left out, `
    + `${sum.known} texts where gpt-tokenizer is known to differ from tiktoken`);
  failed += sum.different ? 1 : 0;
  close();
  tokenizer.close();
}
console.log(`${3 - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
