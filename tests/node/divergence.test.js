// A run that goes wrong is noticed soon, one that does not is left alone, and what is saved is finite.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { read, save } from '../../wasm/src/checkpoint/checkpoint.js';
import { Course } from '../../wasm/src/course.js';
import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

const folio = await load({ threads: 1 });
const models = new URL('../../models/', import.meta.url);
const PLAY = readFileSync(new URL('mock-shakespeare.txt', models), 'utf8');

/** Made small enough for a test; what learns, and how, is the preset's. @type {Record<string, Record<string, number>>} */
const SHRUNK = {
  'tiny': {},
  'nanogpt-cpu': { n_embd: 64, block_size: 32, batch_size: 8 },
  'nanogpt-gpu': { n_embd: 48, block_size: 32, batch_size: 8, n_layer: 2 },
  'gpt2': { n_embd: 48, block_size: 32, batch_size: 8, n_layer: 2, gradient_accumulation_steps: 1, warmup_iters: 20, max_iters: 60 },
  'shakespeare': { n_embd: 64, block_size: 32, batch_size: 8 },
};
/** A warm-up of a hundred steps would be most of a test. */
const BRIEF = { warmup_iters: 5 };
const RATES = ['learning_rate', 'min_lr', 'adam_lr'];

/** @param {string} name @param {number} times the rates @param {object} [more] */
function presetRun(name, times, more) {
  const { vocab_size: _, ...settings } = JSON.parse(readFileSync(new URL(`presets/${name}.json`, models), 'utf8'));
  for (const rate of RATES) if (rate in settings) settings[rate] = Math.min(10, settings[rate] * times);
  return openRun(folio, { text: PLAY, config: { ...settings, ...SHRUNK[name], eval_interval: 0, ...more } });
}

/** @param {import('../../wasm/src/run.js').Run} run @param {object} [options] @returns {Promise<any[]>} */
async function events(run, options) {
  const all = [];
  for await (const event of run.train(options)) all.push(event);
  return all;
}

const finite = (/** @type {Float32Array} */ floats) => floats.every(Number.isFinite);

for (const name of ['tiny', 'nanogpt-cpu', 'shakespeare']) {
  test(`${name} with a hundred times its rates is stopped within 20 steps, at a good state`, async () => {
    for (const seed of [3, 1337]) {
      const run = presetRun(name, 100, { ...BRIEF, seed, max_iters: 200 });
      const all = await events(run);
      const [diverged] = all.filter(({ event }) => event === 'diverged');
      assert.ok(diverged && diverged.step <= 20, `${seed}: ${diverged?.step}`);
      assert.deepEqual([diverged.action, diverged.settings], ['stop', {}]);
      assert.match(diverged.why, /^the loss has risen from \d/);
      const done = all.at(-1);
      assert.deepEqual([done.event, done.stopped, done.steps, run.step], ['done', 'diverged', diverged.back_to, diverged.back_to]);
      assert.ok(done.val_loss < Math.log(run.config.vocab_size) + 0.1, `${done.val_loss}`);
      assert.equal(read(folio, run.checkpoint()).step, diverged.back_to);
      run.close();
    }
  });

  test(`${name} with a hundred times its rates goes back, slows down and learns`, async () => {
    const run = presetRun(name, 100, { ...BRIEF, max_iters: 60 });
    const first = { ...run.config };
    const all = await events(run, { onDivergence: 'rollback' });
    const back = all.filter(({ event }) => event === 'diverged');
    const done = all.at(-1);
    assert.ok(back.length >= 1 && back.length <= 6);
    for (const { action } of back) assert.equal(action, 'rollback');
    assert.deepEqual([done.stopped, done.steps, done.rollbacks], ['steps', 60, back.length]);
    for (const rate of ['learning_rate', 'min_lr']) assert.equal(run.config[rate], first[rate] / 2 ** back.length);
    assert.equal(back.at(-1).settings.learning_rate, run.config.learning_rate);
    assert.equal(run.config.adam_lr, name === 'shakespeare' ? first.adam_lr / 2 ** back.length : first.adam_lr);
    assert.ok(done.val_loss < all[0].loss - 0.3, `${done.val_loss} after ${all[0].loss}`);
    assert.equal(read(folio, run.checkpoint()).config.learning_rate, run.config.learning_rate);
    run.close();
  });
}

