// What callers give that cannot be: each answer is a FolioError that says what was asked, what is wrong and what it must be.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../../wasm/src/client.js';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { SMALL, TEXT } from './text.js';

const folio = await load({ threads: 1 });
const run = openRun(folio, { text: TEXT, config: SMALL });
const { model, tokenizer } = run.parts;
const inspector = await folio.inspector(model);

/** @param {AsyncIterable<unknown>} stream */
async function drain(stream) {
  for await (const event of stream) void event;
}

/** Each fails by name. @param {[(() => unknown), string, RegExp][]} cases */
async function refused(cases) {
  for (const [work, code, message] of cases) await assert.rejects(async () => work(), { name: 'FolioError', code, message }, String(message));
}

test('objects and ids', () => refused(/** @type {any} */ ([
  [() => folio.inspector(/** @type {any} */ (null)), 'ARGUMENT', /^inspector: a model is needed, not null$/],
  [() => folio.inspector(/** @type {any} */ ({ config: {} })), 'ARGUMENT', /^inspector: a model is needed, not \[object Object\]$/],
  [() => folio.trainer(/** @type {any} */ (null), run.parts.dataset), 'ARGUMENT', /^trainer: a model is needed, not null$/],
  [() => folio.trainer(model, /** @type {any} */ ({})), 'ARGUMENT', /^trainer: a dataset is needed, not \[object Object\]$/],
  [() => folio.evaluator(/** @type {any} */ (run.parts.dataset), run.parts.dataset), 'ARGUMENT', /^evaluator: a model is needed/],
  [() => folio.evaluator(model, /** @type {any} */ (undefined)), 'ARGUMENT', /^evaluator: a dataset is needed, not undefined$/],
  [() => openRun(folio, /** @type {any} */ (null)), 'ARGUMENT', /^text: it must be a string or a Uint8Array, not undefined$/],
  [() => folio.dataset(SMALL, /** @type {any} */ (null)), 'ARGUMENT', /^dataset: ids must be an array, not null$/],
  [() => folio.config(/** @type {any} */ (null)), 'ARGUMENT', /^config: settings must be an object, not null$/],
  [() => openRun(folio, /** @type {any} */ ({ config: SMALL })), 'ARGUMENT', /^text: it must be a string or a Uint8Array, not undefined$/],
  [() => openRun(folio, /** @type {any} */ ({ text: 5 })), 'ARGUMENT', /^text: it must be .*, not 5$/],
  [() => openWriter(folio, /** @type {any} */ (null)), 'CHECKPOINT', /^safetensors: the file is null; it must be a Uint8Array$/],
  [() => tokenizer.encode(/** @type {any} */ (null)), 'ARGUMENT', /^text: it must be .*, not null/],
  [() => inspector.inspect(/** @type {any} */ ([1n])), 'TOKEN', /^inspect: id 1n at place 0 is no token: ids are whole numbers from 0$/],
  [() => inspector.inspect(/** @type {any} */ ([1, '2'])), 'TOKEN', /^inspect: id '2' at place 1/],
  [() => inspector.inspect(/** @type {any} */ (null)), 'ARGUMENT', /^inspect: ids must be an array, not null$/],
  [() => model.logits(/** @type {any} */ (BigUint64Array.of(1n)), 1, 1), 'TOKEN', /^model\.logits: id 1n/],
])));

test('options of a look', async () => {
  for (const top of [-1, 0, 1.5, NaN, '3']) {
    await refused([[() => inspector.look(tokenizer, 'the', { top: /** @type {any} */ (top) }), 'RANGE', /^look: top=\S+ is not allowed: it must be a whole number from 1$/]]);
  }
  await refused([
    [() => inspector.look(tokenizer, 'the', { most: -1 }), 'RANGE', /^look: most=-1 is not allowed/],
    [() => inspector.look(tokenizer, 'the', /** @type {any} */ ({ tpo: 3 })), 'RANGE', /^look: there is no option 'tpo'; known: most, top$/],
    [() => inspector.embeddings(tokenizer, { most: 0 }), 'RANGE', /^embeddings: most=0 is not allowed/],
  ]);
});

