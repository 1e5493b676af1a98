/** error.js - the one class of error: what failed (op), why by name (code) and in words (message). */

/**
 * Codes: those of core/error.h (RANGE, HEADS, MEMORY, UTF8, UNKNOWN_CHAR, TOO_SHORT, ...) and, from JavaScript:
 * SETTING (no such setting), WASM (no usable module), CHECKPOINT (a file that is not one), LINK (a link that cannot be
 * read), CLOSED (an object used after close),
 * DEAD (the module trapped), WORKER_DIED, BUDGET (too little time), FILE (unreadable or unwritable), PRESET (no such preset).
 */
export class FolioError extends Error {
  /**
   * @param {string} code
   * @param {string} op what was being done: 'tokenizer.encode', 'checkpoint.load', ...
   * @param {string} message what, where and why, for a person
   */
  constructor(code, op, message) {
    super(message);
    this.name = 'FolioError';
    this.code = code;
    this.op = op;
  }
}

/**
 * An error as plain data, to cross between threads; `revive` makes an error of it again.
 * @param {unknown} error
 * @returns {{name: string, code: string, op: string, message: string}}
 */
export function flatten(error) {
  if (error instanceof FolioError) return { name: error.name, code: error.code, op: error.op, message: error.message };
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return { name, code: 'INTERNAL', op: '', message: name === 'AbortError' ? message : `${name}: ${message}` };
}

/**
 * @param {{name: string, code: string, op: string, message: string}} flat
 * @returns {Error}
 */
export function revive(flat) {
  return flat.name === 'AbortError' ? new DOMException(flat.message, 'AbortError') : new FolioError(flat.code, flat.op, flat.message);
}
