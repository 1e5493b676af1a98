/** module.js - a loaded module: the only place with pointers and views of its memory. */

import { FolioError } from './error.js';
import { VARIANTS, chooseVariant } from './features.js';
import { readResponse, readUrl, resolveUrl } from './platform.js';

/** @typedef {Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array} Numbers */
/** @typedef {number | Handle | Numbers | Out} Argument arrays are copied into the module's memory for the length of the call */
/** @typedef {string | URL | Response | ArrayBuffer | Uint8Array} WasmFile */
/** @typedef {WasmFile | WebAssembly.Module} WasmSource */

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
  #made_from;
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
    this.#made_from = madeFrom;
    for (const handle of madeFrom) handle.#users++;
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
    for (const handle of this.#made_from) {
      handle.#users--;
      handle.#release();
    }
  }
}

export class Module {
  #exports;
  #memory;
  /** @type {FolioError | null} */
  #death = null;

  /**
   * @param {WebAssembly.Exports} exports
   * @param {import('./features.js').Variant} variant
   */
  constructor(exports, variant) {
    this.#exports = /** @type {Record<string, Function>} */ (/** @type {unknown} */ (exports));
    this.#memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.variant = variant;
  }

  /** Bytes of memory in use by the module; it grows and never shrinks. */
  get bytes() {
    return this.#memory.buffer.byteLength;
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
        if (!array) return arg instanceof Handle ? arg.pointer(this) : /** @type {number} */ (arg);
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
    const code = this.text('error_name', result);
    const detail = explain?.(code);
    throw new FolioError(code, op, `${op}: ${this.text('error_text', result)}${detail ? `: ${detail}` : ''}`);
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
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
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
      throw this.#death;
    }
  }
}

const align = (/** @type {number} */ bytes) => Math.ceil(bytes / 16) * 16;

/** @param {Numbers} array */
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * Finds, compiles and starts a module.
 * @param {{wasm?: WasmSource, variant?: string}} [options] wasm: where it is or what it is; default: the package's own file
 * @returns {Promise<Module>}
 */
export async function loadModule({ wasm, variant: name } = {}) {
  const variant = chooseVariant(name);
  if (!variant) {
    const known = VARIANTS.map((row) => row.name).join(', ');
    throw failure(name ? `this engine has no module '${name}' (known: ${known})` : 'this engine has no WebAssembly SIMD, which Folio needs');
  }
  const source = wasm ?? new URL(`../dist/folio-${variant.name}.wasm`, import.meta.url);
  const { module, from } = await compile(source);
  if (!WebAssembly.Module.exports(module).some((entry) => entry.name === 'folio_config_check')) {
    throw failure(`${from} is a WebAssembly module, but not Folio's`);
  }
  const imports = { env: { emscripten_notify_memory_growth() {} } };
  for (const { module: space, name: entry } of WebAssembly.Module.imports(module)) {
    if (space !== 'env' || !(entry in imports.env)) throw failure(`${from} asks for ${space}.${entry}, which Folio's module does not`);
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  if (typeof exports._initialize === 'function') exports._initialize();
  return new Module(exports, variant);
}

/** @param {string} message */
const failure = (message) => new FolioError('WASM', 'load', `load: ${message}`);

/**
 * @param {WasmSource} source
 * @returns {Promise<{module: WebAssembly.Module, from: string}>}
 */
export async function compile(source) {
  if (source instanceof WebAssembly.Module) return { module: source, from: 'the given module' };
  const { bytes, from } = await fetchWasm(/** @type {WasmFile} */ (source));
  const head = bytes.subarray(0, 40);
  if (head[0] !== 0 || head[1] !== 0x61 || head[2] !== 0x73 || head[3] !== 0x6d) {
    const start = new TextDecoder().decode(head).replace(/[^\x20-\x7e]+/g, ' ').trim();
    throw failure(`${from} returned ${bytes.length} bytes beginning with '${start}', which is no WebAssembly module`);
  }
  try {
    return { module: await WebAssembly.compile(bytes), from };
  } catch (error) {
    throw failure(`${from} returned a damaged WebAssembly module: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The bytes of a source that is not compiled yet.
 * @param {WasmFile} source
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, from: string}>}
 */
async function fetchWasm(source) {
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), from: 'the given buffer' };
  if (ArrayBuffer.isView(source)) return { bytes: new Uint8Array(source), from: 'the given buffer' };
  if (typeof Response !== 'undefined' && source instanceof Response) return readResponse(source);
  const url = resolveUrl(/** @type {string | URL} */ (source));
  try {
    return await readUrl(url);
  } catch (error) {
    throw failure(`${url} could not be read: ${error instanceof Error ? error.message : error}`);
  }
}
