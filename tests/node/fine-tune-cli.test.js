// `folio train --init`: what it takes, tells and leaves behind.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ROOT, events, folio, temporary } from './command.js';
import { proseText } from './prose.js';
import { SMALL, TEXT, makeText } from './text.js';

const folder = temporary('init');

const at = (/** @type {string} */ name) => join(folder, name);
const NEW = `${makeText(5000).replaceAll('q', 'ß')}€`;
writeFileSync(at('old.txt'), TEXT);
writeFileSync(at('new.txt'), NEW);
writeFileSync(at('short.txt'), TEXT.slice(0, 100));
writeFileSync(at('foreign.txt'), 'Это не тот текст. '.repeat(50));
writeFileSync(at('small.json'), JSON.stringify(SMALL));


const base = at('base.safetensors');
const tune = (/** @type {string[]} */ ...more) => folio('train', '--threads', '1', '--init', base, '--data', at('new.txt'), '--steps', '10', ...more);
before(async () => {
  const { code, stderr } = await folio('train', '--threads', '1', '--data', at('old.txt'), '--preset', at('small.json'), '--out', base);
  assert.equal(code, 0, stderr);
});

test('told to a person: new characters, both losses from step 0 on, samples before and after', async () => {
  const { code, stdout, stderr } = await tune('--old-data', at('old.txt'), '--sample-prompt', 'the', '--sample-tokens', '20');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^text: .*new\.txt, 5\.\d+ kB/);
  assert.match(stdout, /\n2 new characters: 'ß', '€'; vocabulary (\d+) -> (\d+)\n/);
  assert.match(stdout, /\nold text: .*old\.txt\n/);
  assert.match(stdout, /what it writes after 0 steps:\n {2}\| the/);
  assert.match(stdout, /\nstep 0: validation loss \d\.\d{4}, \d\.\d{4} bits per byte; \d\.\d{4} on the old text\n/);
  assert.match(stdout, /what it writes after 10 steps:\n {2}\| the[^]*\ndone: 10 steps;/);
  assert.match(stdout, /\ndone: [^]*\nvalidation loss \d\.\d{4} on the old text\ndigest [0-9a-f]{64}\nthe model is not saved, as no --out was given\n$/);
});

test('--json: sample events around the others, and the same again from the same seed', async () => {
  const out = at('tuned.safetensors');
  const { code, stdout, stderr } = await tune('--old-data', at('old.txt'), '--json', '--out', out, '--sample-tokens', '5', '--sample-prompt', 'O');
  assert.equal(code, 0, stderr);
  const [, ...all] = events(stdout); // after what the text is
  assert.deepEqual(all.filter(({ event }) => event !== 'step').map(({ event, step, steps }) => [event, step ?? steps]),
    [['sample', 0], ['eval', 0], ...Array.from({ length: 10 }, (_, i) => ['eval', i + 1]), ['sample', 10], ['done', 10]]);
  assert.deepEqual(Object.keys(all[0]), ['event', 'step', 'prompt', 'text']);
  assert.deepEqual([all[0].prompt, [...all[0].text].length], ['O', 5]);
  const written = await folio('sample', '--threads', '1', '--model', out, '--prompt', 'O', '--tokens', '5');
  assert.equal(written.stdout, `O${all.at(-2).text}\n`);
  const done = all.at(-1);
  const again = events((await tune('--json', '--sample-tokens', '0')).stdout);
  assert.deepEqual([again[1].event, again.at(-1).digest, again.at(-1).old_val_loss], ['eval', done.digest, undefined]);
  const judged = events((await folio('eval', '--threads', '1', '--model', out, '--data', at('new.txt'), '--json')).stdout);
  assert.deepEqual(judged, [{ event: 'eval', step: 10, val_loss: done.val_loss, bits_per_byte: done.bits_per_byte }]);
  const texts = ['--data', at('new.txt'), '--old-data', at('old.txt')];
  const further = await folio('train', '--threads', '1', '--resume', out, ...texts, '--json', '--steps', '12');
  assert.deepEqual(events(further.stdout).filter(({ event }) => event === 'step').map(({ step }) => step), [10, 11], further.stderr);
  assert.ok(events(further.stdout).at(-1).old_val_loss > 0);
});

