// A training run: its events, its end, going on from the middle, and what it says to bad input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

const folio = await load();

/** @param {import('../../wasm/src/run.js').Run} run @param {object} [options] @returns {Promise<any[]>} */
async function events(run, options) {
  const all = [];
  for await (const event of run.train(options)) all.push(event);
  return all;
}

test('events: every step from 0, evaluations on time, done at the end', async () => {
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 25 } });
  const all = await events(run);
  const steps = all.filter(({ event }) => event === 'step');
  assert.deepEqual(steps.map(({ step }) => step), Array.from({ length: 25 }, (_, i) => i));
  assert.deepEqual(all.filter(({ event }) => event === 'eval').map(({ step }) => step), [10, 20, 25]);
  assert.deepEqual(Object.keys(steps[0]), ['event', 'step', 'loss', 'lr', 'grad_norm', 'tokens', 'seconds']);
  assert.equal(steps[24].tokens, 25 * 4 * 16);
  steps.reduce((before, { seconds }) => (assert.ok(seconds > before), seconds), 0);
  const done = all.at(-1);
  assert.deepEqual(Object.keys(done), ['event', 'parameters', 'steps', 'tokens', 'seconds', 'tokens_per_second', 'val_loss', 'bits_per_byte', 'digest',
    'stopped', 'best_step', 'moved', 'rollbacks']);
  assert.deepEqual([done.stopped, done.best_step, done.moved, done.rollbacks], ['steps', null, 0, 0]);
  assert.equal(done.val_loss, all.at(-2).val_loss);
  assert.equal(done.digest, await run.parts.model.digest());
  assert.equal(done.tokens_per_second, done.tokens / done.seconds);
});

test('the first loss is ln V, and the last is less', async () => {
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 150, learning_rate: 0.01, eval_interval: 0 } });
  const all = await events(run);
  assert.ok(Math.abs(all[0].loss - Math.log(run.config.vocab_size)) < 0.1);
  assert.ok(all.at(-1).val_loss < all[0].loss - 0.5, `${all.at(-1).val_loss}`);
});

test('without a validation part the loss there is null', async () => {
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, val_fraction: 0 } });
  const all = await events(run);
  assert.ok(all.every(({ event }) => event !== 'eval'));
  assert.equal(all.at(-1).val_loss, null);
  assert.equal(await run.evaluate(), null);
});

for (const optimizer of ['adamw', 'sgd', 'muon']) {
  test(`${optimizer}: resumed in the middle from a file, a run ends with the bits of one that was not`, async () => {
    const config = { ...SMALL, optimizer, dropout: 0.1, gradient_accumulation_steps: 2, max_iters: 40 };
    const whole = await events(openRun(folio, { text: TEXT, config }));
    const first = openRun(folio, { text: TEXT, config });
    const before = (await events(first, { steps: 17 })).filter(({ event }) => event === 'step');
    const second = openRun(folio, { text: TEXT, checkpoint: first.checkpoint() });
    assert.equal(second.step, 17);
    const after = await events(second);
    assert.deepEqual([...before, ...after].filter(({ event }) => event === 'step').map(({ loss }) => loss), whole.filter(({ event }) => event === 'step').map(({ loss }) => loss));
    assert.equal(after.at(-1).digest, whole.at(-1).digest);
    assert.equal(after.at(-1).val_loss, whole.at(-1).val_loss);
  });
}

test('left in the middle of a step and entered again, a run is the same run', async () => {
  const whole = await events(openRun(folio, { text: TEXT, config: SMALL }));
  const run = openRun(folio, { text: TEXT, config: SMALL });
  for (let i = 1; i < 30; i++) {
    let left = 3 * i + 1;
    for (const _ of run.pieces()) if (--left === 0) break;
  }
  assert.equal((await events(run)).at(-1).digest, whole.at(-1).digest);
});

test('evaluation does not depend on how windows are grouped, and does not disturb training', async () => {
  const config = { ...SMALL, eval_interval: 0 };
  const run = openRun(folio, { text: TEXT, config });
  const { model, dataset } = run.parts;
  const { inputs, targets } = dataset.valBatch(0, dataset.valWindows);
  const logits = model.logits(inputs, dataset.valWindows, dataset.blockSize);
  const V = run.config.vocab_size;
  /** The mean loss of the first rows. @param {number} rows */
  const mean = (rows) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const scores = logits.slice(row * V, (row + 1) * V);
      sum += Math.log(scores.reduce((total, score) => total + Math.exp(score), 0)) - scores[targets[row]];
    }
    return sum / rows;
  };
  assert.ok(Math.abs(Number(await run.evaluate()) - mean(targets.length)) < 1e-5);
  for (const windows of [1, 3, dataset.valWindows - 1]) {
    assert.ok(Math.abs(Number(await run.evaluate({ windows })) - mean(windows * dataset.blockSize)) < 1e-5);
  }
  assert.equal(await run.evaluate({ windows: 1e9 }), await run.evaluate());
  assert.equal(await run.evaluate({ windows: 0 }), null);
  const [often, once] = [await events(openRun(folio, { text: TEXT, config: { ...SMALL, eval_interval: 1 } })), await events(run)];
  assert.equal(often.at(-1).digest, once.at(-1).digest);
});

test('an abort ends the loop between two pieces', async () => {
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 1e6 } });
  const signal = AbortSignal.timeout(50);
  await assert.rejects(events(run, { signal }), { name: 'TimeoutError' });
  assert.ok(run.step < 1e6);
});

test('a run that has nothing left to do says so', async () => {
  const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 0 } });
  assert.deepEqual((await events(run)).map(({ event }) => event), ['eval', 'done']);
});

