/** loader.js - finds, compiles and starts a module: the package's own that suits this engine best, or one that is given. */

import { FolioError } from './error.js';
import { VARIANTS, chooseVariants } from './features.js';
import { Module, canFuse } from './module.js';
import { HOST, poolStarter, readResponse, readUrl, resolveUrl } from './platform.js';

/** @typedef {string | URL | Response | ArrayBuffer | Uint8Array} WasmFile */
/** @typedef {WasmFile | WebAssembly.Module} WasmSource */
/**
 * @typedef {object} LoadOptions
 * @property {WasmSource} [wasm] where the module is or what it is; default: the package's own file
 * @property {'exact' | 'fast'} [numerics] default exact: the same bits everywhere; fast: fused multiply-add where the engine has it
 * @property {number | 'auto'} [threads] default auto; 1: the calling thread alone
 * @property {string} [variant] this module of the package, or none; for tests
 * @property {WasmSource} [textWasm] the tokenizers' module, as `wasm`
 * @property {WasmSource} [inspectWasm] the module that looks into models, as `wasm`; it is not loaded before somebody looks
 */

/** Most threads that can be asked for, as in core/pool.h. */
const MOST_THREADS = 64;

/** @type {import('./features.js').Variant} */
const TEXT = { name: 'text', needs: [], numerics: 'exact', threads: false };
/** @type {import('./features.js').Variant} */
const INSPECT = { name: 'inspect', needs: ['simd'], numerics: 'exact', threads: false };

/** Pages that a module with threads, whose memory comes from outside, begins with and may grow to. */
const PAGES = { initial: 256, maximum: 65536 };

/**
 * @param {LoadOptions} [options]
 * @returns {Promise<Module>}
 */
export async function loadModule({ wasm, numerics = 'exact', threads = 'auto', variant: name } = {}) {
  if (numerics !== 'exact' && numerics !== 'fast') throw argument(`numerics is '${numerics}'; it can be exact or fast`);
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw argument(`threads is ${JSON.stringify(threads)}; it can be auto or a whole number from 1 to ${MOST_THREADS}`);
  }
  const choice = chooseVariants({ variant: name, numerics, threads });
  if (!choice.variants.length) {
    const known = VARIANTS.map((row) => row.name).join(', ');
    throw failure(name ? `this engine has no module '${name}' (known: ${known})` : 'this engine has no WebAssembly SIMD, which Folio needs');
  }
  if (wasm) return startGiven(wasm, choice);
  const [best, ...others] = choice.variants;
  try {
    return await startOwn(best, choice.threads, choice.notes);
  } catch (error) {
    // Memory that can be shared reserves addresses for all it may grow to, which not every machine grants.
    const single = others.find((row) => !row.threads && row.numerics === best.numerics);
    if (!(error instanceof RangeError) || !single) throw error;
    return startOwn(single, 1, [...choice.notes, `one thread: ${error.message}`]);
  }
}

/** The tokenizers' module: one for all numerics. @param {LoadOptions} [options] @returns {Promise<Module>} */
export async function loadTextModule({ textWasm = new URL('../dist/folio-text.wasm', import.meta.url) } = {}) {
  const { module, from } = await compile(textWasm);
  return new Module({ ...(await instantiate(module, from, { needed: 'folio_tokenizer_train' })), variant: TEXT, threads: 1, notes: [] });
}

/** The module that looks into models. @param {LoadOptions} [options] @returns {Promise<Module>} */
export async function loadInspectModule({ inspectWasm = new URL('../dist/folio-inspect.wasm', import.meta.url) } = {}) {
  const { module, from } = await compile(inspectWasm);
  return new Module({ ...(await instantiate(module, from, { needed: 'folio_inspect_create' })), variant: INSPECT, threads: 1, notes: [] });
}

/** @param {import('./features.js').Variant} variant @param {number} threads @param {string[]} notes */
async function startOwn(variant, threads, notes) {
  const { module, from } = await compile(new URL(`../dist/folio-${variant.name}.wasm`, import.meta.url));
  const instance = await instantiate(module, from, { shared: variant.threads });
  const fuses = variant.numerics === 'exact' || canFuse(instance.exports);
  return new Module({ ...instance, ...(await starter(threads)), variant, threads, notes: fuses ? notes : [...notes, 'products and sums are apart: this processor does not fuse them'] });
}

/**
 * A module from elsewhere is what it is: its imports tell whether it can have threads, a calculation its numerics.
 * @param {WasmSource} source
 * @param {import('./features.js').Choice} choice
 */
async function startGiven(source, { threads, notes }) {
  const { module, from } = await compile(source);
  const shared = WebAssembly.Module.imports(module).some(({ name }) => name === 'memory');
  const instance = await instantiate(module, from, { shared });
  const variant = VARIANTS.find((row) => row.threads === shared && row.numerics === (canFuse(instance.exports) ? 'fast' : 'exact')) ?? VARIANTS[0];
  return new Module({ ...instance, ...(await starter(shared ? threads : 1)), variant, threads: shared ? threads : 1, notes });
}

/** @param {number} threads */
const starter = async (threads) => (threads > 1 ? { startWorker: await poolStarter() } : {});

/**
 * @param {WebAssembly.Module} module @param {string} from
 * @param {{shared?: boolean, needed?: string}} how shared: its memory comes from outside; needed: an export by which it is known
 */
async function instantiate(module, from, { shared = false, needed = 'folio_config_check' }) {
  if (!WebAssembly.Module.exports(module).some((entry) => entry.name === needed)) {
    throw failure(`${from} is a WebAssembly module, but not Folio's`);
  }
  const outside = shared && new WebAssembly.Memory({ ...PAGES, shared: true });
  const imports = { env: { ...HOST, ...(outside && { memory: outside }) } };
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    if (space !== 'env' || !(name in imports.env)) throw failure(`${from} asks for ${space}.${name}, which Folio's module does not`);
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  if (typeof exports._initialize === 'function') exports._initialize();
  const memory = outside || /** @type {WebAssembly.Memory} */ (exports.memory);
  return { exports, memory, module };
}

/** @param {string} message */
const argument = (message) => new FolioError('ARGUMENT', 'load', `load: ${message}`);

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
  const address = typeof source === 'string' || source instanceof URL; // asked for first: Node loads all of fetch, 27 ms, where somebody says Response
  if (!address && typeof Response !== 'undefined' && source instanceof Response) return readResponse(source);
  const url = resolveUrl(/** @type {string | URL} */ (source));
  try {
    return await readUrl(url);
  } catch (error) {
    throw failure(`${url} could not be read: ${error instanceof Error ? error.message : error}`);
  }
}
