// The inner loops of the modules, as the compiler left them: a tile's sums stay in registers. Where they do not, everything works, at less than half
// the speed, and the measured peak falls with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const FEATURES = ['simd', 'relaxed-simd', 'bulk-memory', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals', 'threads'];

/** @typedef {{products: number, stores: number}} Loop what stands in an innermost loop */

/** @param {string} variant @param {string} product its instruction @returns {Loop[]} */
function innermostLoops(variant, product) {
  const given = [...FEATURES.map((name) => `--enable-${name}`), path(`wasm/dist/folio-${variant}.wasm`)];
  const text = execFileSync(path('tests/node_modules/.bin/wasm-dis'), given, { encoding: 'utf8', maxBuffer: 1 << 26 });
  /** @type {(Loop & {indent: number, outer: boolean})[]} the loops around a line */
  const around = [];
  /** @type {Loop[]} */
  const found = [];
  for (const line of text.split('\n')) {
    const indent = line.search(/\S/);
    while (around.length && indent <= around[around.length - 1].indent) {
      const { outer, ...loop } = /** @type {Loop & {indent: number, outer: boolean}} */ (around.pop());
      if (!outer) found.push(loop);
    }
    const loop = around.at(-1);
    if (line.startsWith('(loop', indent)) {
      if (loop) loop.outer = true;
      around.push({ indent, outer: false, products: 0, stores: 0 });
    } else if (loop) {
      loop.products += Number(line.startsWith(`(${product}`, indent));
      loop.stores += Number(line.startsWith('(v128.store', indent));
    }
  }
  return found;
}

// Loops that should be there: those of gemm_kernel, gemm_direct and bench_peak; of whole numbers, gemm_int8's.
for (const [variant, product, tile] of /** @type {[string, string, number][]} */ ([
  ['simd128', 'f32x4.mul', 8],
  ['simd128-threads', 'f32x4.mul', 8],
  ['dot', 'f32x4.mul', 8],
  ['dot-threads', 'f32x4.mul', 8],
  ['dot-threads', 'i32x4.relaxed_dot_i8x16_i7x16_add_s', 8],
  ['relaxed-threads', 'i32x4.relaxed_dot_i8x16_i7x16_add_s', 8],
  ['relaxed', 'f32x4.relaxed_madd', 12],
  ['relaxed-threads', 'f32x4.relaxed_madd', 12],
])) {
  test(`${variant}: the ${tile} sums of a tile stay in registers, ${product}`, () => {
    const whole = innermostLoops(variant, product).filter(({ products, stores }) => products >= tile && stores === 0);
    assert.ok(whole.length >= (product.startsWith('i32') ? 1 : 3), `${whole.length} such loops`);
  });
}
