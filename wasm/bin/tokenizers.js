/** tokenizers.js - which tokenizer the options of a command ask for. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENCODINGS } from '../src/tokenizer/encodings.js';
import { KINDS, SPLITS } from '../src/tokenizer/names.js';
import { nearest } from '../src/settings.js';
import { UsageError } from './args.js';
import { about, readFile } from './files.js';

/** @typedef {import('../src/folio.js').Folio} Folio */

const NAMES = [...KINDS, ...Object.keys(ENCODINGS)];

/** Options of the commands that take a tokenizer. @type {Record<string, import('./args.js').Option>} */
export const TOKENIZER_OPTIONS = {
  tokenizer: { value: 'NAME|FILE', doc: `${NAMES.join(', ')}; or a tokenizer.json` },
  'vocab-size': { value: 'N', kind: 'count', doc: 'word, bpe: most tokens to learn (default: 4096 words; 1024 tokens)' },
  ranks: { value: 'FILE', doc: "an encoding's tokens, a .tiktoken file (default: what `make ranks` has packed)" },
};

/** What is to be learnt from a text, or a tokenizer that is ready. @typedef {{kind: import('../src/tokenizer.js').TokenizerKind} | {ready: import('../src/tokenizer.js').Tokenizer}} Choice */

/**
 * @param {Folio} folio
 * @param {import('./args.js').Options} options
 * @returns {Choice | undefined} undefined where no option names one
 */
export function chosenTokenizer(folio, { tokenizer: name, ranks, split }) {
  if (split !== undefined && !SPLITS.includes(split)) throw new UsageError(`there is no split '${split}'; known: ${SPLITS.join(', ')}`);
  if (name === undefined) return undefined;
  const kind = KINDS.find((known) => known === name);
  if (kind) return { kind };
  if (Object.hasOwn(ENCODINGS, name)) return { ready: fromFile(ranks ?? findRanks(name), (file) => folio.tokenizer.ranks(file, { encoding: name })) };
  if (existsSync(name)) return { ready: fromFile(name, (file) => folio.tokenizer.load(new TextDecoder().decode(file))) };
  const near = nearest(name, NAMES);
  throw new UsageError(`there is no tokenizer or file '${name}'; ${near ? `did you mean '${near}'?` : `known: ${NAMES.join(', ')}`}`);
}

/** @template T @param {string} path @param {(file: Uint8Array) => T} read */
const fromFile = (path, read) => about(path, () => read(readFile(path)), ({ code }) => code !== 'FILE');

/** Where the build has put the tokens of an encoding. @param {string} name */
function findRanks(name) {
  const path = fileURLToPath(new URL(`../../build/ranks/${ENCODINGS[name].ranks}.ranks`, import.meta.url));
  if (!existsSync(path)) throw new UsageError(`the package carries no encodings: name the tokens of ${name} with --ranks FILE.tiktoken, or \`make ranks\``);
  return path;
}
