/** module.js - a loaded module: the only place with pointers and views of its memory. */

import { ERRORS } from '../dist/error-texts.js';
import { FolioError } from './error.js';
import { shownValue } from './given.js';

/** @typedef {Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array} Numbers */
/** @typedef {number | Handle | Numbers | Out} Argument arrays are copied into the module's memory for the length of the call */
/**
 * @typedef {object} Loaded what loader.js made
 * @property {WebAssembly.Exports} exports
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Module} module
 * @property {import('./features.js').Variant} variant
 * @property {number} threads that may take part, the calling one included
 * @property {string[]} notes what was asked for and could not be had, and why
 * @property {Awaited<ReturnType<typeof import('./platform.js').poolStarter>>} [startWorker] where there may be more than one thread
 */

/** An array that the core reads and writes: copied in before the call and back after it. */
class Out {
  /** @param {Numbers} array */
  constructor(array) {
    this.array = array;
  }
}

/** @param {Numbers} array */
export const out = (array) => new Out(array);

/** An object of the core. It lives until it is closed and nothing made from it is left. */
export class Handle {
  #pointer;
  #module;
  #madeFrom;
  #users = 0;
  #closed = false;

  /**
   * @param {Module} module
   * @param {number} pointer
   * @param {Handle[]} madeFrom
   */
  constructor(module, pointer, madeFrom) {
    this.#module = module;
    this.#pointer = pointer;
    this.#madeFrom = madeFrom;
    for (const handle of madeFrom) handle.#users++;
  }

  get closed() {
    return this.#closed;
  }

