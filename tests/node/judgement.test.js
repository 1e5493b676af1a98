// What is told of runs that go wrong, and that nothing is told of those that learn: on curves that were drawn, that were recorded, and on real runs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { openRun } from '../../wasm/src/run.js';
import { EARLY, LOOK, LOOK_EARLY } from '../../www/looks.js';
import { TEXT } from './text.js';

// Scripts of the page, whose types name modules by where they stand on the site.
const page = (/** @type {string} */ name) => import(String(new URL(`../../www/${name}`, import.meta.url)));
const [{ History }, { judge }] = await Promise.all([page('history.js'), page('judgement.js')]);

const UNIGRAM = 3.28;
const preset = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(`../../models/presets/${name}.json`, import.meta.url), 'utf8'));
const mock = readFileSync(new URL('../../models/mock-shakespeare.txt', import.meta.url), 'utf8');

/** All that is told of a run, as the page asks: after each step and look. */
class Watched {
  history = new History();
  /** @type {Map<string, {at: number, words: string}>} */
  told = new Map();

  /** @param {{maxSteps: number, warmup?: number, unigram?: number|null, each?: number}} course each: tokens of a step for each of the vocabulary */
  constructor({ maxSteps, warmup = 0, unigram = UNIGRAM, each = 4 }) {
    this.course = { maxSteps, warmup, unigram };
    this.each = each;
  }

  /** @param {number} step that was done, counted from 0 @param {number} loss */
  step(step, loss) {
    this.history.addLoss(step, loss);
    this.#look(step + 1);
  }

  /** @param {number} step steps done @param {number} val */
  eval(step, val) {
    this.history.addVal(step, val);
    this.#look(step);
  }

  /** @param {number} step */
  #look(step) {
    const found = judge(this.history, { ...this.course, step, seen: step * this.each });
    if (found && !this.told.has(found.name)) this.told.set(found.name, { at: step, words: found.words });
  }

  get names() {
    return [...this.told.keys()];
  }
}

/** Noise of a batch's loss, the same each time. @param {number} step */
const noise = (step) => 0.08 * Math.sin(step * 12.9898) * Math.cos(step * 4.1414);

/**
 * A run that was drawn.
 * @param {number} maxSteps @param {number} every steps between looks
 * @param {(step: number) => number} train @param {(step: number) => number} [val]
 */
function drawn(maxSteps, every, train, val = train) {
  const run = new Watched({ maxSteps });
  for (let step = 0; step < maxSteps; step++) {
    run.step(step, train(step) + noise(step));
    const done = step + 1;
    if (EARLY.includes(done) || done % every === 0) run.eval(done, val(done) + noise(7 * done) / 20);
  }
  return run;
}

/** A loss that falls as losses do. @param {number} step */
const falls = (step) => 1.4 + 2.7 * Math.exp(-step / 60) + 0.8 / (1 + step / 300);

test('nothing is told of a run that learns, whatever its length', () => {
  for (const maxSteps of [50, 200, 1000, 5000]) {
    const scale = (/** @type {number} */ step) => falls((step * 1000) / maxSteps);
    assert.deepEqual(drawn(maxSteps, 100, scale, (step) => scale(step) + 0.1).names, [], `${maxSteps} steps`);
    assert.deepEqual(drawn(maxSteps, 0, scale).names, [], `${maxSteps} steps, few looks`);
  }
});

test('validation that rises while training falls is told once it is sure', () => {
  const run = drawn(2000, 100, (step) => 3.3 * Math.exp(-step / 800), (step) => (step < 500 ? falls(step) : falls(500) + (step - 500) / 2500));
  assert.deepEqual(run.names, ['overfits']);
  const { at, words } = run.told.get('overfits') ?? { at: 0, words: '' };
  assert.ok(at > 600 && at <= 1000, `${at}`);
  assert.match(words, /^The validation loss has risen from \d\.\d{3} at step 500 to \d\.\d{3}, while the training loss falls: .*dropout/);
  const both = drawn(2000, 100, (step) => falls(Math.min(step, 500)) + Math.max(0, step - 500) / 2500);
  assert.ok(!both.names.includes('overfits'), 'training rises too');
});

