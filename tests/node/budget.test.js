// alone: a run is timed
// A run that keeps a budget: the plan, the same run by its steps, an end that moves, and the preset that fits. Most of it on a clock of its own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { budgetedPresets, choosePreset, parseDuration } from '../../wasm/bin/budget.js';
import { stepsWithin } from '../../wasm/src/budget.js';
import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { Evaluator, Trainer } from '../../wasm/src/trainer.js';
import { folio as command } from './command.js';
import { SMALL, TEXT } from './text.js';

const folio = await load({ threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'folio-budget-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {import('../../wasm/src/run.js').Run} run @param {object} [options] @returns {Promise<any[]>} */
async function events(run, options) {
  const all = [];
  for await (const event of run.train(options)) all.push(event);
  return all;
}

/**
 * Does something while the clock stands still but for training: a step takes `step(steps done)` seconds, a whole evaluation `judge`.
 * @template T
 * @param {{step: (done: number) => number, judge?: number}} speed
 * @param {(clock: {seconds: number}) => Promise<T>} work
 */
async function timed({ step, judge = 0 }, work) {
  const { now } = performance;
  const { advance } = Trainer.prototype;
  const { pieces } = Evaluator.prototype;
  const clock = { seconds: 0 };
  performance.now = () => clock.seconds * 1000;
  Trainer.prototype.advance = function () {
    const report = advance.call(this);
    if (report) clock.seconds += step(report.step);
    return report;
  };
  Evaluator.prototype.pieces = function* (/** @type {{windows?: number} | undefined} */ options) {
    const loss = yield* pieces.call(this, options);
    clock.seconds += (judge * Math.min(options?.windows ?? Infinity, this.windows)) / this.windows;
    return loss;
  };
  try {
    return await work(clock);
  } finally {
    performance.now = now;
    Object.assign(Trainer.prototype, { advance });
    Object.assign(Evaluator.prototype, { pieces });
  }
}

const only = (/** @type {any[]} */ all, /** @type {string} */ name) => all.filter(({ event }) => event === name);
const config = { ...SMALL, dropout: 0.1, max_iters: 2000, eval_interval: 50, learning_rate: 0.01, min_lr: 0.001 };
const open = (/** @type {object} */ more = {}) => openRun(folio, { text: TEXT, config: { ...config, ...more } });

test('a budget is planned, kept, and the same run again by its number of steps', async () => {
  await timed({ step: () => 0.05, judge: 0.4 }, async (clock) => {
    const run = open();
    const all = await events(run, { budget: 12, spent: 1 });
    const [plan] = all;
    const done = all.at(-1);
    assert.deepEqual(Object.keys(plan), ['event', 'step', 'budget', 'steps', 'step_seconds', 'eval_seconds', 'settings']);
    assert.deepEqual([plan.event, plan.step, plan.budget, plan.settings], ['plan', 0, 12, { max_iters: plan.steps }]);
    assert.ok(Math.abs(plan.step_seconds - 0.05) < 1e-9 && Math.abs(plan.eval_seconds - 0.4) < 1e-9);
    assert.deepEqual([done.steps, done.stopped, done.moved, only(all, 'moved').length], [plan.steps, 'steps', 0, 0]);
    assert.equal(only(all, 'eval').length, Math.ceil(plan.steps / 50));
    assert.ok(1 + clock.seconds <= 12 && 1 + clock.seconds > 11.4, `${1 + clock.seconds}`);
    assert.ok(only(all, 'step').at(-1).lr < 0.00102);
    const again = (await events(open({ max_iters: plan.steps }))).at(-1);
    assert.deepEqual([done.digest, done.val_loss], [again.digest, again.val_loss]);
    assert.equal(run.config.max_iters, plan.steps);
  });
});

test('a plan holds for several calls of train; a rest between them does not count', async () => {
  for (const rested of [0, 100]) {
    await timed({ step: () => 0.05, judge: 0.1 }, async (clock) => {
      const run = open({ eval_interval: 0 });
      const plan = await run.plan({ budget: 10, spent: 1 });
      assert.deepEqual([plan.event, plan.budget, plan.steps], ['plan', 10, run.config.max_iters]);
      const first = await events(run, { steps: 30 });
      assert.deepEqual([only(first, 'plan').length, run.step], [0, 30]);
      clock.seconds += rested;
      const done = (await events(run, { steps: 1000, rested })).at(-1);
      const spent = 1 + clock.seconds - rested;
      assert.ok(spent > 9.4 && spent <= 10, `${spent}`);
      assert.deepEqual([done.steps, run.step], [run.config.max_iters, run.config.max_iters]);
    });
  }
  await assert.rejects(open().plan({ budget: 0 }), { code: 'RANGE', message: /budget=0/ });
  await assert.rejects(events(open(), { rested: -1 }), { code: 'RANGE', message: /rested=-1/ });
});

for (const [name, speed, faster] of /** @type {[string, (done: number) => number, boolean][]} */ ([
  ['slower by half from the first step on', (done) => (done < 12 ? 0.02 : 0.03), false],
  ['twice as fast', (done) => (done < 30 ? 0.02 : 0.01), true],
  ['slower by a fifth, late', (done) => (done < 250 ? 0.02 : 0.024), false],
  ['now slow, now fast', (done) => 0.02 * (1 + 0.5 * Math.sin(done / 40)), false],
])) {
  test(`on a machine that turns out ${name} the end moves, and it still ends in time with the rate annealed`, async () => {
    await timed({ step: speed, judge: 0.1 }, async (clock) => {
      const run = open();
      const all = await events(run, { budget: 10 });
      const moved = only(all, 'moved');
      const done = all.at(-1);
      assert.ok(moved.length >= 1 && moved.length <= 33);
      assert.deepEqual([done.moved, done.steps, done.stopped], [moved.length, moved.at(-1).steps, 'steps']);
      assert.deepEqual(moved.map(({ from }) => from), [all[0].steps, ...moved.slice(0, -1).map(({ steps }) => steps)]);
      assert.equal(faster, done.steps > all[0].steps);
      assert.ok(clock.seconds > 9.5 && clock.seconds < 10.5, `${clock.seconds}`);
      assert.ok(only(all, 'step').at(-1).lr < 0.0011);
      assert.equal(run.config.max_iters, done.steps);
      const [start] = moved;
      assert.deepEqual(Object.keys(start), ['event', 'step', 'from', 'steps', 'step_seconds', 'settings']);
    });
  });
}

test('a run of a few seconds ends in time', async () => {
  for (const budget of [2, 4]) {
    const run = open({ n_embd: 32, batch_size: 8 });
    const start = performance.now();
    const done = (await events(run, { budget })).at(-1);
    const took = (performance.now() - start) / 1000;
    assert.ok(took > 0.85 * budget && took < 1.08 * budget, `${took} of ${budget} s`);
    assert.ok(done.steps > 20);
  }
});

test('measuring leaves no trace, even when it is stopped', async () => {
  const whole = (await events(open({ max_iters: 30 }))).at(-1);
  const run = open({ max_iters: 30 });
  const before = run.checkpoint();
  for (const pieces of [3, 40]) {
    let left = pieces;
    for (const event of run.pieces({ budget: 60 })) if (event?.event === 'plan' || --left === 0) break;
    assert.equal(run.step, 0);
  }
  assert.deepEqual(run.checkpoint(), before);
  assert.equal((await events(run)).at(-1).digest, whole.digest);
});

test('a run that goes on from a file ends within its own budget, and the file says where', async () => {
  await timed({ step: () => 0.02, judge: 0.1 }, async (clock) => {
    const first = open();
    await events(first, { steps: 70 });
    const begin = clock.seconds;
    const second = openRun(folio, { text: TEXT, checkpoint: first.checkpoint() });
    const all = await events(second, { budget: 6 });
    assert.equal(all[0].step, 70);
    assert.ok(all[0].steps > 300 && all[0].steps < 370);
    assert.ok(clock.seconds - begin < 6 && clock.seconds - begin > 5.6);
    const third = openRun(folio, { text: TEXT, checkpoint: second.checkpoint() });
    assert.deepEqual([third.config.max_iters, third.step], [all.at(-1).steps, all.at(-1).steps]);
  });
});

test('a warm-up longer than the run is cut to a quarter of it, and said', async () => {
  await timed({ step: () => 0.05 }, async () => {
    const run = open({ warmup_iters: 100, schedule: 'wsd', decay_iters: 1000 });
    const all = await events(run, { budget: 5 });
    const { steps, settings } = all[0];
    assert.deepEqual(settings, { max_iters: steps, warmup_iters: Math.floor(steps / 4), decay_iters: 0 });
    const again = open({ schedule: 'wsd', ...settings });
    assert.equal((await events(again)).at(-1).digest, all.at(-1).digest);
  });
});

test('a budget that is too short for a step says what it takes', async () => {
  await timed({ step: () => 3, judge: 1 }, async () => {
    await assert.rejects(events(open(), { budget: 2 }), { name: 'FolioError', code: 'BUDGET', message: /budget of 2 s is too short/ });
    await assert.rejects(events(open(), { budget: 6 }), { code: 'BUDGET', message: /budget of 6 s is too short: after \d\.\d s to begin, a step takes 3\.0 s here and the evaluation at the end 1\.0 s; give it 8 s or more, or train a smaller model/ });
    const all = await events(open(), { budget: 8 });
    assert.ok(all.at(-1).steps >= 1, 'and that does');
  });
});

test('a model of which there can be no second one to measure is refused before, with both numbers', async () => {
  const large = { n_layer: 1, n_head: 1, n_embd: 32, block_size: 512, batch_size: 1400 };
  const own = await load({ threads: 1 });
  const run = openRun(own, { text: TEXT, config: large });
  const before = own.info().memory_bytes;
  const { model_bytes, trainer_bytes, evaluator_bytes } = own.memory(run.config);
  const need = 2 * (model_bytes + trainer_bytes) + evaluator_bytes;
  assert.ok(need > 2 ** 32);
  const message = `all of it needs ${need} bytes; a WebAssembly memory holds at most ${2 ** 32}; give it steps instead, or train a smaller model`;
  await assert.rejects(events(run, { budget: 60 }), (/** @type {any} */ error) => error.code === 'MEMORY' && error.message.endsWith(message));
  assert.equal(own.info().memory_bytes, before);
  const data = join(folder, 'large.txt');
  writeFileSync(data, TEXT);
  const set = Object.entries(large).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const { code, stdout, stderr } = await command('train', '--data', data, '--budget', '60s', '--threads', '1', ...set);
  assert.deepEqual([code, stdout], [1, ''], 'before anything is said or done');
  assert.match(stderr, /^folio: train: not enough memory for a budget, .* needs \d{10} bytes; .*; give it steps instead/);
});

test('where not one step fits, what a step takes is told by the work that it is, and what would do', async () => {
  const heavy = open({ n_layer: 4, n_embd: 64, batch_size: 256 });
  const error = await events(heavy, { budget: 0.02 }).then(() => assert.fail('it trains'), (error) => error);
  const [, step, judging, least] = /a budget of 0\.02 s is too short: after \d\.\d s to begin, a step takes about (\S+) s here and .* about (\S+) s; give it about (\d+) s or more/.exec(error.message) ?? [];
  assert.ok(Number(step) > 0.02 && Number(least) >= Number(step) + Number(judging), error.message);
  const start = performance.now();
  heavy.parts.trainer.stepOnce();
  const took = (performance.now() - start) / 1000;
  assert.ok(Number(step) > took / 8 && Number(step) < took * 8, `${step} s told, ${took} s taken`);
  heavy.close();
});

test('steps within a time count their evaluations', () => {
  const pace = { step_seconds: 1, eval_seconds: 2 };
  assert.equal(stepsWithin(12, pace, 0, 0), 10);
  assert.equal(stepsWithin(12, pace, 0, 5), 8); // one at 5, one at the end
  assert.equal(stepsWithin(14, pace, 0, 5), 10); // at 5 and at 10, which is the end
  assert.equal(stepsWithin(12, pace, 4, 5), 6); // 5, 10 is the end
  assert.equal(stepsWithin(2.5, pace, 0, 5), 0);
  assert.equal(stepsWithin(-1, pace, 0, 5), 0);
});

test('times are read in seconds, minutes and hours', () => {
  assert.deepEqual(['60s', '90', '5m', '1h', '1.5m', '.5'].map(parseDuration), [60, 90, 300, 3600, 90, 0.5]);
  for (const text of ['0', '0s', '-5', '5 m', 'm', '1d', '1e3', '', 'soon', '9999999h']) assert.throws(() => parseDuration(text), { message: /--budget must be a time, such as 60s, 5m or 1h/ }, text);
});

// ---- the preset that fits ----

/** @param {Record<string, number>} here seconds that each preset's own training takes here @param {number} budget */
async function chosen(here, budget) {
  const path = join(folder, 'budgets.json');
  const names = Object.keys(here);
  writeFileSync(path, JSON.stringify(Object.fromEntries(names.map((name, i) => [name, 10 ** i]).reverse())));
  /** @type {string[]} */
  const measured = [];
  const preset = await choosePreset(budgetedPresets(names, path), budget, async (preset) => {
    measured.push(preset.name);
    return { ...preset, steps: 10, step_seconds: here[preset.name] / 10, takes: here[preset.name] };
  });
  return [preset.name, ...measured];
}

test('auto takes the largest preset whose own training fits, and the smallest where none does', async () => {
  assert.deepEqual(await chosen({ s: 15, m: 90, l: 300, xl: 3600 }, 100), ['m', 's', 'm', 'l']);
  assert.deepEqual(await chosen({ s: 15, m: 90, l: 300, xl: 3600 }, 7200), ['xl', 's', 'm', 'l', 'xl']);
  assert.deepEqual(await chosen({ s: 60, m: 360, l: 1200 }, 10), ['s', 's']);
  assert.deepEqual(await chosen({ s: 4, m: 23 }, 23), ['m', 's', 'm']);
  assert.deepEqual(await chosen({ only: 500 }, 10), ['only', 'only']);
});

test('a list of presets that is none is refused by name', () => {
  const path = join(folder, 'wrong.json');
  for (const [text, message] of /** @type {[string, RegExp][]} */ ([
    ['{', /wrong\.json cannot be read/], ['[]', /is not a JSON object/], ['{}', /names no preset/],
    ['{"a": 1, "c": 2}', /names the preset 'c', which is not there; known: a, b/], ['{"a": "1m"}', /says "1m" for 'a'/], ['{"a": 0}', /says 0 for 'a'/],
  ])) {
    writeFileSync(path, text);
    assert.throws(() => budgetedPresets(['a', 'b'], path), { message });
  }
  assert.throws(() => budgetedPresets(['a'], join(folder, 'nothing.json')), { message: /there is no such file/ });
});

test('the list that comes with Folio names presets that are there, the smallest of all among them', async () => {
  const { presetNames } = await import('../../wasm/bin/presets.js');
  const listed = budgetedPresets(presetNames());
  assert.ok(listed.some(({ name, seconds }) => name === 'shakespeare' && seconds === 300));
  assert.equal(listed[0].name, 'tiny', 'a short budget needs one that fits');
});
