/** files.js - what the command line reads and writes; every failure names the file. */

import {
  accessSync, closeSync, constants, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, readSync, readlinkSync, realpathSync, renameSync, rmSync,
  statSync, writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { FolioError } from '../src/error.js';
import { concat } from '../src/tokenizer/strings.js';
import { deaf } from './interrupt.js';
import { size } from './progress.js';

/** In the repository, and where the published package carries the same. */
const REPOSITORY = new URL('../../', import.meta.url);
const MODELS = [new URL('models/', REPOSITORY), new URL('../dist/models/', import.meta.url)];

/** @param {string} what @param {string} path @param {unknown} error @returns {FolioError} */
export function failure(what, path, error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const reasons = /** @type {Record<string, string>} */ ({
    ENOENT: 'there is no such file',
    ENOTDIR: 'a part of its path is no folder',
    EISDIR: 'it is a folder',
    EACCES: 'permission denied',
    EEXIST: 'a file of that name is there',
    ELOOP: 'it is a link that leads to itself',
    ENAMETOOLONG: 'the name is too long',
    ENOSPC: 'no room is left',
    EPERM: 'it is not permitted',
    EROFS: 'nothing can be written there: it is read-only',
  });
  return new FolioError('FILE', what, `cannot ${what} ${path}: ${reasons[code ?? ''] ?? message}`);
}

/** Most bytes that are read at once, as Node has it. */
const MOST = 2 ** 31 - 1;

/** Of the small files: presets, and lists of them. */
export const MOST_JSON = 1 << 20;

/** Bytes that are taken from a pipe at a time. */
const PART = 1 << 16;

/** Fails where something is no file, in words. @param {import('node:fs').Stats} stats @param {boolean} [pipe] whether a pipe may stand there */
function checkKind(stats, pipe = false) {
  if (stats.isFile() || (pipe && stats.isFIFO())) return;
  if (stats.isDirectory()) throw new Error('it is a folder');
  throw new Error(`it is ${stats.isFIFO() ? 'a pipe (FIFO)' : stats.isSocket() ? 'a socket' : 'a device'}, and no file`);
}

/**
 * A whole file; neither a device, which may have no end, nor a pipe, which may wait for ever, unless that is asked for.
 * @param {string} path
 * @param {{most?: number, pipe?: boolean}} [options] most: bytes; pipe: a pipe may stand there too
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function readFile(path, { most = MOST, pipe = false } = {}) {
  try {
    const stats = statSync(path);
    checkKind(stats, pipe);
    if (stats.size > most) throw new Error(`it has ${size(stats.size)}; at most ${size(most)} are read`);
    return stats.isFIFO() ? deaf(() => readPipe(path, most)) : new Uint8Array(readFileSync(path));
  } catch (error) {
    throw failure('read', path, error);
  }
}

/** Standard input has one end, and can be one file. */
let taken = false;

/** Standard input to its end. */
export function readStandardInput() {
  try {
    if (taken) throw new Error('it was read already, and can be one text only');
    taken = true;
    if (isatty(0)) console.error('reading from the terminal: Ctrl-D ends the text');
    return deaf(() => readToEnd(0, MOST));
  } catch (error) {
    throw failure('read', 'standard input', error);
  }
}

/** A text that is named: a file, a pipe, or - for standard input. @param {string} path */
export const readNamed = (path) => (path === '-' ? readStandardInput() : readFile(path, { pipe: true }));

/** A text without a mark of the order of bytes at its beginning, as the page reads it. @template {ArrayBufferLike} B @param {Uint8Array<B>} text */
export const withoutMark = (text) => (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text);

/** @param {string} path @param {number} most */
function readPipe(path, most) {
  const file = openSync(path, 'r');
  try {
    return readToEnd(file, most);
  } finally {
    closeSync(file);
  }
}

/** What comes until the end, whose length nobody knows before. @param {number} file @param {number} most @returns {Uint8Array<ArrayBuffer>} */
function readToEnd(file, most) {
  const parts = [];
  let length = 0;
  const part = new Uint8Array(PART);
  for (;;) {
    const count = readSync(file, part);
    if (!count) return concat(parts);
    parts.push(part.slice(0, count));
    length += count;
    if (length > most) throw new Error(`it has more than ${size(most)}, and those are all that are read`);
  }
}

/** Whether what is to be read part by part is a pipe, which can be read once; fails where it is neither that nor a file. @param {string} path */
export function isPipe(path) {
  try {
    const stats = statSync(path);
    checkKind(stats, true);
    return stats.isFIFO();
  } catch (error) {
    throw failure('read', path, error);
  }
}

/** A file of models/, or undefined. @param {string} name */
export function findModelFile(name) {
  return MODELS.map((folder) => fileURLToPath(new URL(name, folder))).find((path) => existsSync(path));
}

/** A checkpoint, or that in a folder as `folio export` makes it. @param {string} path */
export function modelFile(path) {
  const inside = join(path, 'model.safetensors');
  return existsSync(inside) ? inside : path;
}

/** The model that is named; where none is, the one that comes with Folio. @param {string} [path] */
export function chosenModel(path) {
  const chosen = path === undefined ? findModelFile('shakespeare-char/model.safetensors') : modelFile(path);
  if (!chosen) throw new FolioError('FILE', 'read', 'no model comes with this copy of Folio; name one with --model FILE');
  return chosen;
}

/** Codes of what can be wrong with a text, as opposed to settings. */
const OF_TEXTS = ['UTF8', 'UNKNOWN_CHAR', 'EMPTY', 'TOO_SHORT', 'VAL_TOO_SHORT'];

/**
 * Does what reads a file's content; a failure then names the file.
 * @template T
 * @param {string} path
 * @param {() => T} work
 * @param {(error: FolioError) => boolean} [isItsFault] where other things may fail too
 * @returns {T}
 */
export function about(path, work, isItsFault = () => true) {
  try {
    return work();
  } catch (error) {
    throw error instanceof FolioError && isItsFault(error) ? new FolioError(error.code, error.op, `${path}: ${error.message}`) : error;
  }
}

/** Whether a text is to blame. @param {FolioError} error */
export const isOfText = ({ code, op }) => OF_TEXTS.includes(code) && op !== 'oldText';

/** Whether the text learnt before is. @param {FolioError} error */
export const isOfOldText = ({ op }) => op === 'oldText';

/** Whether a checkpoint is. @param {FolioError} error */
export const isOfCheckpoint = ({ op }) => /^(safetensors|checkpoint)/.test(op);

const REAL = fileURLToPath(new URL('build/data/tinyshakespeare.txt', REPOSITORY));

/** The texts that are learnt where none is named: of those that are there, the first. */
export const usualTexts = () => [existsSync(REAL) ? REAL : undefined, findModelFile('mock-shakespeare.txt')].filter((path) => path !== undefined);

/**
 * The text to learn: the given file, or standard input for -; tiny Shakespeare where `make data` has put it; else the text that comes with Folio.
 * @param {string} [path]
 * @returns {{path: string, text: Uint8Array}}
 */
export function readText(path) {
  const [chosen] = path === undefined ? usualTexts() : [path];
  if (!chosen) throw new FolioError('FILE', 'read', `there is no ${REAL}, which \`make data\` makes; name a text with --data FILE`);
  const text = withoutMark(readNamed(chosen));
  const name = chosen === '-' ? 'standard input' : chosen;
  if (!text.length) throw new FolioError('EMPTY', 'read', `${name} is empty: there is no text in it`);
  return { path: name, text };
}

/**
 * The file that is to be written: where links lead, whether it is there or not. Fails where something else stands there.
 * @param {string} path
 * @returns {string}
 */
function destination(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) checkKind(stats);
  let at = path;
  while (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) at = resolve(realpathSync(dirname(at)), readlinkSync(at));
  return at;
}

