// The command line: what it prints, what it leaves behind, how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clock, grouped, size } from '../../wasm/bin/progress.js';
import { FOLIO, ROOT, events, folio, temporary } from './command.js';
import { SMALL, TEXT } from './text.js';

const folder = temporary('cli');

const at = (/** @type {string} */ name) => join(folder, name);
writeFileSync(at('text.txt'), TEXT);
writeFileSync(at('empty.txt'), '');
writeFileSync(at('short.txt'), 'To be, or not.');
writeFileSync(at('bad.txt'), Uint8Array.of(0x61, 0xff));
writeFileSync(at('small.json'), JSON.stringify(SMALL));
writeFileSync(at('broken.json'), '{');
writeFileSync(at('list.json'), '[1]');
writeFileSync(at('page.html'), '<!doctype html><title>Not here</title>');

const small = ['train', '--data', at('text.txt'), '--preset', at('small.json')];

test('train --json: one object a line, data at the beginning, step and eval events, done at the end', async () => {
  const { code, stdout, stderr } = await folio(...small, '--json', '--seed', '7', '--steps', '30', '--eval-every', '15');
  assert.equal(code, 0, stderr);
  const [data, ...all] = events(stdout);
  assert.deepEqual(Object.keys(data), ['event', 'path', 'tokenizer', 'vocab_size', 'tokens', 'train_tokens', 'val_tokens', 'val_windows', 'block_size', 'baselines']);
  assert.equal(data.tokens, data.train_tokens + data.val_tokens);
  assert.deepEqual(Object.keys(data.baselines), ['uniform', 'unigram', 'bigram', 'trigram']);
  assert.deepEqual(data.baselines.uniform.val_loss, Math.log(data.vocab_size));
  assert.deepEqual(all.filter(({ event }) => event === 'step').map(({ step }) => step), Array.from({ length: 30 }, (_, i) => i));
  assert.deepEqual(Object.keys(all[0]), ['event', 'step', 'loss', 'lr', 'grad_norm', 'tokens', 'seconds']);
  assert.deepEqual(all.filter(({ event }) => event === 'eval').map(({ step }) => step), [15, 30]);
  const done = all.at(-1);
  assert.deepEqual(Object.keys(done), ['event', 'parameters', 'steps', 'tokens', 'seconds', 'tokens_per_second', 'val_loss', 'bits_per_byte', 'digest',
    'stopped', 'best_step', 'moved', 'rollbacks']);
  assert.match(done.digest, /^[0-9a-f]{64}$/);
  assert.match(stderr, /text: .*text\.txt/);
  assert.equal(events((await folio(...small, '--json', '--seed', '7', '--steps', '30')).stdout).at(-1).digest, done.digest);
  assert.notEqual(events((await folio(...small, '--json', '--seed', '8', '--steps', '30')).stdout).at(-1).digest, done.digest);
});

test('train without a terminal: plain lines, without control characters, that say which text, how fast and how well', async () => {
  const { code, stdout, stderr } = await folio(...small);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f]/);
  assert.match(stdout, /^text: .*text\.txt, 12\.\d kB/);
  assert.match(stdout, /to beat: uniform \d\.\d{4}, unigram \d\.\d{4}, bigram \d\.\d{4}, trigram \d\.\d{4} nats per token; (\d\.\d{4}, ){3}\d\.\d{4} bits per byte\n/);
  assert.match(stdout, /step 20\/20 {2}loss \d\.\d{4} {2}[\d,]+ tokens\/s {2}ETA 0:00/);
  assert.match(stdout, /step 10: validation loss \d\.\d{4}, \d\.\d{4} bits per byte\n/);
  assert.match(stdout, /done: 20 steps;[^\n]*\nvalidation loss \d\.\d{4} nats per token, \d\.\d{4} bits per byte\ndigest [0-9a-f]{64}\nthe model is not saved, as no --out was given\n$/);
});

