// What a person gets wrong on the command line: the answer says what was meant, where it is, and what to do, before any work.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { near } from '../../wasm/bin/near.js';
import { fill } from '../../wasm/bin/wrap.js';
import { FOLIO, ROOT, folio, temporary } from './command.js';
import { SMALL, TEXT } from './text.js';

const folder = temporary('cli-mistakes');
const at = (/** @type {string} */ name) => join(folder, name);
const COMMANDS = ['train', 'replay', 'sample', 'eval', 'export', 'tokenize', 'info', 'bench'];
const small = ['train', '--data', at('text.txt'), '--preset', at('small.json'), '--threads', '1'];
const model = at('model.safetensors');

before(async () => {
  writeFileSync(at('text.txt'), TEXT);
  writeFileSync(at('other.txt'), TEXT.slice(3000));
  writeFileSync(at('small.json'), JSON.stringify(SMALL));
  writeFileSync(at('wrong.json'), JSON.stringify({ ...SMALL, n_hed: 3 }));
  writeFileSync(at('range.json'), JSON.stringify({ ...SMALL, dropout: 3 }));
  const { code, stderr } = await folio(...small, '--steps', '2', '--out', model);
  assert.equal(code, 0, stderr);
});

/** Each ends so, with this on stderr and nothing on stdout. @param {number} code @param {[string[], RegExp][]} cases */
async function refused(code, cases) {
  for (const [options, message] of cases) {
    const result = await folio(...options);
    assert.match(result.stderr, message, options.join(' '));
    assert.deepEqual([result.code, result.stdout], [code, ''], options.join(' '));
  }
}

test('folio help COMMAND is folio COMMAND --help; no line is wider than a terminal', async () => {
  for (const command of COMMANDS) {
    const asked = await folio('help', command);
    const { stdout } = await folio(command, '--help');
    assert.deepEqual([asked.code, asked.stdout], [0, stdout]);
    assert.match(stdout, new RegExp(`^folio ${command} - [^]*\nusage: folio ${command} `));
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
  assert.equal((await folio('--help', 'train')).stdout, (await folio('help', 'train')).stdout);
  assert.equal((await folio('help')).stdout, (await folio('--help')).stdout);
  await refused(2, [
    [['help', 'tarin'], /no command 'tarin'; did you mean 'train'\?/],
    [['evaluate'], /no command 'evaluate'; did you mean 'eval'\?/],
    [['write'], /no command 'write'; known: train, replay, sample, eval, export, tokenize, info, bench\n/],
    [['sample', '--tokens', 'many'], /\n`folio sample --help` tells how it is called\.\n$/],
  ]);
});

test('names that are none: those that are near, by letters, parts and initials', async () => {
  const settings = ['n_head', 'n_embd', 'muon_heads', 'learning_rate', 'min_lr', 'batch_size', 'batching', 'seed'];
  for (const [word, names] of /** @type {[string, string[]][]} */ ([
    ['nembd', ['n_embd']], ['n_hed', ['n_head']], ['lr', ['learning_rate']], ['batch', ['batching', 'batch_size']], ['heads', ['muon_heads', 'n_head']],
    ['lerning_rate', ['learning_rate']], ['SEED', ['seed']], ['zzzz', []], ['', []], ['x', []],
  ])) assert.deepEqual(near(word, settings), names, word);
  await refused(2, [
    [['train', '--set', 'nembd=64'], /there is no setting 'nembd'; did you mean 'n_embd'\?/],
    [['train', '--set', 'zzzzzz=64'], /there is no setting 'zzzzzz'; `folio info` lists them/],
    [['train', '--set', 'steps=64'], /there is no setting 'steps'; did you mean 'max_iters', which --steps sets\?/],
    [['train', '--preset', 'nanogpt'], /no preset or file 'nanogpt'; did you mean 'nanogpt-cpu' or 'nanogpt-gpu'\?/],
    [['bench', '--preset', 'medium'], /no preset or file 'medium'; known: gpt2, nanogpt-cpu/],
    [['train', '--preset', at('wrong.json')], /the preset .*wrong\.json: there is no setting 'n_hed'; did you mean 'n_head'\?/],
    [['train', '--preset', at('range.json')], /the preset .*range\.json: dropout=3 is not allowed/],
  ]);
});

test('an option of another command, a setting, a value that was forgotten, a word too many', () => refused(2, [
  [['train', '--temperature', '1'], /no option --temperature here; `folio sample` has it/],
  [['sample', '--steps', '3'], /no option --steps here; `folio train` has it/],
  [['bench', '--out', 'x'], /no option --out here; `folio train`, `folio replay`, `folio export` and `folio tokenize` have it/],
  [['train', '--n-embd', '64'], /no option --n-embd; it is a setting: --set n_embd=VALUE/],
  [['eval', '--n-embd', '64'], /no option --n-embd\n/],
  [[...small, '--out', '--json'], /--out needs a value: --out FILE; --json is an option \(if it is meant: --out=--json\)/],
  [['tokenize', 'a', 'b'], /'b' is one too many: there is 'a' already/],
]));

test('export: where it cannot go is told by name and reason, before the model is read', async () => {
  mkdirSync(at('taken'));
  mkdirSync(at('taken/config.json'));
  const missing = ['export', '--model', at('nothing'), '--out'];
  await refused(1, [
    [[...missing, at('text.txt')], /cannot make the folder .*text\.txt: a file of that name is there/],
    [[...missing, at('text.txt/x')], /cannot make the folder .*text\.txt\/x: a part of its path is no folder/],
    [[...missing, at('taken')], /cannot write .*config\.json: it is a folder/],
    [[...missing, at('new/folder')], /cannot read .*nothing: there is no such file/],
    [['export', '--model', model, '--out', '/proc/folio'], /cannot make the folder \/proc\/folio: /],
    [[...missing, '/proc'], /cannot write \/proc\/model\.safetensors: \/proc takes no files/],
  ]);
  assert.ok(!readdirSync(folder).includes('new'));
  const again = await folio('export', '--model', model, '--out', at('one/two'));
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await folio('export', '--model', at('one/two'), '--out', at('one/two'))).code, 0, 'a folder of export is a model, and may be written again');
});