test('the default text is the old one where the checkpoint has learnt it, and only there', async () => {
  assert.match((await tune('--sample-tokens', '0')).stdout, /\nold text: not known; --old-data FILE names it/);
  const known = ['build/data/tinyshakespeare.txt', 'models/mock-shakespeare.txt'].find((name) => existsSync(join(ROOT, name)));
  const own = at('usual.safetensors');
  const trained = await folio('train', '--threads', '1', '--preset', at('small.json'), '--steps', '1', '--set', 'eval_interval=0', '--out', own);
  assert.equal(trained.code, 0, trained.stderr);
  const { stdout } = await folio('train', '--threads', '1', '--init', own, '--data', at('new.txt'), '--steps', '1', '--sample-tokens', '0');
  assert.match(stdout, new RegExp(`\\nold text: .*${known}\\n`));
  assert.match(stdout, /step 0: validation loss [^\n]* on the old text\n/);
});

test('a text without a validation part trains, and says so', async () => {
  const { code, stdout } = await folio('train', '--threads', '1', '--init', base, '--data', at('short.txt'), '--steps', '3');
  assert.equal(code, 0);
  assert.match(stdout, /the text has 100 tokens: too few for a validation part of one window \(block_size=16\), so all of it is learnt/);
  assert.match(stdout, /done: 3 steps/);
});

/** @type {[string[], RegExp, number][]} */
const WRONG = [
  [['--init', base, '--resume', base], /--init and --resume exclude each other/, 2],
  [['--init', base, '--tokenizer', 'byte'], /--tokenizer and --init exclude each other/, 2],
  [['--init', base, '--set', 'n_layer=3'], /n_layer=3 contradicts the checkpoint, whose model has n_layer=2/, 2],
  [['--init', base, '--preset', 'tiny'], /n_embd=32, block_size=32 contradicts the checkpoint, whose model has n_embd=16, block_size=16/, 2],
  [['--init', base, '--init-optimizer', 'both'], /--init-optimizer can be keep or fresh, not 'both'/, 2],
  [['--init', base, '--init-optimizer', 'keep', '--set', 'optimizer=sgd'], /state of adamw, which the checkpoint holds, is none for sgd/, 2],
  [['--sample-tokens', '3'], /--sample-tokens goes with --init/, 2],
  [['--old-data', 'x'], /--old-data goes with --init or --resume/, 2],
  [['--init', at('none')], /cannot read .*none: there is no such file/, 1],
  [['--init', at('old.txt')], /old\.txt: safetensors: /, 1],
  [['--init', base, '--old-data', at('foreign.txt')], /foreign\.txt: the old text: .*'Э'/, 1],
  [['--init', base, '--old-data', at('short.txt')], /short\.txt: the old text: .*short/, 1],
];

test('what cannot be is answered by name', async () => {
  for (const [options, message, expected] of WRONG) {
    const { code, stderr } = await folio('train', '--threads', '1', '--data', at('new.txt'), ...options);
    assert.match(stderr, message, options.join(' '));
    assert.equal(code, expected, options.join(' '));
  }
});

test('the model that comes with Folio learns 20 KB of other prose in 60 steps, a few seconds: the loss on it falls by a fifth, and samples tell', async (t) => {
  writeFileSync(at('prose.txt'), proseText());
  const model = join(ROOT, 'models/shakespeare-char/model.safetensors');
  const how = ['--steps', '60', '--set', 'batch_size=2', '--set', 'eval_interval=20', '--sample-tokens', '100'];
  const { code, stdout, stderr } = await folio('train', '--init', model, '--data', at('prose.txt'), ...how, '--json');
  assert.equal(code, 0, stderr);
  const all = events(stdout);
  const first = all.find(({ event }) => event === 'eval');
  const done = all.at(-1);
  t.diagnostic(`measured: ${first.val_loss.toFixed(3)} -> ${done.val_loss.toFixed(3)} in ${done.seconds.toFixed(1)} s, ${done.steps} steps, the best after ${done.best_step}`);
  assert.ok(done.val_loss < 0.8 * first.val_loss, `from ${first.val_loss} to ${done.val_loss}`);
  const samples = all.filter(({ event }) => event === 'sample').map(({ text }) => text);
  assert.deepEqual([samples.length, samples[0] === samples[1]], [2, false]);
});