test('train --out, sample, eval, info: a model goes from hand to hand', async () => {
  const model = at('model.safetensors');
  const trained = await folio(...small, '--json', '--out', model);
  assert.equal(trained.code, 0, trained.stderr);
  const [data, done] = [events(trained.stdout)[0], events(trained.stdout).at(-1)];

  const judged = await folio('eval', '--model', model, '--data', at('text.txt'), '--json');
  assert.deepEqual(events(judged.stdout), [{ event: 'eval', step: 20, val_loss: done.val_loss, bits_per_byte: done.bits_per_byte }]);
  const told = await folio('eval', '--model', model, '--data', at('text.txt'));
  assert.match(told.stdout, /text\.txt: validation loss \d\.\d{4} nats per token, \d\.\d{4} bits per byte \(\d+ windows of 16\)/);
  const { baselines } = JSON.parse((await folio('eval', '--model', model, '--data', at('text.txt'), '--json', '--baselines')).stdout);
  assert.deepEqual(baselines, data.baselines);
  assert.match((await folio('eval', '--model', model, '--data', at('text.txt'), '--baselines')).stdout, /^.*windows of 16\)\nto beat: uniform .* bits per byte\n$/);

  const how = ['sample', '--model', model, '--prompt', 'Romeo', '--tokens', '40', '--temperature', '0.8', '--top-k', '9', '--top-p', '0.95', '--min-p', '0.01'];
  const [one, same, other] = await Promise.all([folio(...how, '--seed', '3'), folio(...how, '--seed', '3'), folio(...how, '--seed', '4')]);
  assert.equal(one.code, 0, one.stderr);
  assert.equal(one.stdout, same.stdout);
  assert.notEqual(one.stdout, other.stdout);
  assert.equal([...one.stdout].length, 5 + 40 + 1);
  assert.ok(one.stdout.startsWith('Romeo') && one.stdout.endsWith('\n'));
  assert.equal([...(await folio('sample', '--model', model)).stdout].length, 500 + 1);

  const info = await folio('info', '--model', model);
  assert.equal(info.code, 0, info.stderr);
  assert.match(info.stdout, /20 steps of training, with the state to go on/);
  assert.match(info.stdout, new RegExp(`parameters: ${grouped(done.parameters)}\n`));
  assert.match(info.stdout, /n_embd=16 {2}\*/);
});

test('train --resume goes on to the same bits', async () => {
  const half = at('half.safetensors');
  const whole = events((await folio(...small, '--json')).stdout).at(-1);
  await folio(...small, '--steps', '20', '--out', half);
  const settings = ['--set', 'max_iters=20'];
  const child = await interrupted([...small, '--json', '--out', half, ...settings], 6);
  assert.equal(child.code, 130);
  const resumed = await folio('train', '--data', at('text.txt'), '--resume', half, '--json');
  assert.equal(resumed.code, 0, resumed.stderr);
  const all = events(resumed.stdout).slice(1);
  assert.ok(all[0].event === 'eval' || all[0].step > 4);
  assert.equal(all.at(-1).digest, whole.digest);
});