test('an inspector of a closed model, and one that was closed itself, do nothing any more', async () => {
  const other = folio.model({ ...SMALL, vocab_size: tokenizer.vocabSize });
  const [left, closed] = [await folio.inspector(other), await folio.inspector(model)];
  left.inspect([1, 2]);
  other.close();
  closed.close();
  for (const [one, words] of /** @type {[typeof left, string][]} */ ([[left, 'the model'], [closed, 'the inspector']])) {
    await refused(/** @type {any} */ ([
      ['inspect', () => one.inspect([1])], ['lens', () => one.lens(0)], ['look', () => one.look(tokenizer, 'the')],
      ['embeddings', () => one.embeddings(tokenizer)], ['positions', () => one.positions()],
    ].map(([op, work]) => [work, 'CLOSED', new RegExp(`^${op}: ${words} was closed and cannot be used any more$`)])));
  }
  await refused([[() => folio.inspector(other), 'CLOSED', /^inspector: the model was closed/]]);
});

test('how a model writes', async () => {
  for (const name of ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'seed', 'vocabulary']) {
    for (const value of ['1', 1n, null]) {
      await refused([[() => [...model.generate({ prompt: [1], tokens: 1, [name]: value })], 'RANGE', new RegExp(`^generate: ${name}=\\S+ is not allowed: it must be a number$`)]]);
    }
  }
  await refused([
    [() => [.../** @type {any} */ (model).generate()], 'ARGUMENT', /^generate: ids must be an array, not undefined$/],
    [() => [...model.generate(/** @type {any} */ ({ prompt: [1], top_k: 5 }))], 'RANGE', /^generate: there is no option 'top_k'; known: temperature, topK, topP/],
    [() => [...model.generate(/** @type {any} */ ({ prompt: [1], stop: 'x' }))], 'RANGE', /^generate: there is no option 'stop'/],
    [() => drain(run.writer.generate(/** @type {any} */ ({ token: 5 }))), 'RANGE', /^generate: there is no option 'token'/],
    [() => drain(run.writer.generate({ temperature: /** @type {any} */ ('1') })), 'RANGE', /^generate: temperature='1' is not allowed: it must be a number$/],
  ]);
});

test('what the module would trap on is refused before, and the module goes on', async () => {
  await refused(/** @type {any} */ ([
    [() => run.parts.dataset.batch(/** @type {any} */ (1n)), 'ARGUMENT', /1n is not a number$/],
    [() => (run.parts.trainer.step = /** @type {any} */ (1n)), 'ARGUMENT', /1n is not a number$/],
    [() => model.decoder().pick({ index: 0, seed: /** @type {any} */ (1n) }), 'ARGUMENT', /1n is not a number$/],
  ]));
  assert.ok(folio.alive);
});

test('how a run goes', () => refused(/** @type {any} */ ([
  [() => drain(run.train({ share: /** @type {any} */ (0) })), 'RANGE', /share=0 is not allowed: it must be a function/],
  [() => drain(run.train({ share: () => 0 })), 'RANGE', /share\(\)=0 is not allowed: it must be a number above 0, at most 1/],
  [() => drain(run.train({ share: () => NaN })), 'RANGE', /share\(\)=NaN/],
  [() => drain(run.train({ budget: 5, spent: /** @type {any} */ ('1') })), 'RANGE', /^train: spent='1' is not allowed: it must be seconds from 0/],
  [() => run.plan({ budget: /** @type {any} */ ('5') }), 'RANGE', /^train: budget='5' is not allowed: it must be seconds, more than 0/],
  [() => run.plan({ budget: /** @type {any} */ (true) }), 'RANGE', /budget=true/],
  [() => run.plan(/** @type {any} */ (undefined)), 'RANGE', /budget=NaN/],
  [() => run.plan(/** @type {any} */ ({ budget: 5, steps: 3 })), 'RANGE', /^plan: there is no option 'steps'; known: budget, spent/],
  ...[1.5, -1, NaN, '3'].map((windows) => [() => run.evaluate({ windows: /** @type {any} */ (windows) }), 'RANGE', /^evaluate: windows=\S+ is not allowed/]),
])));

/** What is no object, and no signal. */
const ODD = [null, 0, 1, 'x', true, 1n];
const options = (/** @type {string} */ op) => new RegExp(`^${op}: options must be an object, not ('x'|1n|null|0|1|true)$`);

