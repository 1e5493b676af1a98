// Going on from a model on another text: what stays, what is new, what is told, and that it learns.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { read } from '../../wasm/src/checkpoint/checkpoint.js';
import { fingerprint } from '../../wasm/src/checkpoint/fingerprint.js';
import { parse, serialise } from '../../wasm/src/checkpoint/safetensors.js';
import { connect } from '../../wasm/src/client.js';
import { fineTuneSettings } from '../../wasm/src/fine-tune-settings.js';
import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { proseText } from './prose.js';
import { SMALL, TEXT, makeText } from './text.js';

const folio = await load({ threads: 1 });

/** @param {import('../../wasm/src/run.js').Run} run @param {object} [options] @returns {Promise<any[]>} */
async function events(run, options) {
  const all = [];
  for await (const event of run.train(options)) all.push(event);
  return all;
}

/** A model that has learnt a text, as a file. @param {object} [config] @param {string | Uint8Array} [text] */
async function learnt(config, text = TEXT) {
  const run = openRun(folio, { text, config: { ...SMALL, ...config } });
  await events(run);
  return run.checkpoint();
}

const base = await learnt();
/** The old text's characters, and four that it lacks; their order by code point is not that of the text. */
const NEW = `${makeText(5000).replaceAll('q', 'ß').replaceAll('k', 'ê')}“Ω”`;
const VOCABULARY = String(read(folio, base).tokenizer.vocabulary);
const ADDED = ['ß', 'ê', 'Ω', '“', '”'];

test('new characters get the next ids and are told; the old ones keep theirs, through the file too', () => {
  const run = openRun(folio, { text: NEW, init: base });
  const size = [...VOCABULARY].length;
  assert.equal(run.parts.tokenizer.toJSON().vocabulary, VOCABULARY + ADDED.join(''));
  assert.deepEqual(run.notes, [`5 new characters: 'ß', 'ê', 'Ω', '“', '”'; vocabulary ${size} -> ${size + 5}`]);
  assert.equal(run.config.vocab_size, size + 5);
  assert.equal(run.step, 0);
  const again = openWriter(folio, run.checkpoint({ optimizer: false })).tokenizer;
  assert.deepEqual(again.encode(NEW), run.parts.tokenizer.encode(NEW));
  assert.equal(again.decode(again.encode(NEW)), NEW);
  assert.deepEqual(openRun(folio, { text: TEXT, init: base }).notes, []);
  const spaced = openRun(folio, { text: `${TEXT}\u00a0`, init: base });
  assert.match(spaced.notes[0], /^1 new character: U\+00A0; /);
});

for (const config of [{}, { tie_weights: false, init: 'zero_proj', optimizer: 'muon', position: 'rope' }]) {
  test(`grown, the model says the same of the old characters, bit for bit; its new rows are the seed's: ${JSON.stringify(config)}`, async () => {
    const file = await learnt(config);
    const before = openWriter(folio, file);
    const { model } = openRun(folio, { text: NEW, init: file, config: { seed: 5 } }).parts;
    const ids = before.tokenizer.encode(TEXT.slice(100, 132));
    const [old, grown] = [before.model.logits(ids, 2, 16), model.logits(ids, 2, 16)];
    const [V, W] = [before.model.config.vocab_size, model.config.vocab_size];
    for (let row = 0; row < 32; row++) assert.deepEqual(grown.slice(row * W, row * W + V), old.slice(row * V, (row + 1) * V));
    const fresh = folio.model(model.config).tensors();
    for (const [i, { name, data }] of model.tensors().entries()) {
      const kept = before.model.tensors()[i].data;
      assert.deepEqual(data.slice(0, kept.length), kept.slice(), name);
      assert.deepEqual(data.slice(kept.length), fresh[i].data.slice(kept.length), name);
      assert.equal(data.length > kept.length, /^(wte|lm_head)\.weight$/.test(name));
    }
  });
}

