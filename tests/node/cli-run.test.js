// alone: a run is timed
// The command line of a run that fits a time and survives trouble: what it says, what it saves, how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as command from './command.js';
import { FOLIO, ROOT, events, temporary } from './command.js';
import { SMALL, TEXT, makeText } from './text.js';

const folder = temporary('cli-run');

const at = (/** @type {string} */ name) => join(folder, name);
writeFileSync(at('text.txt'), TEXT);
writeFileSync(at('little.txt'), makeText(400));
writeFileSync(at('small.json'), JSON.stringify(SMALL));
writeFileSync(at('overfit.json'), JSON.stringify({ ...SMALL, n_embd: 64, learning_rate: 0.01, min_lr: 0.01, val_fraction: 0.6, batch_size: 8, max_iters: 120, eval_interval: 10 }));

/** On one thread. @param {...string} options */
const folio = (...options) => command.folio(...options, '--threads', '1');
const small = ['train', '--data', at('text.txt'), '--preset', at('small.json')];
const overfit = ['train', '--data', at('little.txt'), '--preset', at('overfit.json')];

test('--budget says its plan, ends in time with the start of the program counted, and --steps repeats it', async () => {
  const start = performance.now();
  const { code, stdout, stderr } = await folio(...small, '--budget', '3s', '--set', 'n_embd=32');
  const took = (performance.now() - start) / 1000;
  assert.equal(code, 0, stderr);
  const [, steps] = /\n3 s: ([\d,]+) steps at 0\.0\d+ s; the same run again anywhere: --steps (?:\d+)\n/.exec(stdout) ?? [];
  assert.ok(Number(steps.replace(',', '')) > 20);
  assert.match(stdout, /model: [^\n]*; from step 0, for 3 s\n/);
  assert.ok(took > 2.3 && took < 3.4, `${took} s`);
});

test('--budget as events; what is saved goes on with the schedule of the plan', async () => {
  const { stdout } = await folio(...small, '--budget', '2', '--json', '--out', at('planned.safetensors'));
  const all = events(stdout);
  const [, plan] = all; // after what the text is
  const done = all.at(-1);
  assert.deepEqual([plan.event, plan.step, plan.budget, plan.settings.max_iters], ['plan', 0, 2, plan.steps]);
  const last = all.filter(({ event }) => event === 'moved').at(-1)?.steps ?? plan.steps;
  assert.deepEqual([done.steps, done.stopped], [last, 'steps']);
  const info = (await folio('info', '--model', at('planned.safetensors'))).stdout;
  assert.match(info, new RegExp(`max_iters=${last}\\b`));
});

test('--preset auto measures the presets that were made for a time, and says which it takes', async () => {
  const shrunk = ['n_layer=1', 'n_embd=16', 'n_head=2', 'block_size=16', 'batch_size=2'].flatMap((pair) => ['--set', pair]);
  const { code, stdout, stderr } = await folio('train', '--data', at('text.txt'), '--preset', 'auto', '--budget', '3s', ...shrunk);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^preset: shakespeare\S*, whose [\d,]+ steps at 0\.0\d+ s take \d+:\d\d here/);
  assert.match(stdout, /\n3 s: [\d,]+ steps at /);
  const short = await folio('train', '--preset', 'auto', '--budget', '1s', '--data', at('text.txt'));
  assert.match(short.stdout, /^preset: tiny, whose 200 steps at 0\.0\d+ s take \d+:\d\d here/, 'none of the others fits');
});

test('--patience stops on a plateau and says so; --out holds the best weights', async () => {
  const model = at('best.safetensors');
  const { code, stdout, stderr } = await folio(...overfit, '--patience', '3', '--out', model);
  assert.equal(code, 0, stderr);
  const [, best] = /done: \d+ steps, no longer better;[^\n]*\nthe weights are the best ones, of step (\d+)\n/.exec(stdout) ?? [];
  const [, loss] = new RegExp(`step ${best}: validation loss (\\d\\.\\d{4})`).exec(stdout) ?? [];
  const judged = await folio('eval', '--model', model, '--data', at('little.txt'));
  assert.match(judged.stdout, new RegExp(`validation loss ${loss} `));
});

test('--keep-best: interrupted, the file has the best weights; resumed from it, the end is that of a run that was not', async () => {
  const model = at('interrupted.safetensors');
  const whole = events((await folio(...overfit, '--keep-best', '--json')).stdout).at(-1);
  const stderr = await new Promise((resolve) => {
    const child = spawn(process.execPath, [FOLIO, ...overfit, '--keep-best', '--json', '--out', model, '--threads', '1'], { cwd: ROOT });
    let [stdout, stderr, sent] = ['', '', false];
    child.stdout.on('data', (text) => {
      stdout += text;
      if (sent || !/"eval","step":60/.test(stdout)) return;
      sent = true;
      child.kill('SIGINT');
    });
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', () => resolve(stderr));
  });
  assert.match(stderr, /interrupted after \d+ steps; saved to .*; the best weights so far are of step \d+/);
  const resumed = events((await folio('train', '--data', at('little.txt'), '--resume', model, '--json')).stdout).at(-1);
  assert.deepEqual([resumed.digest, resumed.best_step, resumed.val_loss], [whole.digest, whole.best_step, whole.val_loss]);
});

