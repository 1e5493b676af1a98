/** tokenizers.js - which tokenizer the options of a command ask for. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENCODINGS } from '../src/tokenizer/encodings.js';
import { KINDS, SPLITS } from '../src/tokenizer/names.js';
import { trainingLimits } from '../src/tokenizer/training.js';
import { UsageError } from './args.js';
import { about, readFile } from './files.js';
import { listed, meant } from './near.js';

/** @typedef {import('../src/folio.js').Folio} Folio */

const NAMES = [...KINDS, ...Object.keys(ENCODINGS)];

/** Options of the commands that take a tokenizer. @type {Record<string, import('./args.js').Option>} */
export const TOKENIZER_OPTIONS = {
  tokenizer: { value: 'NAME|FILE', doc: `${NAMES.join(', ')}; or a tokenizer.json` },
  'vocab-size': { value: 'N', kind: 'count', doc: 'word, bpe: most tokens to learn (default: 4096 words; 1024 tokens)' },
  ranks: { value: 'FILE', doc: "an encoding's tokens, a .tiktoken file (default: what `make ranks` has packed)" },
};

/** What is to be learnt from a text, or a tokenizer that is ready. @typedef {{kind: import('../src/tokenizer.js').TokenizerKind} | {ready: import('../src/tokenizer.js').Tokenizer}} Choice */

/** Options that only some tokenizers have a use for. */
const ONLY = /** @type {Record<string, import('../src/tokenizer.js').TokenizerKind[]>} */ ({
  'vocab-size': ['word', 'bpe'], 'min-count': ['word', 'bpe'], split: ['bpe'], train: ['char', 'word', 'bpe'],
});

/** Why another has none. @type {Record<string, string>} */
const WHY = {
  char: 'char has one token for each character of the text',
  byte: 'byte has one token for each of the 256 bytes',
  word: 'word cuts a text between its words',
  bpe: 'bpe learns its tokens from the text',
};

/** Refuses what a tokenizer has no use for. @param {import('./args.js').Options} options @param {string} name */
function checkUse(options, name) {
  const encoding = Object.hasOwn(ENCODINGS, name);
  const why = WHY[name] ?? (encoding ? `${name} has its own tokens` : `${name} has its tokens already`);
  for (const [option, kinds] of Object.entries(ONLY)) {
    if (options[option] === undefined || kinds.some((kind) => kind === name)) continue;
    throw new UsageError(`--${option} goes with --tokenizer ${listed(kinds)}: ${why}`);
  }
  if (options.ranks !== undefined && !encoding) throw new UsageError(`--ranks goes with the encodings, ${listed(Object.keys(ENCODINGS))}: ${why}`);
  const { vocabSize, minCount } = trainingLimits(/** @type {import('../src/tokenizer.js').TokenizerKind} */ (name));
  for (const [option, [least, most]] of /** @type {const} */ ([['vocab-size', vocabSize], ['min-count', minCount]])) {
    const count = options[option];
    if (count === undefined || (count >= least && count <= most)) continue;
    throw new UsageError(`--${option} must be a whole number from ${least} to ${most} for ${name}, not ${count}`);
  }
}

/**
 * Refuses, before anything is read, what cannot be.
 * @param {Folio} folio
 * @param {import('./args.js').Options} options
 * @param {string} usual the kind that is meant where no option names one
 * @returns {Choice | undefined} undefined where no option names one
 */
export function chosenTokenizer(folio, options, usual) {
  const { tokenizer: name, ranks, split } = options;
  if (split !== undefined && !SPLITS.includes(split)) throw new UsageError(`there is no split '${split}'; known: ${SPLITS.join(', ')}`);
  if (name !== undefined && !NAMES.includes(name) && !existsSync(name)) throw new UsageError(`there is no tokenizer or file '${name}'; ${meant(name, NAMES)}`);
  checkUse(options, name ?? usual);
  if (name === undefined) return undefined;
  const kind = KINDS.find((known) => known === name);
  if (kind) return { kind };
  if (Object.hasOwn(ENCODINGS, name)) return { ready: fromFile(ranks ?? findRanks(name), (file) => folio.tokenizer.ranks(file, { encoding: name })) };
  return { ready: fromFile(name, (file) => folio.tokenizer.load(new TextDecoder().decode(file))) };
}

/** @template T @param {string} path @param {(file: Uint8Array) => T} read */
const fromFile = (path, read) => about(path, () => read(readFile(path)), ({ code }) => code !== 'FILE');

/** Where the build has put the tokens of an encoding. @param {string} name */
function findRanks(name) {
  const path = fileURLToPath(new URL(`../../build/ranks/${ENCODINGS[name].ranks}.ranks`, import.meta.url));
  if (!existsSync(path)) throw new UsageError(`the package carries no encodings: name the tokens of ${name} with --ranks FILE.tiktoken, or \`make ranks\``);
  return path;
}