for (const name of Object.keys(SHRUNK)) {
  test(`${name} gives no alarm with its own rates and with three times those`, async () => {
    for (const [seed, times] of [[1, 1], [2, 3], [3, 1], [4, 3]]) {
      const run = presetRun(name, times, { seed, val_fraction: 0 });
      const all = await events(run, { steps: 60 });
      assert.deepEqual(all.filter(({ event }) => event === 'diverged'), [], `seed ${seed}, rates x ${times}`);
      run.close();
    }
  });
}

test('a stumble of a high rate from which the run learns on is none, one back to where it began is', () => {
  // tiny with learning_rate=0.01, which reaches 2.05
  const losses = [4.18, 4.15, 4.08, 3.99, 3.92, 3.83, 3.76, 3.65, 3.51, 3.40, 3.23, 3.31, 3.10, 3.46, 3.55, 3.89, 3.17, 3.33, 3.74, 3.42, 3.25, 3.22, 3.43, 3.34];
  const judged = (/** @type {number[]} */ all) => {
    const course = new Course(256, 65);
    return all.map((loss) => course.judge({ loss, grad_norm: 1 })).find(Boolean);
  };
  assert.equal(judged([...losses, ...Array(80).fill(3.2)]), undefined);
  assert.match(judged([...losses, ...Array(80).fill(4.3)]) ?? '', /^the loss has risen from 3\.\d\d to 4\.30/);
  assert.match(judged([...losses, ...Array(80).fill(2), ...Array(10).fill(3.3)]) ?? '', /^the loss has risen from 2\.00 to 3\.30/);
});

test('what is not finite ends a run that ignores divergence, and nothing else does', async () => {
  const wild = presetRun('tiny', 100, { ...BRIEF, max_iters: 40, val_fraction: 0 });
  const seen = [];
  for await (const event of /** @type {AsyncGenerator<any>} */ (wild.train({ onDivergence: 'ignore' }))) {
    if (event.event === 'step' && event.step === 34) wild.parts.model.params[5] = NaN;
    if (event.event === 'diverged') seen.push(event);
  }
  assert.deepEqual(seen.map(({ why, action, step: at, back_to }) => [why, action, at, back_to]), [['the loss is NaN', 'stop', 35, 30]]);
  wild.close();
});

test('noise is no rise: small batches, a hundred thousand steps', () => {
  let state = 7;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  for (const [tokens, sigma] of [[32, 0.22], [256, 0.1], [2048, 0.05]]) {
    const course = new Course(tokens, 65);
    for (let step = 0; step < 100_000; step++) {
      const loss = 1.5 + 2.5 * Math.exp(-step / 100) + sigma * normal();
      assert.equal(course.judge({ loss, grad_norm: 1 }), null, `${tokens} tokens, step ${step}`);
    }
  }
});

test('a rise is told within 20 steps, whenever it begins, and a single bad batch is none', () => {
  // the first three begin as a new model does; the last has learnt already, and is trusted for 20 steps
  for (const [begin, first, limit] of [[6, 4.2, 12], [100, 4.2, 12], [5000, 4.2, 12], [6, 3, 20]]) {
    const course = new Course(768, 65);
    let found = -1;
    for (let step = 0; step < begin + 20 && found < 0; step++) {
      const loss = (step ? 3 : first) + 0.03 * Math.sin(step * 7) + (step === begin - 3 ? 0.9 : 0) + (step >= begin ? 0.1 * (step - begin) : 0);
      if (course.judge({ loss, grad_norm: 1 })) found = step;
    }
    assert.ok(found >= begin && found < begin + limit, `${begin}: ${found}`);
  }
});

test('a loss or a norm that is not finite is told at once', () => {
  const course = new Course(100, 65);
  assert.equal(course.judge({ loss: NaN, grad_norm: 1 }), 'the loss is NaN');
  assert.equal(course.judge({ loss: 1, grad_norm: Infinity }), 'the norm of the gradient is Infinity');
});

