/** pool-worker.js - one thread of a module's pool: an instance of the module over its memory, on a stack of its own. */

import { HOST, poolTask } from './platform.js';

/** What the loader and every thread of the pool give a module. Not by a top-level await: a browser delivers no message before the script has ended. */
void poolTask().then(async ({ module, memory, stack, index }) => {
  const instance = await WebAssembly.instantiate(/** @type {WebAssembly.Module} */ (module), { env: { ...HOST, memory } });
  const exports = /** @type {any} */ (instance.exports);
  exports.__stack_pointer.value = stack;
  exports.folio_pool_enter(index);
});
