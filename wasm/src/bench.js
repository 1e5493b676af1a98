/** bench.js - measures this engine: its peak, the matrix products of a config, a training step in its parts, evaluation and decoding. */

import { out } from './module.js';
import { packConfig } from './settings.js';

/** @typedef {import('./settings.js').Config} Config */
/** @typedef {{median: number, least: number, most: number}} Spread of repeated measurements */
/** @typedef {{layer: string, kind: 'forward' | 'd-input' | 'd-weight', m: number, n: number, k: number, gflops: Spread}} GemmResult */

const KINDS = /** @type {const} */ (['forward', 'd-input', 'd-weight']);

/** Seconds that one measurement lasts at least, and how many are made after those that warm the engine up. */
const LEAST = 0.02;
const REPEATS = 9;

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], least: sorted[0], most: sorted[sorted.length - 1] };
}

/**
 * Work per second: `run(n)` does n units. n grows until a measurement lasts LEAST seconds, which also warms the engine up.
 * @param {(times: number) => void} run
 * @param {{least?: number, repeats?: number}} [how]
 */
export function rate(run, { least = LEAST, repeats = REPEATS } = {}) {
  const seconds = (/** @type {number} */ times) => {
    const start = performance.now();
    run(times);
    return (performance.now() - start) / 1000;
  };
  let times = 1;
  for (let took = seconds(times); took < least; took = seconds(times)) times = Math.ceil(times * Math.min(8, Math.max(1.5, (1.2 * least) / Math.max(took, 1e-6))));
  return spread(Array.from({ length: repeats }, () => times / seconds(times)));
}

/** @param {Spread} value @param {number} factor @returns {Spread} */
export const scaled = ({ median, least, most }, factor) => ({ median: median * factor, least: least * factor, most: most * factor });

export class Bench {
  #module;
  #settings;

  /**
   * @param {import('./module.js').Module} module
   * @param {import('./settings.js').Setting[]} settings
   */
  constructor(module, settings) {
    this.#module = module;
    this.#settings = settings;
  }

  /** Most flops per second of one thread. @param {boolean} fused by one instruction, or by a product and a sum @returns {Spread} */
  peak(fused) {
    const rounds = 20000;
    const flops = this.#module.call('bench_peak', Number(fused), rounds) / rounds;
    return scaled(rate((times) => this.#module.call('bench_peak', Number(fused), times * rounds)), flops * rounds);
  }

  /** Useful flops of training one token. @param {Config} config @returns {{total: number, attention: number}} */
  flops(config) {
    const attention = new Float64Array(1);
    const total = this.#module.call('bench_flops', packConfig(this.#settings, config), out(attention));
    return { total, attention: attention[0] };
  }

  /** Every matrix product of a step, one after another. @param {Config} config @returns {Generator<GemmResult, void, void>} */
  *gemms(config) {
    const module = this.#module;
    module.startThreads();
    const values = packConfig(this.#settings, config);
    const name = new Uint8Array(16);
    const facts = new Float64Array(4);
    for (let i = 0; module.call('bench_shape', values, i, out(name), out(facts)); i++) {
      const [kind, m, n, k] = facts;
      const product = module.create('bench', 'bench_create', [values, i]);
      const gflops = scaled(rate((times) => module.call('bench_run', product, times)), 2e-9 * m * n * k);
      product.close();
      yield { layer: new TextDecoder().decode(name.subarray(0, name.indexOf(0))), kind: KINDS[kind], m, n, k, gflops };
    }
  }

  /**
   * Seconds that each part of `steps` training steps takes.
   * @param {import('./trainer.js').Trainer} trainer
   * @param {number} steps
   * @returns {Record<string, number>}
   */
  laps(trainer, steps) {
    const names = [];
    for (let name = this.#module.text('lap_name', 0); name; name = this.#module.text('lap_name', names.length)) names.push(name);
    const seconds = new Float64Array(names.length);
    this.#module.check('bench', 'trainer_lap', [trainer.handle, steps, out(seconds)]);
    return Object.fromEntries(names.map((name, i) => [name, seconds[i]]));
  }
}