/** Whether a file is there that is not `known`. @param {string} path @param {string} [known] */
export const isAnother = (path, known) => existsSync(path) && !(known && existsSync(known) && realpathSync(known) === realpathSync(path));

/** The file that becomes another. @param {string} target */
const besideOf = (target) => join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);

/** Fails now rather than after the training; what is there stays. @param {string} path */
export function checkWritable(path) {
  let folder = dirname(path);
  try {
    const target = destination(path);
    folder = dirname(target);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    const beside = besideOf(target);
    closeSync(openSync(beside, 'w')); // what may be written is known when something is
    rmSync(beside);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw failure('write', path, code === 'ENOENT' ? new Error(existsSync(folder) ? `${folder} takes no files` : `there is no folder ${folder}`) : error);
  }
}

/** Fails now where a folder is not there and cannot be made, or cannot be written in; makes none. @param {string} path */
export function checkFolder(path) {
  let at = resolve(path);
  try {
    while (!lstatSync(at, { throwIfNoEntry: false })) at = dirname(at);
    if (!statSync(at).isDirectory()) throw Object.assign(new Error(), { code: at === resolve(path) ? 'EEXIST' : 'ENOTDIR' });
    accessSync(at, constants.W_OK | constants.X_OK);
  } catch (error) {
    const there = at === resolve(path) && /** @type {NodeJS.ErrnoException} */ (error).code === 'EACCES';
    throw failure(there ? 'write into' : 'make the folder', path, error);
  }
}

/** A folder with those above it, one by one: Node's own way to do that never ends in /proc. @param {string} path */
export function makeFolder(path) {
  const missing = [];
  try {
    for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const folder of missing) mkdirSync(folder);
  } catch (error) {
    throw failure('make the folder', path, error);
  }
}

/**
 * Writes beside and renames, so that the file is whole at every moment; a link stays, and what it leads to is written.
 * @param {string} path
 * @param {Uint8Array} bytes
 */
export function writeFile(path, bytes) {
  let beside = '';
  try {
    const target = destination(path);
    beside = besideOf(target);
    const file = openSync(beside, 'w');
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, target);
  } catch (error) {
    if (beside) rmSync(beside, { force: true });
    throw failure('write', path, error);
  }
}
