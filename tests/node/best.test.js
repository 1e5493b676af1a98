// The best weights of a run, the end on a plateau, and files that hold both what is best and what comes next.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../../wasm/src/checkpoint/checkpoint.js';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { SMALL, makeText } from './text.js';

const folio = await load({ threads: 1 });

/** Little text and a large rate: it is soon learnt by heart, and the validation loss rises again. */
const TEXT = makeText(400);
const config = { ...SMALL, n_embd: 64, learning_rate: 0.01, min_lr: 0.01, val_fraction: 0.6, batch_size: 8, max_iters: 120, eval_interval: 10 };
const open = (/** @type {object} */ more = {}) => openRun(folio, { text: TEXT, config: { ...config, ...more } });

/** @param {import('../../wasm/src/run.js').Run} run @param {object} [options] @returns {Promise<any[]>} */
async function events(run, options) {
  const all = [];
  for await (const event of run.train(options)) all.push(event);
  return all;
}

const evals = (/** @type {any[]} */ all) => all.filter(({ event }) => event === 'eval');
const plain = await events(open());
const lowest = evals(plain).reduce((best, event) => (event.val_loss < best.val_loss ? event : best));

test('the text is one whose validation loss rises again', () => {
  assert.ok(lowest.step >= 10 && lowest.step < 100, `${lowest.step}`);
  assert.ok(evals(plain).at(-1).val_loss > lowest.val_loss + 0.1);
});

test('keepBest: at the end the weights are those of the lowest validation loss', async () => {
  const run = open();
  const all = await events(run, { keepBest: true });
  assert.deepEqual(evals(all), evals(plain));
  const done = all.at(-1);
  assert.deepEqual([done.stopped, done.steps, done.best_step, done.val_loss], ['steps', 120, lowest.step, lowest.val_loss]);
  assert.equal(await run.evaluate(), lowest.val_loss);
  const there = open();
  await events(there, { steps: lowest.step });
  assert.equal(done.digest, await there.parts.model.digest());
  assert.equal(await openWriter(folio, run.checkpoint()).digest(), done.digest);
  assert.equal(openWriter(folio, run.checkpoint({ optimizer: false })).step, lowest.step);
});

test('patience: it stops after so many evaluations that were not better, and has the best', async () => {
  const run = open();
  const done = (await events(run, { patience: 3 })).at(-1);
  const losses = evals(plain);
  let [best, waited, end] = [Infinity, 0, 0];
  for (const { step, val_loss } of losses) {
    waited = val_loss < best ? 0 : waited + 1;
    best = Math.min(best, val_loss);
    end = step;
    if (waited === 3) break;
  }
  assert.ok(end < 120);
  assert.deepEqual([done.stopped, done.steps, done.val_loss], ['plateau', end, best]);
});

test('patience 0 is off, and so is what nobody asks for', async () => {
  const done = (await events(open(), { patience: 0 })).at(-1);
  assert.deepEqual([done.stopped, done.best_step, done.digest], ['steps', null, plain.at(-1).digest]);
});

test('a file on the way holds the best weights, and goes on from the last ones: the end is the same', async () => {
  const whole = (await events(open(), { keepBest: true })).at(-1);
  const first = open();
  const stop = lowest.step + 25;
  for await (const event of /** @type {AsyncGenerator<any>} */ (first.train({ keepBest: true }))) if (event.event === 'step' && event.step + 1 === stop) break;
  const bytes = first.checkpoint();
  const checkpoint = read(folio, bytes);
  assert.equal(checkpoint.step, first.step);
  assert.deepEqual(checkpoint.best, { step: lowest.step, val_loss: lowest.val_loss, waited: 2 });
  assert.ok(checkpoint.tensors.has('latest.wte.weight'));
  assert.equal(await openWriter(folio, bytes).digest(), whole.digest);
  const second = openRun(folio, { text: TEXT, checkpoint: bytes });
  assert.equal(await second.parts.model.digest(), await first.parts.model.digest());
  assert.deepEqual(second.checkpoint(), bytes);
  const done = (await events(second)).at(-1);
  assert.deepEqual([done.digest, done.best_step, done.val_loss], [whole.digest, whole.best_step, whole.val_loss]);
});

test('patience counts on in a run that was interrupted', async () => {
  const whole = (await events(open(), { patience: 3 })).at(-1);
  const first = open();
  for await (const event of /** @type {AsyncGenerator<any>} */ (first.train({ patience: 3 }))) if (event.event === 'eval' && event.step === lowest.step + 20) break;
  const second = openRun(folio, { text: TEXT, checkpoint: first.checkpoint() });
  const done = (await events(second, { patience: 3 })).at(-1);
  assert.deepEqual([done.stopped, done.steps, done.digest], ['plateau', whole.steps, whole.digest]);
});

test('a run that showed its best goes on from its last step, here and from a file', async () => {
  const longer = open({ max_iters: 150 });
  const last = (await events(longer)).at(-1);
  const run = open({ max_iters: 150 });
  await events(run, { keepBest: true, steps: 100 });
  const other = openRun(folio, { text: TEXT, checkpoint: run.checkpoint() });
  for (const again of [run, other]) {
    const done = (await events(again, { keepBest: false })).at(-1);
    assert.deepEqual([done.digest, done.best_step], [last.digest, null]);
  }
});

test('options that cannot be are refused by name', async () => {
  const refused = async (/** @type {any} */ options, /** @type {RegExp} */ message, /** @type {object} */ more = {}) =>
    assert.rejects(events(open(more), options), { name: 'FolioError', code: 'RANGE', message });
  await refused({ patience: -1 }, /patience=-1 is not allowed: it must be a whole number from 0/);
  await refused({ patience: 1.5 }, /patience=1\.5/);
  await refused({ keepBest: 'yes' }, /keepBest='yes' is not allowed/);
  await refused({ patience: 2, keepBest: false }, /patience and keepBest=false exclude/);
  await refused({ patience: 2 }, /needs evaluations on the way: eval_interval is 0/, { eval_interval: 0 });
  await refused({ keepBest: true }, /validation part/, { val_fraction: 0 });
  await refused({ onDivergence: 'explode' }, /onDivergence='explode' is not allowed: it must be stop, rollback or ignore/);
  await refused({ budget: 0 }, /budget=0 is not allowed/);
  await refused({ budget: 'soon' }, /budget='soon' is not allowed/);
  await refused({ spent: -1 }, /spent=-1/);
  await refused({ budget: 3, steps: 3 }, /budget and steps exclude each other/);
  await refused({ stepz: 3 }, /no option 'stepz'/);
});

test('a file whose word about the best is damaged is refused', async () => {
  const { parse, serialise } = await import('../../wasm/src/checkpoint/safetensors.js');
  const run = open();
  await events(run, { keepBest: true });
  const contents = parse(run.checkpoint());
  contents.metadata.best = '{"step":"x"}';
  assert.throws(() => read(folio, serialise(contents)), { code: 'CHECKPOINT', message: /damaged/ });
});