  /** @param {Module} module @returns {number} */
  pointer(module) {
    if (this.#closed) throw new FolioError('CLOSED', 'use', 'this object was closed and cannot be used any more');
    if (module !== this.#module) throw new FolioError('ARGUMENT', 'use', 'this object belongs to another instance of the module');
    return this.#pointer;
  }

  /** Gives the memory back. Closing twice does nothing. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  #release() {
    if (!this.#closed || this.#users > 0) return;
    this.#module.free(this.#pointer);
    for (const handle of this.#madeFrom) {
      handle.#users--;
      handle.#release();
    }
  }
}

/** Whether a module multiplies and adds in one operation on this processor. @param {WebAssembly.Exports} exports */
export const canFuse = (exports) => /** @type {() => number} */ (exports.folio_fused)() !== 0;

/** Bytes of a pool thread's stack. */
const STACK = 1 << 17;

export class Module {
  #exports;
  #memory;
  #code;
  /** @type {FolioError | null} */
  #death = null;
  /** Ends each thread of the pool. @type {(() => unknown)[]} */
  #workers = [];
  #startWorker;

  /** @param {Loaded} loaded */
  constructor({ exports, memory, module, variant, threads, notes, startWorker }) {
    this.#exports = /** @type {Record<string, Function>} */ (/** @type {unknown} */ (exports));
    this.#memory = memory;
    this.#code = module;
    this.variant = variant;
    this.threads = threads;
    this.notes = notes;
    this.#startWorker = startWorker;
    if (threads > 1) this.check('load', 'pool_create', [threads]);
  }

  /**
   * Starts the other threads of the pool, if they do not run yet. Nobody waits for them: each takes part from when it is there, and one that
   * does not start, or dies, is done without.
   */
  startThreads() {
    if (!this.#startWorker || this.#workers.length || !this.alive) return;
    for (let index = 1; index < this.threads; index++) {
      const block = this.#enter('alloc', [STACK]) >>> 0;
      if (!block) return;
      const stack = Math.floor((block + STACK) / 16) * 16; // where it begins: it grows downwards, and code counts on its alignment
      try {
        this.#workers.push(this.#startWorker({ module: this.#code, memory: this.#memory, stack, index }));
      } catch {
        return; // no more threads are to be had here
      }
    }
  }

  /** Until all threads take part, or two seconds have passed: a result never waits for that, a measurement may. */
  async threadsReady() {
    this.startThreads();
    for (const start = performance.now(); performance.now() - start < 2000 && this.present < this.threads;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the threads; later calls throw CLOSED. */
  close() {
    if (this.alive && this.#workers.length) this.#enter('pool_stop', []);
    this.#death ??= new FolioError('CLOSED', 'use', 'this module was closed and cannot be used any more');
    this.#endThreads();
  }

  #endThreads() {
    for (const end of this.#workers) end();
    this.#workers = [];
  }

  /** Ends the threads of the pool as a crash would, for tests. @returns {Promise<unknown>} */
  killThreads() {
    return Promise.all(this.#workers.map((end) => end()));
  }

  /** Bytes of memory in use by the module; it grows and never shrinks. */
  get bytes() {
    return this.#memory.buffer.byteLength;
  }

  /** Threads that take part now, the calling one included. */
  get present() {
    return this.threads > 1 && this.alive ? this.call('pool_present') : 1;
  }

  /** False once a call has trapped: what its memory holds is then unknown. */
  get alive() {
    return this.#death === null;
  }

  /**
   * The number that folio_NAME returns.
   * @param {string} name
   * @param {...Argument} args
   * @returns {number}
   */
  call(name, ...args) {
    const arrays = args.map((arg) => (arg instanceof Out ? arg.array : ArrayBuffer.isView(arg) ? arg : null));
    const bytes = arrays.reduce((sum, array) => sum + (array ? align(array.byteLength) : 0), 0);
    const base = bytes ? this.#enter('alloc', [bytes]) >>> 0 : 0;
    if (bytes && !base) throw new FolioError('MEMORY', name, `${name}: not enough memory for ${bytes} bytes of arguments`);
    try {
      let at = base;
      const numbers = args.map((arg, i) => {
        const array = arrays[i];
        if (arg instanceof Handle) return arg.pointer(this);
        if (!array) return numberOf(name, arg);
        const start = at;
        at += align(array.byteLength);
        new Uint8Array(this.#memory.buffer, start).set(bytesOf(array));
        return start;
      });
      const result = this.#enter(name, numbers);
      args.forEach((arg, i) => {
        if (!(arg instanceof Out)) return;
        bytesOf(arg.array).set(new Uint8Array(this.#memory.buffer, numbers[i], arg.array.byteLength));
      });
      return result;
    } finally {
      if (base) this.free(base);
    }
  }

  /**
   * Calls a function that returns a code, and throws a FolioError where it is negative.
   * @param {string} op what the caller was asked to do
   * @param {string} name
   * @param {Argument[]} args
   * @param {(code: string) => string | undefined} [explain] what a person should know besides the code's own text
   * @returns {number}
   */
  check(op, name, args, explain) {
    const result = this.call(name, ...args);
    if (result >= 0) return result;
    const [code, text] = ERRORS[result] ?? ['UNKNOWN', 'an unknown error'];
    const detail = explain?.(code);
    throw new FolioError(code, op, `${op}: ${text}${detail ? `: ${detail}` : ''}`);
  }

  /**
   * Makes an object: like check, with the address for the result as last argument.
   * @param {string} op
   * @param {string} name
   * @param {Argument[]} args those that are handles must outlive the object, and will
   * @param {(code: string) => string | undefined} [explain]
   * @returns {Handle}
   */
  create(op, name, args, explain) {
    const address = new Uint32Array(1);
    this.check(op, name, [...args, out(address)], explain);
    return new Handle(this, address[0], args.filter((arg) => arg instanceof Handle));
  }

  /**
   * The text that folio_NAME returns.
   * @param {string} name
   * @param {...Argument} args
   */
  text(name, ...args) {
    const start = this.call(name, ...args) >>> 0;
    const bytes = new Uint8Array(this.#memory.buffer, start);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0))); // a copy: shared memory cannot be decoded
  }

  /**
   * The module's own floats where folio_NAME points; null where it points nowhere. Valid until the next object is made.
   * @param {string} name
   * @param {Handle} handle
   * @param {number} length
   */
  floats(name, handle, length) {
    const start = this.call(name, handle) >>> 0;
    return start ? new Float32Array(this.#memory.buffer, start, length) : null;
  }

  /**
   * A copy of the integers where folio_NAME points.
   * @param {string} name
   * @param {Handle} handle
   * @param {number} length
   */
  words(name, handle, length) {
    const start = this.call(name, handle) >>> 0;
    return new Uint32Array(this.#memory.buffer, start, length).slice();
  }

  /** @param {number} pointer */
  free(pointer) {
    if (this.alive) this.#enter('free', [pointer]);
  }

  /**
   * @param {string} name
   * @param {number[]} numbers
   * @returns {number}
   */
  #enter(name, numbers) {
    if (this.#death) throw this.#death;
    try {
      return this.#exports[`folio_${name}`](...numbers);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#death = new FolioError('DEAD', name, `the module trapped in folio_${name} (${reason}) and cannot be used any more; load it anew`);
      this.#endThreads();
      throw this.#death;
    }
  }
}

const align = (/** @type {number} */ bytes) => Math.ceil(bytes / 16) * 16;

/** What is no number is refused here: where it cannot be made one, the engine fails within the call, as it does in a trap. @param {string} name @param {unknown} value */
function numberOf(name, value) {
  if (typeof value === 'number') return value;
  throw new FolioError('ARGUMENT', name, `${name}: ${shownValue(value)} is not a number`);
}

/** @param {Numbers} array */
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
