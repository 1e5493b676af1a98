/** tokenize.js - `folio tokenize`: what a tokenizer makes of a text. */

import { createReadStream } from 'node:fs';
import { encodeStream, load } from '../src/folio.js';
import { concatIds } from '../src/tokenizer.js';
import { SPLITS } from '../src/tokenizer/names.js';
import { UsageError } from './args.js';
import { about, checkWritable, failure, isOfText, isPipe, readNamed, withoutMark, writeFile } from './files.js';
import { interrupt } from './interrupt.js';
import { grouped } from './progress.js';
import { hasColours } from './shade.js';
import { TOKENIZER_OPTIONS, chosenTokenizer } from './tokenizers.js';

/** @typedef {import('../src/tokenizer.js').Tokenizer} Tokenizer */

/** @type {import('./args.js').Command} */
export const tokenize = {
  doc: 'what a tokenizer makes of a text: ids, counts, compression',
  operand: { value: 'FILE|-', doc: 'the text (default: -, standard input)', optional: true },
  options: {
    ...TOKENIZER_OPTIONS,
    split: { value: 'NAME', doc: `bpe: how the text is cut before, ${SPLITS.join(', ')} (default: cl100k)` },
    'min-count': { value: 'N', kind: 'count', doc: 'word, bpe: words, or pairs, that are less frequent do not become tokens (default: 1; 2)' },
    train: { value: 'FILE', doc: 'learn the vocabulary from this text (default: the text itself)' },
    out: { value: 'FILE', doc: 'save the tokenizer: as tokenizer.json, or, where the name ends in .tiktoken, in that form' },
    show: { doc: 'the pieces instead of the ids: in alternating colours on a terminal, with │ between them elsewhere' },
    quiet: { doc: 'only the counts and how many bytes a token has' },
    json: { doc: 'one JSON object on stdout' },
  },
  notes: 'Files are read part by part, of any size; standard input and pipes are held, up to 2 GB. Special tokens count as text.',
  run: runTokenize,
};

const USUAL = 'char';

/** @typedef {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} Source */

/** A text that can be read more than once; standard input and pipes are held for that. @param {string} [path] @returns {Source} */
function open(path = '-') {
  if (path === '-' || isPipe(path)) return [withoutMark(readNamed(path))];
  return { [Symbol.asyncIterator]: () => reading(path) };
}

/** @param {string} path @returns {AsyncGenerator<Uint8Array, void, void>} */
async function* reading(path) {
  try {
    let begun = false;
    for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
      yield begun ? new Uint8Array(part) : withoutMark(new Uint8Array(part));
      begun = true;
    }
  } catch (error) {
    throw failure('read', path, error);
  }
}

/** @param {import('./args.js').Options} options */
async function runTokenize(options) {
  const { operand, out, json, show, quiet } = options;
  for (const other of ['json', 'quiet']) if (show && options[other]) throw new UsageError(`--show and --${other} exclude each other`);
  if (out) checkWritable(out);
  const folio = await load();
  const choice = chosenTokenizer(folio, options, USUAL) ?? { kind: USUAL };
  if (out) checkForm(out, 'ready' in choice ? choice.ready.kind : choice.kind);
  const text = open(operand);
  const tokenizer = 'ready' in choice ? choice.ready : await learn(folio, choice.kind, options, options.train ? open(options.train) : text).catch(naming(options.train ?? operand));
  if (out) save(tokenizer, out);
  const sum = { tokens: 0, bytes: 0, characters: 0 };
  /** @type {Uint32Array<ArrayBuffer>[]} */
  const all = [];
  const painter = show ? new Painter(tokenizer, hasColours(process.stdout)) : undefined;
  for await (const { ids, text: part } of encodeStream(tokenizer, text)) {
    sum.tokens += ids.length;
    sum.bytes += part.length;
    sum.characters += characters(part);
    if (painter) process.stdout.write(painter.paint(ids));
    else if (json && !quiet) all.push(ids);
    else if (!json && !quiet) process.stdout.write(`${ids.join(' ')}\n`);
    interrupt.signal.throwIfAborted();
  }
  if (painter) process.stdout.write('\n');
  tell(tokenizer, options.tokenizer ?? USUAL, sum, json ? concatIds(all) : undefined, quiet);
  return 0;
}

/**
 * @param {import('../src/folio.js').Folio} folio
 * @param {import('../src/tokenizer.js').TokenizerKind} kind
 * @param {import('./args.js').Options} options
 * @param {Source} source
 * @returns {Promise<Tokenizer>}
 */
