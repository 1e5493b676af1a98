/** bench.js - measures this engine: its peak, the matrix products of a config, a training step in its parts, evaluation and decoding. */

import { out } from './module.js';

/** @typedef {import('./settings.js').Config} Config */
/** @typedef {{median: number, least: number, most: number}} Spread of repeated measurements */
/** @typedef {Spread & {ratio: number}} Compared ratio: median of the ratios to what was measured beside each of them */
/** @typedef {{layer: string, kind: 'forward' | 'd-input' | 'd-weight', m: number, n: number, k: number, gflops: Compared}} GemmResult */

const KINDS = /** @type {const} */ (['forward', 'd-input', 'd-weight']);

/** Seconds that one measurement lasts at least, and how many are made after those that warm the engine up. */
const LEAST = 0.02;
const REPEATS = 9;

/** Rounds of the peak's loop: half a millisecond at 25 GFLOP/s. */
const ROUNDS = 120000;

/** Time of the linear layers in whole numbers, as a share of that with floats: where four products are one instruction, and where they are not. */
const WHOLE = { dot: 0.4, apart: 0.9 };

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], least: sorted[0], most: sorted[sorted.length - 1] };
}

/**
 * Work per second: `run(n)` does n units. n grows until a measurement lasts LEAST seconds, which also warms the engine up.
 * @param {(times: number) => void} run
 * @param {{least?: number, repeats?: number, beside?: () => number}} [how] beside: another rate, measured before each repetition, as the
 *   machine's speed wanders
 * @returns {Compared}
 */
export function rate(run, { least = LEAST, repeats = REPEATS, beside = () => 1 } = {}) {
  const seconds = (/** @type {number} */ times) => {
    const start = performance.now();
    run(times);
    return (performance.now() - start) / 1000;
  };
  let times = 1;
  for (let took = seconds(times); took < least; took = seconds(times)) times = Math.ceil(times * Math.min(8, Math.max(1.5, (1.2 * least) / Math.max(took, 1e-6))));
  const pairs = Array.from({ length: repeats }, () => {
    const other = beside();
    const own = times / seconds(times);
    return { own, ratio: own / other };
  });
  return { ...spread(pairs.map(({ own }) => own)), ratio: spread(pairs.map(({ ratio }) => ratio)).median };
}

/** @param {Compared} value @param {number} factor @returns {Compared} */
export const scaled = ({ median, least, most, ratio }, factor) => ({ median: median * factor, least: least * factor, most: most * factor, ratio: ratio * factor });

export class Bench {
  #module;
  #pack;

  /**
   * @param {import('./module.js').Module} module
   * @param {(config: Record<string, unknown>) => Float64Array} pack a config, completed and checked, as the core takes it
   */
  constructor(module, pack) {
    this.#module = module;
    this.#pack = pack;
  }

  /** Most GFLOP/s of one thread. @param {boolean} fused by one instruction, or by a product and a sum @returns {Compared} */
  peak(fused) {
    const flops = this.#module.call('bench_peak', Number(fused), ROUNDS);
    return scaled(rate((times) => this.#module.call('bench_peak', Number(fused), times * ROUNDS)), flops * 1e-9);
  }

  /** The same, looked at for some milliseconds: once it was measured, to measure other things beside it. @param {boolean} fused */
  glance(fused) {
    const start = performance.now();
    const flops = this.#module.call('bench_peak', Number(fused), 4 * ROUNDS);
    return (flops * 1e-6) / (performance.now() - start);
  }

  /**
   * What tells about how long a training will take, without training: measured in some milliseconds.
   * @param {Config} config
   * @returns {{flops: number, gflops: number}} flops: of training one token, as many as would take that time with floats; gflops: of one thread, at most
   */
  speed(config) {
    const { total, attention } = this.flops(config);
    const linear = total - attention - 6 * config.n_embd * config.vocab_size;
    const whole = config.linear_dtype === 'int8' ? WHOLE[this.#module.variant.needs.includes('relaxedSimd') ? 'dot' : 'apart'] : 1;
    return { flops: total - linear * (1 - whole), gflops: Math.max(...Array.from({ length: 3 }, () => this.glance(false))) };
  }

  /** Useful flops of training one token. @param {Config} config @returns {{total: number, attention: number}} */
  flops(config) {
    const attention = new Float64Array(1);
    const total = this.#module.call('bench_flops', this.#pack(config), out(attention));
    return { total, attention: attention[0] };
  }

  /**
   * Every matrix product of a step, one after another.
   * @param {Config} config @param {() => number} beside the peak
   * @returns {Generator<GemmResult, void, void>}
   */
  *gemms(config, beside) {
    const module = this.#module;
    module.startThreads();
    const values = this.#pack(config);
    const name = new Uint8Array(16);
    const facts = new Float64Array(4);
    for (let i = 0; module.call('bench_shape', values, i, out(name), out(facts)); i++) {
      const [kind, m, n, k] = facts;
      const product = module.create('bench', 'bench_create', [values, i]);
      const gflops = scaled(rate((times) => module.call('bench_run', product, times), { beside }), 2e-9 * m * n * k);
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