test('byte and bpe need no new tokens; a model with ids to spare takes them first', async () => {
  for (const config of [{ tokenizer: 'byte' }, { tokenizer: 'bpe', vocab_size: 300 }]) {
    const file = await learnt(config);
    const run = openRun(folio, { text: NEW, init: file });
    assert.deepEqual([run.notes, run.config.vocab_size], [[], read(folio, file).config.vocab_size]);
    assert.deepEqual(run.parts.tokenizer.toJSON(), read(folio, file).tokenizer);
  }
  const spare = await learnt({ vocab_size: 100 });
  const run = openRun(folio, { text: NEW, init: spare });
  assert.equal(run.config.vocab_size, 100);
  assert.equal(await run.parts.model.digest(), await openWriter(folio, spare).digest());
});

test('the settings: the model of the file, a training of its own, and what is said comes first', () => {
  const { config } = read(folio, base);
  const tuned = openRun(folio, { text: TEXT, init: base }).config;
  const training = ['learning_rate', 'adam_lr', 'min_lr', 'schedule', 'max_iters', 'warmup_iters', 'eval_interval'];
  for (const [name, value] of Object.entries(config)) if (!training.includes(name)) assert.equal(tuned[name], value, name);
  assert.deepEqual([tuned.learning_rate, tuned.adam_lr, tuned.min_lr], [0.0003, 0.0009, 0.000006]);
  assert.deepEqual([tuned.schedule, tuned.max_iters, tuned.warmup_iters, tuned.eval_interval], ['linear', 200, 10, 20]);
  const own = { learning_rate: 0.01, schedule: 'constant', max_iters: 50, dropout: 0.2, n_layer: 2 };
  const said = openRun(folio, { text: TEXT, init: base, config: own }).config;
  assert.deepEqual([said.learning_rate, said.min_lr, said.schedule, said.warmup_iters, said.dropout], [0.01, 0.0002, 'constant', 3, 0.2]);
  assert.deepEqual(fineTuneSettings(config, { max_iters: 50 }).eval_interval, 5);
});

test('what contradicts the model is named', async () => {
  const refused = (/** @type {object} */ options, /** @type {RegExp} */ message, code = 'ARGUMENT') =>
    assert.throws(() => openRun(folio, { text: NEW, init: base, ...options }), { name: 'FolioError', code, message });
  const model = /n_layer=3, norm=rmsnorm contradicts the checkpoint, whose model has n_layer=2, norm=layernorm/;
  refused({ config: { n_layer: 3, norm: 'rmsnorm' } }, model);
  refused({ config: { block_size: 32 } }, /block_size=32 contradicts .* block_size=16/);
  refused({ config: { tokenizer: 'byte' } }, /tokenizer=byte contradicts .* tokenizer=char/);
  refused({ config: { vocab_size: 300 } }, /vocab_size=300 contradicts .* vocab_size=\d+$/);
  refused({ config: { n_hed: 2 } }, /n_hed/, 'SETTING');
  refused({ initOptimizer: 'both' }, /can be 'keep' or 'fresh', not 'both'/);
  refused({ init: base.slice(0, 900) }, /cut off|header/, 'CHECKPOINT');
  refused({ checkpoint: base }, /another checkpoint or tokenizer cannot stand beside it/);
  refused({ text: '' }, /empty/, 'EMPTY');
  refused({ oldText: 'a—€' }, /the old text: .*'€'/, 'UNKNOWN_CHAR');
});