async function learn(folio, kind, { 'vocab-size': vocabSize, 'min-count': minCount, split }, source) {
  if (kind === 'char' || kind === 'byte') {
    const parts = [];
    if (kind === 'char') for await (const part of source) parts.push(part);
    return folio.tokenizer.train(kind, new Uint8Array(Buffer.concat(parts)));
  }
  const work = folio.tokenizer.trainStream(kind, source, { vocabSize: vocabSize ?? (kind === 'word' && minCount === undefined ? 4096 : undefined), minCount, split, ...interrupt });
  for (;;) {
    const { done, value } = await work.next();
    if (done) return /** @type {Tokenizer} */ (value);
  }
}

/** What is wrong with a text, with its name before it. @param {string} [path] @returns {(error: unknown) => never} */
const naming = (path = '-') => (error) => about(path === '-' ? 'standard input' : path, () => {
  throw error;
}, isOfText);

/** Fails where a tokenizer has not the form that a name asks for. @param {string} path @param {string} kind */
function checkForm(path, kind) {
  if (path.endsWith('.tiktoken') && kind !== 'bpe') throw new UsageError(`${path}: only bpe and the encodings can be saved as .tiktoken, not ${kind}`);
}

/** @param {Tokenizer} tokenizer @param {string} path */
function save(tokenizer, path) {
  if (!path.endsWith('.tiktoken')) return writeFile(path, new TextEncoder().encode(`${JSON.stringify(tokenizer.toHuggingFace())}\n`));
  return writeFile(path, tokenizer.toRanks());
}

/** Code points in UTF-8: bytes that do not go on with one. @param {Uint8Array} bytes */
const characters = (bytes) => bytes.reduce((sum, byte) => sum + ((byte & 0xc0) !== 0x80 ? 1 : 0), 0);

/**
 * @param {Tokenizer} tokenizer
 * @param {string} name
 * @param {{tokens: number, bytes: number, characters: number}} sum
 * @param {Uint32Array | undefined} ids for JSON
 * @param {boolean} quiet
 */
function tell({ vocabSize }, name, { tokens, bytes, characters: count }, ids, quiet) {
  const ratio = tokens ? bytes / tokens : 0;
  if (ids) console.log(JSON.stringify({ tokenizer: name, vocab_size: vocabSize, tokens, characters: count, bytes, bytes_per_token: ratio, ...(quiet ? {} : { ids: [...ids] }) }));
  else console.log(`${grouped(tokens)} tokens of ${grouped(vocabSize)}; ${grouped(count)} characters, ${grouped(bytes)} bytes; ${ratio.toFixed(3)} bytes per token`);
}

const COLOURS = [44, 42, 45, 46, 41];

/** What stands between pieces where there are no colours. */
const BETWEEN = '│';

/** Tokens as pieces of text, on backgrounds that alternate or with lines between them; what is no whole character is shown by its bytes. */
class Painter {
  #tokenizer;
  #coloured;
  #count = 0;

  /** @param {Tokenizer} tokenizer @param {boolean} coloured */
  constructor(tokenizer, coloured) {
    this.#tokenizer = tokenizer;
    this.#coloured = coloured;
  }

  /** @param {Uint32Array} ids */
  paint(ids) {
    return Array.from(ids, (id) => this.#piece(this.#tokenizer.decodeBytes([id]))).join('');
  }

  /** @param {Uint8Array} bytes */
  #piece(bytes) {
    const count = this.#count++;
    const shown = this.#text(bytes);
    const text = this.#coloured ? `\x1b[${COLOURS[count % COLOURS.length]};97m${shown}\x1b[0m` : `${count ? BETWEEN : ''}${shown}`;
    return bytes.includes(10) ? `${text}\n` : text;
  }

  /** @param {Uint8Array} bytes */
  #text(bytes) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      if (this.#coloured || !text.includes(BETWEEN)) return text.replace(/[^\P{Cc}\t\n]/gu, hex).replaceAll('\n', '↵');
    } catch {
      // part of a character
    }
    return Array.from(bytes, byteWord).join('');
  }
}

/** @param {number} byte */
const byteWord = (byte) => `\\x${byte.toString(16).padStart(2, '0')}`;

/** A control character, which a terminal would obey. @param {string} character */
const hex = (character) => Array.from(new TextEncoder().encode(character), byteWord).join('');
