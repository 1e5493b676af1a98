/** bench.js - `folio bench`: what this engine reaches, as GFLOP/s and as a share of its own peak. */

import { rate, scaled } from '../src/bench.js';
import { ENGINE_OPTIONS, engineWords, loadEngine } from './engine.js';
import { DEFAULT_PRESET, chosenSettings, presetNames, readPreset } from './presets.js';
import { grouped, size } from './progress.js';

/** @typedef {import('../src/folio.js').Folio} Folio */
/** @typedef {import('../src/settings.js').Config} Config */
/** @typedef {import('../src/bench.js').Spread} Spread */

/** @type {import('./args.js').Command} */
export const bench = {
  doc: 'measure this engine: matrix products, a training step in its parts, decoding',
  options: {
    preset: { value: 'NAME|FILE', doc: `the model to measure with (default: ${DEFAULT_PRESET}; known: ${presetNames().join(', ')})` },
    set: { value: 'key=value', many: true, doc: 'change one of its settings' },
    ...ENGINE_OPTIONS,
    threads: { ...ENGINE_OPTIONS.threads, doc: 'how many threads work (default: auto, one a processor, at most 8)' },
    'step-only': { doc: 'measure the training step alone' },
    json: { doc: 'one JSON object on stdout' },
  },
  notes: `Medians of repeated runs after a warm-up, with the least and the most. Percent are of what the processor does at most with these numerics:
independent products and sums in registers (one instruction for both where they are fast), times the threads. Useful work only is counted:
for a token 6 flops for each parameter used in a matrix product, and 6 n_layer block_size n_embd for causal attention.`,
  run: runBench,
};

/** Training steps in a measurement take this many seconds or more; this many are made. */
const LEAST = 0.4;
const REPEATS = 7;

/** @param {import('./args.js').Options} options */
async function runBench(options) {
  const start = performance.now();
  const folio = await loadEngine(options);
  const config = folio.config(chosenSettings(folio, options, readPreset(options.preset ?? DEFAULT_PRESET)));
  folio.checkMemory(config, 'total');
  const parts = prepare(folio, config);
  parts.trainer.stepOnce();
  const first_step_ms = performance.now() - start;
  await folio.threadsReady();
  const { numerics, threads, variant, notes } = folio.info();
  const say = (/** @type {string} */ line) => options.json || console.log(line);
  say(`${engineWords(folio.info())}; ${options.preset ?? DEFAULT_PRESET}: ${grouped(parts.model.parameters)} parameters, ${config.batch_size} x ${config.block_size} tokens a step\n`);

  const fast = numerics === 'fast';
  const apart = folio.bench.peak(false);
  const peak = fast ? folio.bench.peak(true) : apart;
  const beside = () => folio.bench.glance(fast) * threads;
  const gemm = [];
  const all = !options['step-only'];
  if (all) say('matrix product              m x n x k    GFLOP/s (least - most)     of peak');
  for (const { layer, kind, m, n, k, gflops } of all ? folio.bench.gemms(config, beside) : []) {
    gemm.push({ layer, kind, m, n, k, gflops: gflops.median, percent: 100 * gflops.ratio, spread: gflops });
    say(`${`${layer}, ${kind}`.padEnd(24)} ${`${m} x ${n} x ${k}`.padStart(16)}  ${figures(gflops)}  ${(100 * gflops.ratio).toFixed(1).padStart(8)}%`);
  }
  const step = measureStep(folio, config, parts, beside);
  const shown = Object.entries(step.parts).filter(([, { milliseconds }]) => milliseconds > 0).map(([name, { milliseconds, share, gflops }]) =>
    `  ${name.padEnd(24)} ${milliseconds.toFixed(milliseconds < 1 ? 3 : 2).padStart(8)} ms ${(100 * share).toFixed(1).padStart(6)}%${gflops ? `  ${gflops.toFixed(1).padStart(6)} useful GFLOP/s` : ''}`);
  say(`\na training step: ${grouped(step.tokens_per_second)} tokens/s (${grouped(step.spread.least)} - ${grouped(step.spread.most)}), `
    + `${step.useful_gflops.toFixed(1)} useful GFLOP/s, ${step.percent_of_peak.toFixed(1)}% of peak\n${shown.join('\n')}\n`);
  const [evaluate, prefill, decode] = all ? [measureEvaluation(config, parts), ...(config.causal ? measureDecoding(config, parts) : [])] : [];
  if (evaluate) say(`evaluation  ${rateWords(evaluate)}\n${prefill && decode ? `prefill     ${rateWords(prefill)}\ndecoding    ${rateWords(decode)}\n` : ''}`);
  const memory_bytes = folio.info().memory_bytes;
  say(`peak        ${fast ? `${figures(peak)} GFLOP/s fused, ` : ''}${figures(apart)} product and sum, one thread`);
  say(`first step  ${first_step_ms.toFixed(0)} ms after the command began to load\nmemory      ${size(memory_bytes)}`);
  if (options.json) {
    const tokens = (/** @type {Spread | undefined} */ value) => (value ? { tokens_per_second: value.median, spread: value } : null);
    console.log(JSON.stringify({
      peak_gflops: peak.median, peak: { fused: fast ? peak : null, product_and_sum: apart }, gemm, step,
      evaluate: tokens(evaluate), prefill: tokens(prefill), decode: tokens(decode), first_step_ms, memory_bytes, variant, numerics, threads, notes,
    }));
  }
  folio.close();
  return 0;
}