test('the state of the optimizer: kept with zero rows for what is new, or fresh; one that is none for it is refused', async () => {
  for (const optimizer of ['adamw', 'muon', 'sgd']) {
    const file = await learnt({ optimizer });
    const old = parse(file).tensors;
    for (const initOptimizer of /** @type {const} */ (['keep', 'fresh'])) {
      const { tensors } = parse(openRun(folio, { text: NEW, init: file, initOptimizer }).checkpoint());
      for (const [name, { data }] of tensors) {
        if (!name.startsWith('exp_avg')) continue;
        const kept = initOptimizer === 'keep' ? [...(old.get(name)?.data ?? [])] : [];
        assert.deepEqual([...data], [...kept, ...Array(data.length - kept.length).fill(0)], `${optimizer} ${initOptimizer} ${name}`);
      }
    }
  }
  const weights = serialise({ ...parse(base), tensors: new Map([...parse(base).tensors].filter(([name]) => !name.startsWith('exp_avg'))) });
  assert.throws(() => openRun(folio, { text: NEW, init: weights }), { code: 'CHECKPOINT', message: /damaged/ });
  const bare = openRun(folio, { text: TEXT, config: SMALL }).checkpoint({ optimizer: false });
  assert.throws(() => openRun(folio, { text: NEW, init: bare, initOptimizer: 'keep' }), { code: 'ARGUMENT', message: /holds no optimizer state/ });
  const other = { initOptimizer: /** @type {const} */ ('keep'), config: { optimizer: 'sgd' } };
  assert.throws(() => openRun(folio, { text: NEW, init: base, ...other }), { message: /state of adamw, .* none for sgd/ });
  assert.equal(openRun(folio, { text: NEW, init: bare }).step, 0);
});

test('both losses: before the first step, at each evaluation, at the end', async () => {
  const run = openRun(folio, { text: NEW, init: base, oldText: TEXT, config: { max_iters: 20, eval_interval: 10 } });
  const all = await events(run, { evalFirst: true });
  const looks = all.filter(({ event }) => event === 'eval');
  assert.equal(all[0], looks[0]);
  assert.deepEqual(looks.map(({ step }) => step), [0, 10, 20]);
  for (const look of looks) assert.deepEqual(Object.keys(look), ['event', 'step', 'val_loss', 'bits_per_byte', 'old_val_loss']);
  const done = all.at(-1);
  assert.deepEqual([done.val_loss, done.old_val_loss], [looks[2].val_loss, looks[2].old_val_loss]);
  assert.equal(await run.evaluate({ old: true }), done.old_val_loss);
  const same = openRun(folio, { text: TEXT, init: base, oldText: TEXT });
  assert.equal(await same.evaluate({ old: true }), await openRun(folio, { text: TEXT, checkpoint: base }).evaluate());
  assert.equal(await openRun(folio, { text: NEW, init: base }).evaluate({ old: true }), null);
});

test('a text too short for a validation part is learnt all the same, and it is told', async () => {
  const run = openRun(folio, { text: TEXT.slice(0, 120), init: base, oldText: TEXT, config: { max_iters: 10, eval_interval: 5 } });
  assert.match(run.notes.join(), /the text has 120 tokens: too few for a validation part of one window \(block_size=16\), so all of it is learnt/);
  const all = await events(run, { evalFirst: true });
  const looks = all.filter(({ event }) => event === 'eval');
  assert.deepEqual(looks.map(({ step }) => step), [0, 5, 10]);
  assert.ok(looks.every(({ val_loss, bits_per_byte }) => val_loss === null && bits_per_byte === null));
  assert.ok(looks.every(({ old_val_loss }) => old_val_loss > 1));
  assert.equal(all.at(-1).val_loss, null);
  assert.throws(() => openRun(folio, { text: TEXT.slice(0, 9), init: base }), { code: 'TOO_SHORT' });
});