test('train --out: where nothing can be written is told before the text is read; without it, that nothing is saved', async () => {
  const missing = ['train', '--data', at('nothing.txt'), '--out'];
  await refused(1, [
    [[...missing, at('no/model')], /cannot write .*no\/model: there is no folder .*no\n/],
    [[...missing, '/proc/model'], /cannot write \/proc\/model: \/proc takes no files/],
    [[...missing, at('n'.repeat(300))], /the name is too long/],
  ]);
  const { stdout } = await folio(...small, '--steps', '1');
  assert.match(stdout, /\nnothing will be saved, as no --out is given\n[^]*\nstep 1\/1/);
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), []);
});

test('--resume: another text, another model, a run that is over', async () => {
  await refused(2, [
    [['train', '--resume', model], /model\.safetensors has learnt another text than .*\.txt: name it with --data FILE/],
    [['train', '--resume', model, '--data', at('text.txt'), '--set', 'n_embd=64'], /n_embd=64 contradicts the checkpoint .*, which has n_embd=16\n/],
  ]);
  const other = await folio('train', '--resume', model, '--data', at('other.txt'), '--steps', '3');
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stdout, /has learnt another text than .*other\.txt: the run goes on, but is no longer the one it was/);
  const over = await folio('train', '--resume', model, '--data', at('text.txt'));
  assert.match(over.stdout, /\nall 2 steps are done already; --steps N, with more, goes on\n/);
});

test('eval and sample: a text that was not learnt, a prompt that cannot be read', async () => {
  const judged = await folio('eval', '--model', model);
  assert.match(judged.stderr, /^.*model\.safetensors has learnt another text than .*\.txt; --data FILE names it\n/);
  const named = await folio('eval', '--model', model, '--data', at('text.txt'));
  assert.deepEqual([named.code, named.stderr], [0, '']);
  await refused(1, [[['sample', '--model', model, '--prompt', 'O €'], /^folio: --prompt: a character .*'€' \(U\+20AC\) at character 2/]]);
});

test('Ctrl-C says the command that goes on, which does', async () => {
  const out = at("it's here.safetensors");
  const { stderr } = await new Promise((/** @type {(result: {code: number | null, stderr: string}) => void} */ resolve) => {
    const child = spawn(process.execPath, [FOLIO, ...small, '--steps', '100000', '--keep-best', '--out', out], { cwd: ROOT });
    let stderr = '';
    child.stdout.on('data', (text) => /step 1\//.test(text) && child.kill('SIGINT'));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', (code) => resolve({ code, stderr }));
  });
  const [, steps, rest] = /interrupted after (\d+) steps; [^\n]*\nto go on: folio (train --resume [^\n]*)\n/.exec(stderr) ?? [];
  assert.ok(rest, stderr);
  const words = Array.from(rest.matchAll(/'(?:[^']|'\\'')*'|\S+/g), ([word]) => word.replaceAll("'\\''", '\0').replaceAll("'", '').replaceAll('\0', "'"));
  assert.deepEqual(words, ['train', '--resume', out, '--data', at('text.txt'), '--out', out, '--keep-best', '--threads', '1']);
  const resumed = await folio(...words, '--steps', String(Number(steps) + 1));
  assert.match(resumed.stdout, new RegExp(`\ndone: ${Number(steps) + 1} steps`), resumed.stderr);
});

test('info lists the presets after the settings, in lines that fit a terminal', async () => {
  const { stdout } = await folio('info');
  assert.match(stdout, /\nPresets, for --preset NAME[^\n]*\n {2}tiny +27,840 parameters, +200 steps\n[^]* gpt2 +124,439,808 parameters/);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('words are filled into lines; what is in backticks stays together', () => {
  assert.deepEqual(fill('a bc `d e f` ghi', 8), ['a bc', '`d e f`', 'ghi']);
  assert.deepEqual(fill('', 8), ['']);
  assert.deepEqual(fill('a-very-long-word b', 5), ['a-very-long-word', 'b']);
});
