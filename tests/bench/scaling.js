// scaling.js - does the cost grow as the work? node tests/bench/scaling.js [ROUNDS], with Node 22 or later
// Prints, for context and for width doubled again and again, the time of a step against what the flops say, and for gpt2 the memory against `info`.
import { readFileSync } from 'node:fs';
import { load } from '../../wasm/src/folio.js';

const ROUNDS = Number(process.argv[2] ?? 7);
const preset = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(`../../models/presets/${name}.json`, import.meta.url), 'utf8'));
const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {Record<string, any>} settings @param {Parameters<typeof load>[0]} [how] */
async function trainerOf(settings, how = { numerics: 'fast', threads: 1 }) {
  const folio = await load(how);
  const config = folio.config(settings);
  const ids = Uint32Array.from({ length: 20 * config.block_size + 5000 }, (_, i) => (i * 7919 + (i >> 3)) % config.vocab_size);
  const dataset = folio.dataset({ ...config, val_fraction: 0.3 }, ids);
  const trainer = folio.trainer(folio.model(config), dataset, config);
  const flops = folio.bench.flops(config).total * config.batch_size * config.block_size;
  trainer.stepOnce();
  trainer.stepOnce();
  return { folio, config, trainer, flops };
}

/** Seconds of a step. @param {Awaited<ReturnType<typeof trainerOf>>} made */
function time({ trainer }) {
  const start = performance.now();
  trainer.stepOnce();
  return (performance.now() - start) / 1000;
}

/** Each beside the one before, by turns. @param {string} key @param {number[]} values @param {(value: number) => Record<string, any>} settings */
async function doubling(key, values, settings) {
  for (let i = 1; i < values.length; i++) {
    const [small, large] = [await trainerOf(settings(values[i - 1])), await trainerOf(settings(values[i]))];
    const ratios = Array.from({ length: ROUNDS }, () => time(large) / time(small));
    const work = large.flops / small.flops;
    console.log(`${key} ${values[i - 1]} -> ${values[i]}: time x ${median(ratios).toFixed(2)}, flops x ${work.toFixed(2)}: ${(100 * (median(ratios) / work - 1)).toFixed(1)}%`);
    small.folio.close();
    large.folio.close();
  }
}

const base = preset('nanogpt-cpu');

/** How many times faster one way is, measured by turns. @param {string} words @param {Parameters<typeof load>[0]} one @param {Parameters<typeof load>[0]} other */
async function faster(words, one, other) {
  const [a, b] = [await trainerOf(base, one), await trainerOf(base, other)];
  for (let i = 0; i < 60; i++) {
    time(a);
    time(b);
    await new Promise((resolve) => setTimeout(resolve, 10)); // threads begin to take part, and some hosts take seconds to give a second one a core of its own
  }
  const ratios = Array.from({ length: 8 * ROUNDS }, () => time(b) / time(a));
  console.log(`nanogpt-cpu, ${words}: x ${median(ratios).toFixed(2)}`);
  a.folio.close();
  b.folio.close();
}

await faster('two threads against one, fast', { numerics: 'fast', threads: 2 }, { numerics: 'fast', threads: 1 });
await faster('two threads against one, exact', { numerics: 'exact', threads: 2 }, { numerics: 'exact', threads: 1 });
await faster('fast against exact, one thread', { numerics: 'fast', threads: 1 }, { numerics: 'exact', threads: 1 });
await doubling('block_size', [64, 128, 256, 512, 1024], (T) => ({ ...base, block_size: T, batch_size: 2048 / T }));
await doubling('n_embd', [64, 128, 256, 512, 768], (C) => ({ ...base, n_embd: C, batch_size: 4 }));

/** One token after another by the cache, at the beginning and at the end of the context. */
async function decoding() {
  const folio = await load({ numerics: 'fast', threads: 1 });
  const model = folio.model(folio.config({ ...base, vocab_size: 65 }));
  const decoder = model.decoder();
  const T = base.block_size;
  const [early, late, all] = [0, 1, 2].map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < 400; round++) {
    decoder.reset();
    const at = [performance.now()];
    for (let i = 0, id = 0; i < T; i++) {
      decoder.feed([id]);
      id = decoder.pick({ temperature: 1, index: i });
      at.push(performance.now());
    }
    early.push(at[T / 4] - at[0]);
    late.push(at[T] - at[T - T / 4]);
    all.push(at[T] - at[0]);
  }
  console.log(`nanogpt-cpu, decoding on one thread: ${Math.round((1000 * T) / median(all))} tokens/s; the last quarter of the context takes x ${(median(late) / median(early)).toFixed(2)} the first`);
  folio.close();
}
await decoding();

const gpt2 = { ...preset('gpt2'), block_size: 64, batch_size: 1, gradient_accumulation_steps: 1 };
const { folio, config } = await trainerOf(gpt2);
const { model_bytes, trainer_bytes, limit_bytes } = folio.memory(config);
const said = model_bytes + trainer_bytes;
const used = folio.info().memory_bytes;
console.log(`gpt2, context 64, batch 1: a step runs in ${used} bytes of ${limit_bytes}; info says ${said}: ${(100 * (used / said - 1)).toFixed(1)}% more`);