test('a fine-tuned file goes on to the bits of a run that was not left; the same seed gives the same digest', async () => {
  const open = () => openRun(folio, { text: NEW, init: base, initOptimizer: 'keep', config: { max_iters: 30, dropout: 0.1, seed: 9 } });
  const whole = (await events(open())).at(-1);
  const first = open();
  await events(first, { steps: 13 });
  const second = openRun(folio, { text: NEW, oldText: TEXT, checkpoint: first.checkpoint() });
  assert.equal(second.step, 13);
  const end = (await events(second)).at(-1);
  assert.deepEqual([end.digest, end.val_loss], [whole.digest, whole.val_loss]);
  assert.ok(end.old_val_loss > 0);
  assert.equal((await events(open())).at(-1).digest, whole.digest);
  const other = await events(openRun(folio, { text: NEW, init: base, config: { max_iters: 30, dropout: 0.1, seed: 10 } }));
  assert.notEqual(other.at(-1).digest, whole.digest);
  const third = openRun(folio, { text: `${NEW}Ж!`, init: second.checkpoint() });
  assert.equal(third.parts.tokenizer.toJSON().vocabulary, `${VOCABULARY}${ADDED.join('')}!Ж`);
});

test('a file knows its text again; files without that are read as before', async () => {
  assert.equal(read(folio, base).text, fingerprint(TEXT));
  assert.equal(fingerprint(new TextEncoder().encode(TEXT)), fingerprint(TEXT));
  assert.notEqual(fingerprint(`${TEXT}.`), fingerprint(TEXT));
  const run = openRun(folio, { text: TEXT, config: SMALL });
  const { save } = await import('../../wasm/src/checkpoint/checkpoint.js');
  const older = save(run.parts.model, run.parts.tokenizer, { trainer: run.parts.trainer });
  assert.equal(read(folio, older).text, undefined);
  assert.equal(openRun(folio, { text: NEW, init: older }).step, 0);
});

test('in a worker it is the same', async (t) => {
  const client = await connect({ threads: 1 });
  t.after(() => client.close());
  const options = { text: NEW, init: base, oldText: TEXT, config: { max_iters: 5 } };
  const [run, outside] = [await client.run(options), openRun(folio, options)];
  assert.deepEqual([run.notes, run.config, run.vocabSize, run.step], [outside.notes, outside.config, outside.parts.tokenizer.vocabSize, 0]);
  const timeless = (/** @type {any} */ { seconds, tokens_per_second, ...event }) => event;
  const all = [];
  for await (const event of run.train({ evalFirst: true })) all.push(timeless(event));
  assert.deepEqual(all, (await events(outside, { evalFirst: true })).map(timeless));
  assert.equal(await run.evaluate({ old: true }), all.at(-1).old_val_loss);
  assert.deepEqual(await run.checkpoint(), outside.checkpoint());
  await assert.rejects(client.run({ ...options, config: { n_layer: 3 } }), { code: 'ARGUMENT', op: 'init' });
});

/** A model that has learnt Shakespeare's manner for a few seconds, as a file. A better one can stand in its place. */
async function shakespeare() {
  const text = readFileSync(new URL('../../models/mock-shakespeare.txt', import.meta.url));
  const recipe = JSON.parse(readFileSync(new URL('../../models/presets/shakespeare.json', import.meta.url), 'utf8'));
  const config = { ...recipe, n_layer: 2, n_head: 2, n_embd: 32, block_size: 32, batch_size: 12, max_iters: 300, eval_interval: 0 };
  return { text, file: await learnt(config, text) };
}

test('20 KB of other prose: the loss on it falls by a fifth or more, within seconds', async (t) => {
  const { text, file } = await shakespeare();
  const config = { max_iters: 1000, learning_rate: 0.01, adam_lr: 1.5e-3, eval_interval: 0 };
  const run = openRun(folio, { text: proseText(), init: file, oldText: text, config });
  const all = await events(run, { evalFirst: true });
  const [before, after] = [all[0], all.at(-1)];
  const told = (/** @type {any} */ { val_loss, old_val_loss }) => `${val_loss.toFixed(3)} (old text ${old_val_loss.toFixed(3)})`;
  t.diagnostic(`measured: loss on other prose from ${told(before)} to ${told(after)} in ${after.seconds.toFixed(1)} s`);
  assert.ok(after.val_loss < 0.8 * before.val_loss, `from ${told(before)} to ${told(after)}`);
});