/** Starts, sends Ctrl-C once so many events have come, and waits for the end. @param {string[]} options @param {number} count */
function interrupted(options, count) {
  return new Promise((/** @type {(result: {code: number | null, stdout: string, stderr: string}) => void} */ resolve) => {
    const child = spawn(process.execPath, [FOLIO, ...options], { cwd: ROOT });
    let [stdout, stderr, sent] = ['', '', false];
    child.stdout.on('data', (text) => {
      stdout += text;
      if (sent || stdout.split('\n').length <= count) return;
      sent = true;
      child.kill('SIGINT');
    });
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('Ctrl-C stops, saves and says so; the file goes on where it stopped', async () => {
  const model = at('interrupted.safetensors');
  const { code, stderr } = await interrupted([...small, '--steps', '100000', '--json', '--out', model], 3);
  assert.equal(code, 130);
  const [, steps] = /interrupted after (\d+) steps; saved to/.exec(stderr) ?? [];
  assert.ok(Number(steps) >= 2);
  const resumed = events((await folio('train', '--data', at('text.txt'), '--resume', model, '--steps', String(Number(steps) + 3), '--json')).stdout);
  assert.equal(resumed[1].step, Number(steps));
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), []);
});

test('Ctrl-C before the first step leaves a file that is there as it was; that it would be replaced is told', async () => {
  const model = at('before.safetensors');
  await folio(...small, '--steps', '3', '--out', model);
  const before = readFileSync(model);
  // the first event is there before the first step; a step of this size takes longer than the signal
  const slow = ['--json', '--set', 'gradient_accumulation_steps=4096', '--set', 'batch_size=64', '--out', model];
  const { code, stderr } = await interrupted([...small, ...slow], 1);
  assert.equal(code, 130);
  assert.match(stderr, /before\.safetensors is there already: what is learnt now replaces it\n/);
  assert.match(stderr, /interrupted after 0 steps; nothing was saved, as no step was done/);
  assert.deepEqual(readFileSync(model), before);
  const resumed = await folio('train', '--data', at('text.txt'), '--resume', model, '--steps', '4', '--out', model);
  assert.match(resumed.stdout, /saved to/);
  assert.doesNotMatch(resumed.stdout, /is there already/);
});

test('Ctrl-C without --out says that nothing was saved', async () => {
  const { code, stderr } = await interrupted([...small, '--steps', '100000', '--json'], 3);
  assert.equal(code, 130);
  assert.match(stderr, /nothing was saved, as no --out was given/);
});

test('--set changes one setting, by the table of the core', async () => {
  const { stdout } = await folio('info', '--preset', 'tiny', '--set', 'n_layer=1', '--set', 'bias=true', '--set', 'activation=relu');
  for (const line of ['n_layer=1', 'bias=true', 'activation=relu']) assert.match(stdout, new RegExp(`^ {2}${line}  \\*$`, 'm'));
});

test('info tells what runs and what can be set', async () => {
  const { code, stdout } = await folio('info');
  assert.equal(code, 0);
  assert.match(stdout, /folio \d+\.\d+\.\d+: module (simd128|dot)(-threads)?, exact numerics, \d+ threads?/);
  assert.match(stdout, /engine: simd yes/);
  assert.match(stdout, /n_head +attention heads[^\n]*\n +default 4; a whole number from 1 to 256/);
  assert.match((await folio('info', '--preset', 'gpt2')).stdout, /parameters: 124,439,808\nmemory: model 498 MB/);
});

test('--threads and --numerics choose the module; the weights do not depend on the threads', async () => {
  const run = async (/** @type {string[]} */ ...more) => {
    const { stdout, stderr } = await folio(...small, '--steps', '6', '--json', ...more);
    return { digest: events(stdout).at(-1).digest, engine: stderr.match(/engine: module ([^\n]*)/)?.[1] };
  };
  const [one, three] = [await run('--threads', '1'), await run('--threads', '3')];
  assert.match(`${one.engine}`, /^(simd128|dot), exact numerics, 1 thread$/);
  assert.match(`${three.engine}`, /^(simd128|dot)-threads, exact numerics, 3 threads$/);
  assert.equal(three.digest, one.digest);
  const fast = await run('--threads', '1', '--numerics', 'fast');
  assert.match(`${fast.engine}`, /^relaxed, fast numerics, 1 thread$|^simd128, exact numerics, 1 thread; numerics are exact: this engine has no relaxed SIMD$/);
  for (const [option, value] of [['--threads', '0'], ['--threads', '65'], ['--threads', 'two'], ['--numerics', 'wrong']]) {
    const { code, stderr } = await folio(...small, option, value);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`${option} can be .*'${value}'`));
  }
});

test('bench: one object with what was measured', async () => {
  const { code, stdout, stderr } = await folio('bench', '--preset', at('small.json'), '--threads', '2', '--json');
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.ok(result.peak_gflops > 0.5);
  assert.equal(result.gemm.length, 15);
  for (const { m, n, k, kind, gflops, percent } of result.gemm) {
    assert.ok(m > 0 && n > 0 && k > 0 && gflops > 0 && percent > 0);
    assert.match(kind, /^(forward|d-input|d-weight)$/);
  }
  const { tokens_per_second, useful_gflops, percent_of_peak, parts } = result.step;
  assert.ok(tokens_per_second > 0 && useful_gflops > 0 && percent_of_peak > 0);
  const shares = Object.values(parts).map(({ share }) => share);
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  assert.ok(result.decode.tokens_per_second > 0 && result.memory_bytes > 0);
  assert.match(result.variant, /^(simd128|dot)-threads$/);
  assert.equal(result.threads, 2);
});