test('a writer from a file writes what the run writes', async () => {
  const run = openRun(folio, { text: TEXT, config: SMALL });
  await events(run);
  const text = async (/** @type {import('../../wasm/src/writer.js').Writer} */ writer) => {
    let all = '';
    for await (const piece of writer.generate({ prompt: 'Romeo', tokens: 60 })) all += piece;
    return all;
  };
  const small = run.checkpoint({ optimizer: false });
  const writer = openWriter(folio, small);
  assert.equal(writer.step, 20);
  assert.equal(await text(writer), await text(run.writer));
  assert.ok(small.length < run.checkpoint().length / 2);
});

test('without a prompt writing starts as after a line break, or from the first token where there is none', () => {
  const write = (/** @type {string} */ text, /** @type {object} */ how) => {
    const run = openRun(folio, { text, config: { ...SMALL, block_size: 4, batch_size: 1 } });
    return [...run.writer.pieces({ tokens: 20, ...how })].filter((piece) => piece !== undefined).join('');
  };
  assert.equal(write(TEXT, {}), write(TEXT, { prompt: '\n' }));
  const without = 'xyzw'.repeat(100);
  assert.equal(write(without, {}), write(without, { prompt: 'w' }));
});

test('the byte tokenizer learns anything', async () => {
  const run = openRun(folio, { text: Uint8Array.from({ length: 2000 }, (_, i) => (i * 37) % 251), config: { ...SMALL, tokenizer: 'byte' } });
  assert.equal(run.config.vocab_size, 256);
  assert.equal((await events(run)).at(-1).steps, 20);
});

test('bad input is answered by name', () => {
  const refused = (/** @type {any} */ options, /** @type {object} */ expected) => assert.throws(() => openRun(folio, { config: SMALL, ...options }), { name: 'FolioError', ...expected });
  refused({ text: '' }, { code: 'EMPTY' });
  refused({ text: 'short' }, { code: 'TOO_SHORT', message: /5 tokens, block_size=16/ });
  refused({ text: TEXT, config: { ...SMALL, n_head: 3 } }, { code: 'HEADS' });
  refused({ text: TEXT, config: { n_hed: 3 } }, { code: 'SETTING' });
  refused({ text: TEXT, config: { ...SMALL, vocab_size: 5 } }, { code: 'RANGE', message: /vocab_size=5 is less than the \d+ tokens/ });
  refused({ text: Uint8Array.of(0x61, 0xff) }, { code: 'UTF8' });
  const checkpoint = openRun(folio, { text: TEXT, config: SMALL }).checkpoint();
  refused({ text: `${TEXT}€`, config: {}, checkpoint }, { code: 'UNKNOWN_CHAR', message: /'€'/ });
  refused({ text: TEXT, config: { n_layer: 3 }, checkpoint }, { code: 'CHECKPOINT', message: /'h\.2\.ln_1\.weight' is missing/ });
  refused({ text: TEXT, config: { n_embd: 32 }, checkpoint }, { code: 'CHECKPOINT', message: /'wte\.weight' has shape/ });
  const weights = openRun(folio, { text: TEXT, config: SMALL }).checkpoint({ optimizer: false });
  refused({ text: TEXT, config: {}, checkpoint: weights }, { code: 'CHECKPOINT', message: /no optimizer state/ });
});

test('a text may come later than its beginning: the same run, which nothing judges before', async () => {
  const config = { ...SMALL, max_iters: 25 };
  const whole = openRun(folio, { text: TEXT, config });
  await events(whole);
  const characters = [...TEXT].length;
  const rest = { characters, vocabulary: [...new Set(TEXT)].join('') };
  const beginning = [...TEXT].slice(0, Math.ceil(characters * 0.95)).join('');
  const run = openRun(folio, { text: beginning, config, rest });
  const steps = [];
  for await (const event of run.train({ evalEvery: 0 })) if (steps.push(event) === 12) break;
  await assert.rejects(run.evaluate(), { code: 'ARGUMENT', message: /run\.evaluate: the text is not all there yet/ });
  await assert.rejects(run.baselines(), { code: 'ARGUMENT' });
  await assert.rejects(events(run, { steps: 14, evalEvery: 0 }), { code: 'ARGUMENT' }, 'its end wants the validation part');
  for (const other of [`${TEXT}.`, TEXT.toUpperCase(), TEXT.slice(0, -1), TEXT.replace('king', 'gink')]) assert.throws(() => run.complete(other), `${other.slice(0, 9)}…${other.length}`);
  run.complete(TEXT);
  assert.throws(() => run.complete(TEXT), { code: 'ARGUMENT' });
  const done = (await events(run)).at(-1);
  assert.equal(done.digest, await whole.parts.model.digest());
  assert.equal(done.val_loss, await whole.evaluate());
  assert.deepEqual(await run.baselines(), await whole.baselines());
  assert.deepEqual(run.checkpoint(), whole.checkpoint());
  for (const part of [run, whole]) part.close();
});

test('a beginning that is too short, or of what cannot be known before, is refused', () => {
  const rest = { characters: [...TEXT].length, vocabulary: [...new Set(TEXT)].join('') };
  const beginning = TEXT.slice(0, 11_000);
  const refused = (/** @type {object} */ options, /** @type {RegExp} */ why) => assert.throws(() => openRun(folio, { text: beginning, config: SMALL, rest, ...options }), why);
  refused({ text: TEXT.slice(0, 5000) }, /beginning has \d+ of the \d+ characters/);
  refused({ config: { ...SMALL, tokenizer: 'byte' } }, /only a char tokenizer/);
  for (const characters of [NaN, 3, 1e12, '12000', 11_000.5]) refused({ rest: { ...rest, characters } }, /characters=.* must be a whole number from/);
  refused({ rest: { ...rest, vocabulary: 'abc' } }, /./);
});