test('a NaN among the weights: the last good state is back, and training goes on from it as if nothing had been', async () => {
  const whole = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 40 } });
  const { digest } = (await events(whole)).at(-1);
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 40 } });
  let hurt = 0;
  const seen = [];
  for await (const event of /** @type {AsyncGenerator<any>} */ (run.train())) {
    if (event.event === 'step' && event.step === 24 && !hurt++) run.parts.model.params[5] = NaN;
    if (event.event === 'diverged') seen.push(event);
    if (event.event === 'done') assert.equal(event.stopped, 'diverged');
  }
  assert.equal(seen.length, 1);
  assert.deepEqual([seen[0].step, seen[0].back_to, seen[0].why], [25, 20, 'the loss is NaN']);
  assert.ok(finite(run.parts.model.params));
  assert.equal((await events(run)).at(-1).digest, digest);
});

test('a validation loss that is no number is a divergence, wherever the evaluation is, and never the best', async () => {
  for (const eval_interval of [0, 5]) {
    for (const onDivergence of /** @type {const} */ (['stop', 'ignore', 'rollback'])) {
      const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 15, eval_interval } });
      const { evaluator } = run.parts;
      const pieces = evaluator.pieces.bind(evaluator);
      let hurt = 0;
      evaluator.pieces = function* (options) { // the weights of the first evaluation are finite, and useless
        if (!hurt++) run.parts.model.params.fill(3e38);
        return yield* pieces(options);
      };
      const all = await events(run, { onDivergence, keepBest: true });
      const at = eval_interval || 15;
      const seen = all.filter(({ event }) => event === 'eval' || event === 'diverged');
      assert.ok(Number.isNaN(seen[0].val_loss) && seen[0].step === at);
      const action = onDivergence === 'rollback' ? 'rollback' : 'stop';
      const back = at - (at % 10);
      assert.deepEqual([seen[1].event, seen[1].step, seen[1].why, seen[1].action, seen[1].back_to], ['diverged', at - 1, 'the validation loss is NaN', action, back]);
      const done = all.at(-1);
      assert.deepEqual([done.stopped, done.steps, done.best_step], action === 'stop' ? ['diverged', back, back] : ['steps', 15, 15]);
      assert.ok(done.val_loss < 3.5, `${done.val_loss}`);
      assert.equal(read(folio, run.checkpoint()).best?.val_loss, done.val_loss);
      run.close();
    }
  }
});

test('what is not finite is refused, or the last good state saved in its place', async () => {
  for (const spoil of [
    (/** @type {import('../../wasm/src/run.js').Run} */ { parts }) => (parts.model.params[3] = NaN),
    (/** @type {import('../../wasm/src/run.js').Run} */ { parts }) => (parts.trainer.moments.first[3] = Infinity),
    (/** @type {import('../../wasm/src/run.js').Run} */ { parts }) => (/** @type {Float32Array} */ (parts.trainer.moments.second)[3] = NaN),
  ]) {
    const run = openRun(folio, { text: TEXT, config: SMALL });
    spoil(run);
    assert.throws(() => run.checkpoint(), { name: 'FolioError', code: 'CHECKPOINT', message: /tensor '(exp_avg\.|exp_avg_sq\.)?wte\.weight' holds (NaN|Infinity) at 3; what is not finite is not saved/ });
    const other = openRun(folio, { text: TEXT, config: SMALL });
    await events(other, { steps: 12 });
    spoil(other);
    assert.equal(read(folio, other.checkpoint()).step, 10);
    const { model, tokenizer, trainer } = other.parts;
    assert.throws(() => save(model, tokenizer, { trainer }), { code: 'CHECKPOINT', message: /is not saved/ });
  }
});

test('the rate changes course from the next step on, and nothing else can be changed', () => {
  const run = openRun(folio, { text: TEXT, config: SMALL });
  const { trainer } = run.parts;
  trainer.stepOnce();
  trainer.configure({ schedule: 'constant', warmup_iters: 0, learning_rate: 0.5, max_iters: 7 });
  assert.equal(trainer.stepOnce().lr, 0.5);
  assert.deepEqual([run.config.learning_rate, run.config.max_iters], [0.5, 7]);
  for (const partial of [{ n_layer: 3 }, { batch_size: 5 }, { optimizer: 'sgd' }, { beta1: 0.8 }, { seed: 3 }, { muon_heads: true }]) {
    assert.throws(() => trainer.configure(partial), { code: 'ARGUMENT', message: new RegExp(Object.keys(partial)[0]) });
  }
  assert.throws(() => trainer.configure({ learning_rate: 11 }), { code: 'RANGE' });
  assert.deepEqual([run.config.n_layer, run.config.learning_rate], [2, 0.5]);
});