test('options that are none, values of the wrong type in them, and names that there are not', async () => {
  const { dataset, evaluator, trainer } = run.parts;
  for (const odd of /** @type {any[]} */ (ODD)) {
    await refused(/** @type {any} */ ([
      [() => load(odd), 'ARGUMENT', options('load')], [() => run.evaluate(odd), 'ARGUMENT', options('evaluate')],
      [() => evaluator.evaluate(odd), 'ARGUMENT', options('evaluate')], [() => run.baselines(odd), 'ARGUMENT', options('baselines')],
      [() => dataset.baselines(odd), 'ARGUMENT', options('baselines')], [() => run.checkpoint(odd), 'ARGUMENT', options('checkpoint')],
      [() => run.plan(odd), 'ARGUMENT', options('plan')], [() => drain(run.train(odd)), 'ARGUMENT', options('train')],
      [() => [...run.pieces(odd)], 'ARGUMENT', options('train')], [() => drain(run.writer.generate(odd)), 'ARGUMENT', options('generate')],
      [() => [...model.generate(odd)], 'ARGUMENT', options('generate')], [() => model.decoder().pick(odd), 'ARGUMENT', options('generate')],
      [() => tokenizer.encode('the', odd), 'ARGUMENT', options('tokenizer\\.encode')],
      [() => folio.tokenizer.train('bpe', TEXT, odd), 'ARGUMENT', options('tokenizer\\.train')],
      [() => folio.tokenizer.ranks(new Uint8Array(3), odd), 'ARGUMENT', options('tokenizer\\.ranks')],
      [() => folio.tokenizer.ranks(odd, { encoding: 'gpt2' }), 'ARGUMENT', /^tokenizer\.ranks: a Uint8Array is needed, not /],
      ...(typeof odd === 'string' ? [] : [[() => folio.tokenizer.load(odd), 'ARGUMENT', /^tokenizer\.load: a tokenizer must be an object, not /]]),
      [() => openRun(folio, { text: TEXT, config: odd }), 'ARGUMENT', options('config')],
      ...(odd === null ? [] : [
        ...(odd === 0 ? [] : [[() => openRun(folio, { text: TEXT, init: odd }), 'CHECKPOINT', /^safetensors: the file is \S+; it must be a Uint8Array$/],
          [() => openRun(folio, { text: TEXT, checkpoint: odd }), 'CHECKPOINT', /^safetensors: the file is \S+; it must be a Uint8Array$/]]),
        [() => run.evaluate({ signal: odd }), 'RANGE', /signal=\S+ is not allowed: it must be an AbortSignal$/],
        [() => run.baselines({ signal: odd }), 'RANGE', /signal=\S+ is not allowed: it must be an AbortSignal$/],
        [() => drain(run.train({ signal: odd })), 'RANGE', /signal=\S+ is not allowed: it must be an AbortSignal$/],
      ]),
      [() => run.evaluate({ hold: odd }), 'RANGE', /hold=\S+ is not allowed: it must be a function$/],
      [() => model.setParams(odd), 'RANGE', /^setParams: floats=\S+ is not allowed: it must be a Float32Array of \d+$/],
      [() => inspector.look(odd, 'the'), 'ARGUMENT', /^look: a tokenizer is needed, not /],
      [() => inspector.embeddings(odd), 'ARGUMENT', /^embeddings: a tokenizer is needed, not /],
      [() => trainer.gradients(odd, odd, 1), odd === 'x' ? 'TOKEN' : 'ARGUMENT', /^trainer\.gradients: id/],
    ]));
  }
  await refused(/** @type {any} */ ([
    [() => run.evaluate(/** @type {any} */ ({ windoes: 3 })), 'RANGE', /^evaluate: there is no option 'windoes'; known: windows, old, signal, hold$/],
    [() => run.evaluate(/** @type {any} */ ({ old: 1 })), 'RANGE', /^evaluate: old=1 is not allowed: it must be true or false$/],
    [() => run.checkpoint(/** @type {any} */ ({ optimizer: 'no' })), 'RANGE', /^checkpoint: optimizer='no' is not allowed: it must be true or false$/],
    [() => run.checkpoint(/** @type {any} */ ({ optimiser: false })), 'RANGE', /^checkpoint: there is no option 'optimiser'; known: optimizer$/],
    [() => dataset.baselines({ vocabulary: 1e9 }), 'RANGE', /^baselines: vocabulary=1000000000 is not allowed: it must be at most vocab_size=\d+$/],
    [() => dataset.valBatch(0, -1), 'RANGE', /^dataset\.valBatch: count=-1 is not allowed/],
    [() => dataset.valBatch(0, 1e9), 'ARGUMENT', /windows 0 to 999999999 of \d+$/],
    [() => tokenizer.encode('the', /** @type {any} */ ({ allowedSpecial: 5 })), 'RANGE', /allowedSpecial=5 is not allowed: it must be 'all' or a list of names$/],
    [() => model.logits([1], /** @type {any} */ (1n), 1), 'RANGE', /^model\.logits: B=1n is not allowed: it must be a number$/],
    [() => model.setParams(new Float32Array(3)), 'RANGE', /^setParams: /],
    [() => tokenizer.encode(/** @type {any} */ (Symbol('s'))), 'ARGUMENT', /^text: it must be .*, not Symbol\(s\)$/],
  ]));
  assert.ok(folio.alive);
});

