// Folio against PyTorch: logits, loss, every gradient and ten optimizer steps of every golden (see README.md). Tolerances are not widened:
// where one fails, the code is wrong, or the contract of the mathematics is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { batches, difference, goldens, parameters } from './golden.js';

const LOGITS = { atol: 1e-5, rtol: 1e-4 };
const GRADIENTS = { atol: 1e-5, rtol: 1e-3 };
const LOSS = { atol: 1e-4, rtol: 0 };
const GRAD_NORM = { atol: 1e-4, rtol: 1e-4 };
const LEARNING_RATE = { atol: 0, rtol: 1e-12 };

const folio = await load();
const all = goldens();

/** A model with the golden's parameters, and a trainer whose dataset yields the golden's batches. @param {import('./golden.js').Golden} golden */
function prepare(golden) {
  const { config, layout, steps } = golden;
  const model = folio.model(config);
  model.tensors().forEach(({ data }, i) => data.set(parameters(golden, i)));
  assert.equal(config.stride, config.block_size + 1);
  const dataset = folio.dataset(config, batches(golden, steps.length * config.gradient_accumulation_steps));
  const trainer = folio.trainer(model, dataset);
  const release = () => [trainer, dataset, model].forEach((object) => object.close());
  assert.deepEqual(folio.layout(config).map(({ name, shape, group }) => [name, shape, group]), layout);
  return { model, dataset, trainer, release };
}

/** @param {string} what @param {ArrayLike<number>} got @param {ArrayLike<number>} want @param {{atol: number, rtol: number}} tolerance */
function agree(what, got, want, tolerance) {
  const fault = difference(got, want, tolerance);
  assert.equal(fault, null, `${what}: ${fault}`);
}

for (const golden of all) {
  const { name, config, tensors, loss, steps } = golden;

  test(`${name}: logits, loss and every gradient`, () => {
    const { model, dataset, trainer, release } = prepare(golden);
    const { inputs, targets } = dataset.batch(0);
    agree('logits', model.logits(inputs, config.batch_size, config.block_size), tensors.get('logits') ?? [], LOGITS);
    agree('loss', [trainer.gradients(inputs, targets, config.batch_size)], [loss], LOSS);
    const { grads } = trainer;
    for (const { name: tensor, offset, size } of folio.layout(config)) {
      agree(`gradient of ${tensor}`, grads.subarray(offset, offset + size), tensors.get(`grad.${tensor}`) ?? [], GRADIENTS);
    }
    assert.equal(tensors.size, 3 + folio.layout(config).length);
    release();
  });

  test(`${name}: attention of every head, and the lens after every block`, async () => {
    const { model, dataset, release } = prepare(golden);
    const inspector = await folio.inspector(model);
    const { attention } = inspector.inspect(dataset.batch(0).inputs.slice(0, config.block_size));
    agree('attention', attention, tensors.get('inside.attention') ?? [], LOGITS);
    const lens = Array.from({ length: config.n_layer + 1 }, (_, layer) => [...inspector.lens(layer)]).flat();
    agree('lens', lens, tensors.get('inside.lens') ?? [], LOGITS);
    inspector.close();
    release();
  });

  test(`${name}: ten optimizer steps`, () => {
    const { trainer, release } = prepare(golden);
    const reports = steps.map(() => trainer.stepOnce());
    agree('losses', reports.map((report) => report.loss), steps.map((step) => step.loss), LOSS);
    agree('learning rates', reports.map((report) => report.lr), steps.map((step) => step.lr), LEARNING_RATE);
    agree('gradient norms', reports.map((report) => report.grad_norm), steps.map((step) => step.grad_norm), GRAD_NORM);
    assert.equal(reports.length, 10);
    release();
  });
}

test('every choice of the mathematics has a golden', () => {
  const elsewhere = ['init', 'tokenizer', 'batching', 'shuffle', 'drop_last']; // weights and batches are given here
  const missing = folio.settings.filter(({ name }) => !elsewhere.includes(name)).flatMap(({ name, kind, choices }) => {
    const options = kind === 'enum' ? choices ?? [] : kind === 'bool' ? [false, true] : [];
    return options.filter((option) => !all.some(({ config }) => config[name] === option)).map((option) => `${name}=${option}`);
  });
  assert.deepEqual(missing, []);
  assert.ok(all.length >= 16);
});

test('the comparison sees an all-zero gradient, one element twice as large, a NaN and a missing element', () => {
  for (const { tensors } of all) {
    for (const [name, want] of tensors) {
      const worst = want.reduce((best, value, i) => (Math.abs(value) > Math.abs(want[best]) ? i : best), 0);
      const broken = { zero: want.map(() => 0), double: want.slice(), nan: want.slice(), short: want.slice(1) };
      broken.double[worst] *= 2;
      broken.nan[want.length - 1] = NaN;
      const tolerance = name.startsWith('grad.') ? GRADIENTS : LOGITS;
      assert.equal(difference(want.slice(), want, tolerance), null);
      for (const [fault, got] of Object.entries(broken)) assert.notEqual(difference(got, want, tolerance), null, `${name} ${fault}`);
    }
  }
});

test('a model that is not the golden\'s fails: one weight of a matrix off by a thousandth', () => {
  const golden = all.find(({ name }) => name === 'gpt2') ?? all[0];
  const { model, dataset, release } = prepare(golden);
  model.tensors().find(({ name }) => name === 'h.0.mlp.c_fc.weight')?.data.forEach((value, i, data) => (data[i] = i === 5 ? value + 1e-3 : value));
  const got = model.logits(dataset.batch(0).inputs, golden.config.batch_size, golden.config.block_size);
  assert.notEqual(difference(got, golden.tensors.get('logits') ?? [], LOGITS), null);
  release();
});