test('a loss that stays where it is, is told while much is left to do', () => {
  const stop = (/** @type {number} */ at) => (/** @type {number} */ step) => falls(Math.min(step, at));
  const run = drawn(4000, 100, stop(900));
  assert.deepEqual(run.names, ['stalls']);
  const { at, words } = run.told.get('stalls') ?? { at: 0, words: '' };
  assert.ok(at >= 1600 && at <= 2400, `${at}`);
  assert.match(words, /has not got better since step [\d,]+, and [\d,]+ steps are left/);
  assert.deepEqual(drawn(4000, 100, stop(3000)).names, [], 'little is left');
});

test('a loss at the unigram loss is told, but not while it falls through it, nor above it or below', () => {
  const at = (/** @type {number} */ level) => drawn(1000, 0, (step) => level + 0.8 * Math.exp(-step / 8));
  const run = at(1.01 * UNIGRAM);
  assert.deepEqual(run.names, ['flat']);
  assert.match(run.told.get('flat')?.words ?? '', /^For 200 steps the loss has stood at about 3\.3\d\d, .*unigram 3\.280.*Reset, and try a tenth of it\.$/);
  assert.deepEqual(at(1.25 * UNIGRAM).names, []);
  assert.deepEqual(at(0.9 * UNIGRAM).names, []);
  assert.deepEqual(drawn(1000, 0, (step) => 4.1 - 0.9 * (step / 1000)).names, []);
});

test('where nothing was validated or counted, nothing is told', () => {
  const run = new Watched({ maxSteps: 500, unigram: null });
  for (let step = 0; step < 500; step++) run.step(step, 3.3);
  assert.deepEqual(run.names, []);
});

test('nothing is told of a recorded run of shakespeare-15s', () => {
  const { losses, vals, unigram } = JSON.parse(readFileSync(new URL('./shakespeare-15s.json', import.meta.url), 'utf8'));
  const run = new Watched({ maxSteps: losses.length, unigram });
  const looks = new Map(vals);
  losses.forEach((/** @type {number} */ loss, /** @type {number} */ step) => {
    run.step(step, loss);
    if (looks.has(step + 1)) run.eval(step + 1, looks.get(step + 1));
  });
  assert.equal(losses.length, 600);
  assert.deepEqual(run.names, []);
});

/**
 * A real run, looked at as the page does, until something is told of it.
 * @param {string} text @param {Record<string, unknown>} config
 */
async function real(text, config) {
  const run = openRun(await load({ threads: 1 }), { text, config });
  const { max_iters: maxSteps, eval_interval: every, block_size, warmup_iters: warmup, batch_size, vocab_size } = run.config;
  const watched = new Watched({ maxSteps, warmup, unigram: (await run.baselines())?.unigram.val_loss ?? null, each: (batch_size * block_size) / vocab_size });
  for await (const event of run.train({ evalEvery: 0 })) {
    if (event.event !== 'step') continue;
    if (watched.told.size) break;
    watched.step(event.step, event.loss);
    const done = event.step + 1;
    if (done === maxSteps || !(EARLY.includes(done) || (every && done % every === 0))) continue;
    const tokens = done <= Math.max(...EARLY) ? LOOK_EARLY : LOOK;
    watched.eval(done, Number(await run.evaluate({ windows: Math.ceil(tokens / block_size) })));
  }
  run.close();
  return watched;
}

test('nothing is told of the preset tiny, twice as long too', async () => {
  for (const more of [{}, { max_iters: 300, eval_interval: 50, seed: 3 }]) assert.deepEqual((await real(mock, { ...preset('tiny'), ...more })).names, []);
});

test('a large vocabulary stands at the unigram loss for a while, and nothing is told of that', async () => {
  assert.deepEqual((await real(mock, { ...preset('tiny'), tokenizer: 'bpe', vocab_size: 1024, max_iters: 150 })).names, []);
});

test('nothing is told of a text of one letter, which is learnt at once', async () => {
  assert.deepEqual((await real('x'.repeat(400), { ...preset('tiny'), max_iters: 120, eval_interval: 20 })).names, []);
});

test('a real run that learns a short text by heart', async () => {
  const run = await real(TEXT.slice(0, 1500), { ...preset('tiny'), max_iters: 700, eval_interval: 50, val_fraction: 0.2, learning_rate: 0.01 });
  assert.deepEqual(run.names, ['overfits']);
});

test('a real run with a rate far too high', async () => {
  const run = await real(mock, { ...preset('tiny'), max_iters: 400, learning_rate: 0.3, grad_clip: 0 });
  assert.deepEqual(run.names, ['flat']);
  assert.match(run.told.get('flat')?.words ?? '', /far too high/);
});