/** A model and what trains it, on ids that mean nothing. @param {Folio} folio @param {Config} config */
function prepare(folio, config) {
  const tokens = Math.max(4 * config.block_size, 20000);
  const ids = Uint32Array.from({ length: tokens }, (_, i) => (i * 7919 + (i >> 3)) % config.vocab_size);
  const dataset = folio.dataset({ ...config, val_fraction: Math.max(0.3, config.val_fraction) }, ids);
  const model = folio.model(config);
  return { model, dataset, trainer: folio.trainer(model, dataset, config), evaluator: folio.evaluator(model, dataset) };
}

/** @typedef {ReturnType<typeof prepare>} Parts */

/** @param {Spread} value */
const figures = ({ median, least, most }) => `${median.toFixed(1).padStart(6)} (${least.toFixed(1).padStart(5)} - ${most.toFixed(1).padStart(5)})`;

/** @param {Spread} value */
const rateWords = ({ median, least, most }) => `${grouped(median)} tokens/s (${grouped(least)} - ${grouped(most)})`;

/**
 * @param {Folio} folio @param {Config} config @param {Parts} parts
 * @param {() => number} beside GFLOP/s of all threads at most
 */
function measureStep(folio, config, { trainer }, beside) {
  const tokens = config.batch_size * config.block_size * config.gradient_accumulation_steps;
  const run = (/** @type {number} */ times) => {
    for (let i = 0; i < times; i++) trainer.stepOnce();
  };
  const speed = scaled(rate(run, { least: LEAST, repeats: REPEATS, beside }), tokens);
  const flops = folio.bench.flops(config);
  const useful_gflops = speed.median * flops.total * 1e-9;
  const steps = Math.max(1, Math.ceil((speed.median * LEAST) / tokens));
  const seconds = folio.bench.laps(trainer, steps);
  const all = Object.values(seconds).reduce((sum, part) => sum + part, 0);
  const head = 6 * config.n_embd * config.vocab_size;
  const work = /** @type {Record<string, number>} */ ({ 'linear layers': flops.total - flops.attention - head, attention: flops.attention, head });
  const parts = Object.fromEntries(Object.entries(seconds).map(([name, part]) => [name, {
    milliseconds: (1000 * part) / steps,
    share: part / all,
    ...(work[name] && { gflops: (work[name] * tokens * steps * 1e-9) / part }),
  }]));
  return { tokens_per_second: speed.median, useful_gflops, percent_of_peak: 100 * speed.ratio * flops.total * 1e-9, parts, spread: speed };
}

/** @param {Config} config @param {Parts} parts */
function measureEvaluation(config, { evaluator }) {
  const windows = Math.min(evaluator.windows, Math.max(1, Math.floor(4096 / config.block_size)));
  const run = (/** @type {number} */ times) => {
    for (let i = 0; i < times; i++) evaluator.evaluate({ windows });
  };
  return scaled(rate(run, { least: LEAST / 4 }), windows * config.block_size);
}

/** A whole prompt at once, then token after token. @param {Config} config @param {Parts} parts @returns {[Spread, Spread]} */
function measureDecoding(config, { model }) {
  const decoder = model.decoder();
  const T = config.block_size;
  const prompt = Array.from({ length: T }, (_, i) => i % config.vocab_size);
  const prefill = rate((times) => {
    for (let i = 0; i < times; i++) {
      decoder.reset();
      decoder.feed(prompt);
    }
  }, { least: LEAST / 4 });
  const decode = rate((times) => {
    for (let i = 0, id = 0; i < times; i++) {
      if (i === 0 || decoder.position === T) decoder.reset();
      decoder.feed([id]);
      id = decoder.pick({ temperature: 1, index: i });
    }
  }, { least: LEAST / 4 });
  decoder.close();
  return [scaled(prefill, T), decode];
}