test('the same in a worker', async () => {
  const client = await connect({ threads: 1 });
  after(() => client.close());
  const remote = await client.run({ text: TEXT, config: SMALL });
  const look = await remote.inspector();
  await refused(/** @type {any} */ ([
    [() => look.look('the', { top: -1 }), 'RANGE', /^look: top=-1 is not allowed/],
    [() => look.look(/** @type {any} */ (null)), 'ARGUMENT', /^look: the text is null: it must be a string$/],
    [() => remote.plan({ budget: /** @type {any} */ ('5') }), 'RANGE', /budget='5' is not allowed/],
    [() => remote.plan(/** @type {any} */ (undefined)), 'RANGE', /budget=/],
    [() => drain(remote.train(/** @type {any} */ ({ share: 0 }))), 'RANGE', /share=0 is not allowed/],
    [() => client.effort(/** @type {any} */ ('0.5')), 'RANGE', /^effort: share=0\.5 is not allowed: it must be from 0\.01 to 1$/],
    [() => client.trainer(/** @type {any} */ (null), /** @type {any} */ (null)), 'ARGUMENT', /^trainer: a model is needed, not null$/],
    [() => client.evaluator(/** @type {any} */ (remote), /** @type {any} */ (null)), 'ARGUMENT', /^evaluator: a model is needed, not /],
    [() => drain(remote.generate({ temperature: /** @type {any} */ ('1') })), 'RANGE', /^generate: temperature='1' is not allowed/],
    [() => client.run(/** @type {any} */ (null)), 'ARGUMENT', /^text: it must be .*, not undefined/],
    [() => client.run(/** @type {any} */ (undefined)), 'ARGUMENT', /^text: it must be .*, not undefined/],
    [() => client.run({ text: TEXT, signal: /** @type {any} */ (0) }), 'RANGE', /^run\.open: signal=0 is not allowed: it must be an AbortSignal$/],
    [() => client.config(/** @type {any} */ ({ seed: () => 1 })), 'ARGUMENT', /^config: .* could not be cloned/],
  ]));
  for (const odd of /** @type {any[]} */ (ODD)) {
    await refused(/** @type {any} */ ([
      [() => connect(odd), 'ARGUMENT', options('connect')], [() => client.open(new Uint8Array(3), odd), 'ARGUMENT', options('open')],
      [() => client.model(SMALL, odd), 'ARGUMENT', options('model')], [() => client.dataset(SMALL, [1], odd), 'ARGUMENT', options('dataset')],
      [() => client.tokenizer.train('char', TEXT, odd), 'ARGUMENT', options('tokenizer\\.train')],
      ...['evaluate', 'baselines', 'checkpoint', 'plan'].map((name) => [() => /** @type {any} */ (remote)[name](odd), 'ARGUMENT', options(`run\\.${name}`)]),
      ...['embeddings', 'positions', 'norms'].map((name) => [() => /** @type {any} */ (look)[name](odd), 'ARGUMENT', options(`inspector\\.${name}`)]),
      [() => drain(remote.train(odd)), 'ARGUMENT', options('run\\.train')], [() => drain(remote.generate(odd)), 'ARGUMENT', options('run\\.generate')],
    ]));
  }
  await remote.close();
  assert.ok(client.alive);
});