test('a run that diverges before it has learnt anything leaves an earlier file as it was', async () => {
  const [file, wild] = [at('earlier.safetensors'), ['--set', 'learning_rate=10', '--set', 'grad_clip=0', '--set', 'warmup_iters=0', '--set', 'eval_interval=0', '--steps', '200']];
  assert.equal((await folio(...small, '--steps', '10', '--out', file)).code, 0);
  const before = readFileSync(file);
  for (const from of [['--preset', at('small.json')], ['--resume', file]]) {
    const { code, stdout } = await folio('train', '--data', at('text.txt'), ...from, ...wild, '--out', file);
    assert.equal(code, 1);
    assert.match(stdout, /earlier\.safetensors stays as it was: nothing was learnt\n/);
    assert.ok(before.equals(readFileSync(file)));
  }
});

test('a run that diverges ends with 1, in words, with the last good state saved; or goes back and on', async () => {
  const wild = ['--set', 'learning_rate=10', '--set', 'min_lr=10', '--set', 'warmup_iters=0', '--set', 'schedule=constant', '--steps', '60'];
  const model = at('good.safetensors');
  const stopped = await folio(...small, ...wild, '--out', model);
  assert.equal(stopped.code, 1, stopped.stderr);
  assert.match(stopped.stdout, /step \d+: the loss has risen from \d+\.\d\d to \d+\.\d\d; back to the good state after \d+ steps, and training stops\n/);
  assert.match(stopped.stdout, /done: \d+ steps, diverged;/);
  assert.equal((await folio('eval', '--model', model, '--data', at('text.txt'))).code, 0);
  const back = await folio(...small, ...wild, '--on-divergence', 'rollback', '--json');
  const all = events(back.stdout);
  const diverged = all.filter(({ event }) => event === 'diverged');
  assert.ok(diverged.length >= 1);
  assert.equal(all.at(-1).rollbacks, diverged.filter(({ action }) => action === 'rollback').length);
  const told = await folio(...small, ...wild, '--on-divergence', 'rollback');
  assert.match(told.stdout, /back to the good state after \d+ steps, and on with half the rate, learning_rate=5\n/);
});

test('what is typed wrong is told by name', async () => {
  for (const [options, message] of /** @type {[string[], RegExp][]} */ ([
    [['--budget', 'soon'], /--budget must be a time, such as 60s, 5m or 1h, not 'soon'/],
    [['--budget', '60s', '--steps', '3'], /--budget and --steps exclude each other/],
    [['--preset', 'auto'], /--preset auto needs a --budget/],
    [['--patience', 'few'], /--patience must be a whole number from 0, not 'few'/],
    [['--on-divergence', 'pray'], /--on-divergence can be stop, rollback or ignore, not 'pray'/],
    [['--keep-best=yes'], /--keep-best takes no value/],
    // whatever else is wrong: it is said before a file is read
    [['--patience', '2', '--eval-every', '0', '--data', at('nothing.txt')], /patience needs evaluations on the way: eval_interval is 0/],
    [['--patience', '2', '--preset', 'tiny', '--data', at('nothing.txt')], /patience needs evaluations on the way: eval_interval is 0/],
    [['--patience', '2', '--preset', 'auto', '--budget', '9s', '--set', 'eval_interval=0'], /patience needs evaluations on the way/],
    [['--keep-best', '--set', 'val_fraction=0', '--data', at('nothing.txt')], /keepBest and patience need a validation part: val_fraction is 0/],
    [['--patience', '2', '--eval-every', '0', '--resume', at('best.safetensors'), '--data', at('little.txt')], /patience needs evaluations on the way/],
    [['--patience', '2', '--eval-every', '0', '--init', at('best.safetensors'), '--data', at('text.txt')], /patience needs evaluations on the way/],
  ])) {
    const { code, stdout, stderr } = await folio('train', ...options);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, ''], options.join(' '));
  }
  const { code, stderr } = await folio(...small, '--budget', '0.01s');
  assert.match(stderr, /a budget of 0\.01 s is too short/);
  assert.equal(code, 1);
});

test('the help says what is kept, and where training goes on', async () => {
  const stdout = (await folio('train', '--help')).stdout.replace(/\s+/g, ' ');
  for (const words of [/--budget TIME/, /--patience N/, /--keep-best/, /--on-divergence stop\|rollback\|ignore/, /those of the last step stand beside them in the same file/]) assert.match(stdout, words);
});

test('standard input is one text only, and a file is no folder', async () => {
  const child = spawn(process.execPath, [FOLIO, ...small.with(2, '-'), '--init', 'models/shakespeare-char', '--old-data', '-', '--threads', '1'], { cwd: ROOT });
  child.stdin.end(TEXT);
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 1);
  assert.match(stderr, /^folio: cannot read standard input: it was read already, and can be one text only\n$/);
  const made = await command.folio('export', '--model', 'models/shakespeare-char', '--out', at('text.txt'));
  assert.match(made.stderr, /^folio: cannot make the folder .*text\.txt: a file of that name is there\n$/);
});