test('help for all and for each', async () => {
  const all = await folio('--help');
  assert.equal(all.code, 0);
  assert.equal((await folio('-h')).stdout, all.stdout);
  for (const command of ['train', 'sample', 'eval', 'info', 'bench']) {
    assert.match(all.stdout, new RegExp(`folio ${command} `));
    assert.equal((await folio(command, '-h')).stdout, (await folio(command, '--help')).stdout);
    const { code, stdout } = await folio(command, '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^folio ${command} - `));
    assert.match(stdout, /--model FILE|--preset NAME\|FILE/);
  }
  assert.match((await folio('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal((await folio()).code, 2);
});

/** @type {[string[], RegExp][]} */
const WRONG = [
  [['trian'], /no command 'trian'; did you mean 'train'/],
  [['train', 'text.txt'], /'text\.txt' is not an option; did you mean --data text\.txt\?/],
  [['sample', 'To be,'], /'To be,' is not an option; did you mean --prompt 'To be,'\?/],
  [['bench', 'tiny'], /'tiny' is not an option\n/],
  [['train', '--stesp', '3'], /no option --stesp; did you mean --steps/],
  [['train', '--steps'], /--steps needs a value: --steps N/],
  [['train', '--steps', 'many'], /--steps must be a whole number from 0, not 'many'/],
  [['train', '--steps', '-1'], /whole number from 0/],
  [['train', '--steps=1.5'], /whole number from 0/],
  [['train', '--seed', '1', '--seed', '2'], /--seed stands twice/],
  [['train', '--json=yes'], /--json takes no value/],
  [['train', '--set', 'seed'], /--set needs key=value, not 'seed'/],
  [['train', '--set', 'n_hed=3'], /no setting 'n_hed'; did you mean 'n_head'/],
  [['train', '--set', 'dropout=2'], /dropout=2 is not allowed: it must be a number from 0 to 0\.95/],
  [['train', '--set', 'n_layer=four'], /n_layer='four' is not allowed/],
  [['train', '--set', 'n_embd=100', '--set', 'n_head=3'], /n_embd must be divisible by n_head: n_embd=100, n_head=3/],
  [['train', '--seed', '99999999999'], /seed=99999999999 is not allowed/],
  [['train', '--preset', 'shakespaere'], /no preset or file 'shakespaere'; did you mean 'shakespeare'/],
  [['train', '--preset', at('broken.json')], /broken\.json is not JSON/],
  [['train', '--preset', at('list.json')], /list\.json is not a JSON object/],
  [['train', '--preset', 'tiny', '--resume', 'x'], /--preset and --resume exclude each other/],
  [['export'], /--model FILE is missing/],
  [['sample', '--model', 'x', '--temperature', 'hot'], /--temperature must be a number, not 'hot'/],
];

test('what is typed wrong ends with 2, says what is wrong and writes nothing to stdout', async () => {
  for (const [options, message] of WRONG) {
    const { code, stdout, stderr } = await folio(...options);
    assert.match(stderr, message, options.join(' '));
    assert.deepEqual([code, stdout], [2, ''], options.join(' '));
  }
});

/** @type {[string[], RegExp][]} */
const FAILING = [
  [['train', '--data', at('nothing.txt')], /cannot read .*nothing\.txt: there is no such file/],
  [['train', '--data', folder], /cannot read .*: it is a folder/],
  [['train', '--data', at('empty.txt')], /empty\.txt is empty/],
  [['train', '--data', at('short.txt')], /too short for block_size: the text has 14 tokens, block_size=128/],
  [['train', '--data', at('bad.txt')], /not valid UTF-8: byte 0xFF at byte 1/],
  [['train', '--data', at('text.txt'), '--out', at('no/such/folder.safetensors')], /cannot write .*there is no folder/],
  [['train', '--data', at('text.txt'), '--out', folder], /cannot write .*it is a folder/],
  [['train', '--data', at('text.txt'), '--set', 'n_embd=16384', '--set', 'n_layer=256'], /not enough memory: .* \d{12,} bytes/],
  [['train', '--data', at('text.txt'), '--resume', at('page.html')], /page\.html: safetensors: this is no safetensors file/],
  [['sample', '--model', at('nothing')], /cannot read .*nothing: there is no such file/],
  [['sample', '--model', at('page.html')], /page\.html: safetensors: this is no safetensors file/],
  [['eval', '--model', at('empty.txt')], /the file has 0 bytes/],
  [['info', '--model', at('text.txt')], /safetensors: /],
];

test('what fails ends with 1 and names the file or setting and why', async () => {
  for (const [options, message] of FAILING) {
    const { code, stderr } = await folio(...options);
    assert.match(stderr, message, options.join(' '));
    assert.doesNotMatch(stderr, /^ +at /m, options.join(' '));
    assert.equal(code, 1, options.join(' '));
  }
});

test('a sample from a prompt that the model cannot read names the character', async () => {
  const model = at('prompted.safetensors');
  await folio(...small, '--steps', '1', '--out', model);
  const { code, stderr } = await folio('sample', '--model', model, '--prompt', 'O €');
  assert.equal(code, 1);
  assert.match(stderr, /'€' \(U\+20AC\) at character 2/);
});

test('a sampler outside its range is a mistake in the call', async () => {
  const model = at('sampled.safetensors');
  await folio(...small, '--steps', '1', '--out', model);
  for (const [option, value] of [['--temperature', '-1'], ['--top-k', '4294967296'], ['--top-p', '0'], ['--min-p', '2'], ['--repetition-penalty', '0']]) {
    const { code, stdout, stderr } = await folio('sample', '--model', model, '--prompt', 'Romeo', option, value);
    const name = option.slice(2).replace('-', '_');
    assert.match(stderr, new RegExp(`outside its range: ${name}=${value} \\([^(]*\\)\n`)); // and no other
    assert.deepEqual([code, stdout], [2, '']);
  }
  assert.equal((await folio('sample', '--model', model, '--prompt', 'Romeo', '--tokens', '0')).stdout, 'Romeo\n');
});

test('a failed save leaves the old file as it was', async () => {
  const model = at('kept.safetensors');
  await folio(...small, '--steps', '1', '--out', model);
  const before = readFileSync(model);
  const { code } = await folio(...small, '--data', at('empty.txt'), '--out', model);
  assert.notEqual(code, 0);
  assert.deepEqual(readFileSync(model), before);
});

test('train --data - learns what comes on standard input', async () => {
  const child = spawn(process.execPath, [FOLIO, ...small.with(2, '-'), '--json', '--steps', '3'], { cwd: ROOT });
  child.stdin.end(TEXT);
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  await new Promise((resolve) => child.on('close', resolve));
  const [data, ...all] = events(stdout);
  assert.deepEqual([data.path, all.at(-1).digest], ['standard input', events((await folio(...small, '--json', '--steps', '3')).stdout).at(-1).digest]);
});

test('without --data it trains on a text that is there, and says which', async () => {
  const { code, stdout, stderr } = await folio('train', '--preset', 'tiny', '--steps', '1', '--set', 'val_fraction=0');
  const there = ['build/data/tinyshakespeare.txt', 'models/mock-shakespeare.txt'].find((name) => existsSync(join(ROOT, name)));
  if (there) assert.match(stdout, new RegExp(`^text: .*${there}, `));
  else assert.match(stderr, /name a text with --data FILE/);
  assert.equal(code, there ? 0 : 1);
});

test('a reader that leaves early is no failure', async () => {
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, [FOLIO, ...small, '--json', '--steps', '2000'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout?.once('data', () => child.stdout?.destroy());
    child.on('close', resolve);
  });
  assert.equal(code, 0);
});

test('times, numbers and sizes read well', () => {
  assert.deepEqual([0, 9.2, 61, 3600, 3725].map(clock), ['0:00', '0:10', '1:01', '1:00:00', '1:02:05']);
  assert.deepEqual([0, 999, 1500, 123456, 5e6, 4294967296].map(size), ['0 bytes', '999 bytes', '1.50 kB', '123 kB', '5.00 MB', '4.29 GB']);
  assert.equal(grouped(1234567.8), '1,234,568');
});

test('on a terminal: a bar that redraws itself', async () => {
  const { Progress } = await import('../../wasm/bin/progress.js');
  let text = '';
  const out = /** @type {any} */ ({ isTTY: true, columns: 90, write: (/** @type {string} */ part) => (text += part) });
  const progress = new Progress(out, 0, 10);
  const event = (/** @type {number} */ step) => /** @type {any} */ ({ event: 'step', step, loss: 2, lr: 1, grad_norm: 1, tokens: 100 * (step + 1), seconds: step + 1 });
  progress.step(event(4));
  assert.equal(text, `\r\x1b[2K${'━'.repeat(12)}${'─'.repeat(12)} 5/10  loss 2.0000  100 tokens/s  ETA 0:05`);
  out.columns = 52;
  text = '';
  progress.step(event(9));
  assert.equal(text, `\r\x1b[2K${'━'.repeat(8)} 10/10  loss 2.0000  100 tokens/s  ETA 0:00`, 'the bar makes room for the figures');
  out.columns = 90;
  text = '';
  progress.line('saved');
  assert.equal(text, '\r\x1b[2Ksaved\n');
});

test('export: a folder that writes the same; f16 takes half the room and rounds', async () => {
  const model = at('export.safetensors');
  assert.equal((await folio(...small, '--steps', '10', '--out', model)).code, 0);
  const full = await folio('export', '--model', model, '--out', at('exported/f32'));
  const half = await folio('export', '--model', model, '--out', at('exported/f16'), '--dtype', 'f16');
  assert.equal(full.code, 0, full.stderr);
  assert.match(half.stdout, /model\.safetensors: .*, after 10 steps, digest [0-9a-f]{64}\n$/);
  const [f32, f16] = ['f32', 'f16'].map((name) => readFileSync(at(`exported/${name}/model.safetensors`)));
  assert.ok(f16.length < 0.75 * f32.length);
  const write = async (/** @type {string} */ file) => (await folio('sample', '--model', file, '--tokens', '50')).stdout;
  assert.equal(await write(at('exported/f32')), await write(model));
  assert.match((await folio('info', '--model', at('exported/f32'))).stdout, /f32\/model\.safetensors: 10 steps of training;/);
  const losses = await Promise.all([model, at('exported/f16')].map(async (file) => {
    const { stdout } = await folio('eval', '--model', file, '--data', at('text.txt'), '--json');
    return JSON.parse(stdout).val_loss;
  }));
  assert.ok(Math.abs(losses[0] - losses[1]) < 0.002, `${losses}`);
  const tuned = await folio('train', '--init', at('exported/f32'), '--data', at('text.txt'), '--steps', '1', '--sample-tokens', '0');
  assert.equal(tuned.code, 0, tuned.stderr);
  const config = JSON.parse(readFileSync(at('exported/f16/config.json'), 'utf8'));
  const tokenizer = JSON.parse(readFileSync(at('exported/f16/tokenizer.json'), 'utf8'));
  assert.equal(Object.keys(tokenizer.model.vocab).length, config.vocab_size);
});

test('export says what is wrong', async () => {
  const model = at('export.safetensors');
  assert.match((await folio('export', '--model', model, '--out', at('x'), '--dtype', 'bf16')).stderr, /--dtype can be f32 or f16, not 'bf16'/);
  assert.match((await folio('export', '--model', model, '--out', at('text.txt'))).stderr, /cannot make the folder .*text\.txt/);
});
