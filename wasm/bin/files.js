/** files.js - what the command line reads and writes; every failure names the file. */

import { accessSync, closeSync, constants, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolioError } from '../src/error.js';

/** In the repository, and where the published package carries the same. */
const REPOSITORY = new URL('../../', import.meta.url);
const MODELS = [new URL('models/', REPOSITORY), new URL('../dist/models/', import.meta.url)];

/** @param {string} what @param {string} path @param {unknown} error @returns {FolioError} */
export function failure(what, path, error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const reasons = /** @type {Record<string, string>} */ ({ ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied' });
  return new FolioError('FILE', what, `cannot ${what} ${path}: ${reasons[code ?? ''] ?? message}`);
}

/**
 * @param {string} path
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function readFile(path) {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw failure('read', path, error);
  }
}

/** A file of models/, or undefined. @param {string} name */
export function findModelFile(name) {
  return MODELS.map((folder) => fileURLToPath(new URL(name, folder))).find((path) => existsSync(path));
}

/** A model that is not named: the one that comes with Folio. @param {string} [path] */
export function chosenModel(path) {
  const chosen = path ?? findModelFile('shakespeare-char/model.safetensors');
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

/**
 * The text to learn: the given file; tiny Shakespeare where `make data` has put it; else the text that comes with Folio.
 * @param {string} [path]
 * @returns {{path: string, text: Uint8Array}}
 */
export function readText(path) {
  const real = fileURLToPath(new URL('build/data/tinyshakespeare.txt', REPOSITORY));
  const chosen = path ?? (existsSync(real) ? real : findModelFile('mock-shakespeare.txt'));
  if (!chosen) throw new FolioError('FILE', 'read', `there is no ${real}, which \`make data\` makes; name a text with --data FILE`);
  const text = readFile(chosen);
  if (!text.length) throw new FolioError('EMPTY', 'read', `${chosen} is empty: there is nothing to learn`);
  return { path: chosen, text };
}

/** Fails now rather than after the training. @param {string} path */
export function checkWritable(path) {
  try {
    if (existsSync(path) && statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw failure('write', path, code === 'ENOENT' ? new Error(`there is no folder ${dirname(path)}`) : error);
  }
}

/**
 * Writes beside and renames, so that the file is whole at every moment.
 * @param {string} path
 * @param {Uint8Array} bytes
 */
export function writeFile(path, bytes) {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = openSync(beside, 'w');
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw failure('write', path, error);
  }
}
