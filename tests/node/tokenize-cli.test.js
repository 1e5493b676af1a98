// Tokenizers on the command line: what tokenize prints and saves, and a model that learns the tokens of one.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FOLIO, ROOT, events, folio, temporary } from './command.js';
import { SMALL, TEXT } from './text.js';

const folder = temporary('tokenize-cli');

const at = (/** @type {string} */ name) => join(folder, name);
writeFileSync(at('text.txt'), TEXT);
writeFileSync(at('short.txt'), 'To be, or not.');
writeFileSync(at('small.json'), JSON.stringify(SMALL));
writeFileSync(at('page.html'), '<!doctype html><title>Not here</title>');

const small = ['train', '--data', at('text.txt'), '--preset', at('small.json')];

test('tokenize: ids and counts for every kind, as lines and as JSON', async () => {
  for (const [kind, more] of [['char', []], ['byte', []], ['word', ['--vocab-size', '100']], ['bpe', ['--vocab-size', '300']]]) {
    const { code, stdout, stderr } = await folio('tokenize', '--tokenizer', String(kind), ...more, '--json', at('text.txt'));
    assert.equal(code, 0, stderr);
    const { ids, tokens, bytes, bytes_per_token, vocab_size } = JSON.parse(stdout);
    assert.equal(ids.length, tokens);
    assert.equal(bytes, Buffer.byteLength(TEXT));
    assert.equal(bytes_per_token, bytes / tokens);
    assert.ok(ids.every((/** @type {number} */ id) => id < vocab_size));
    const lines = (await folio('tokenize', '--tokenizer', String(kind), ...more, at('text.txt'))).stdout.trimEnd().split('\n');
    assert.equal(lines.slice(0, -1).join(' '), ids.join(' '));
    assert.match(lines.at(-1) ?? '', /tokens of .* bytes per token$/);
  }
});

test('tokenize: learns from one text, reads another from standard input, saves and loads what it learnt', async () => {
  const learnt = await folio('tokenize', '--tokenizer', 'bpe', '--vocab-size', '280', '--split', 'gpt2', '--train', at('text.txt'), '--out', at('bpe.json'), '--json', at('short.txt'));
  assert.equal(learnt.code, 0, learnt.stderr);
  const again = execFile(process.execPath, [FOLIO, 'tokenize', '--tokenizer', at('bpe.json'), '--json'], { cwd: ROOT });
  again.stdin?.end(readFileSync(at('short.txt')));
  let stdout = '';
  again.stdout?.on('data', (text) => (stdout += text));
  await new Promise((resolve) => again.on('close', resolve));
  assert.deepEqual(JSON.parse(stdout).ids, JSON.parse(learnt.stdout).ids);
  const ranks = await folio('tokenize', '--tokenizer', 'bpe', '--out', at('bpe.tiktoken'), '--quiet', at('text.txt'));
  assert.equal(ranks.code, 0, ranks.stderr);
  assert.match(readFileSync(at('bpe.tiktoken'), 'utf8'), /^AA== 0\nAQ== 1\n/);
});

test('a mark of the order of bytes at the beginning is no part of a text, wherever it is read', async () => {
  writeFileSync(at('marked.txt'), `\ufeff${TEXT}`);
  assert.equal((await folio(...small, '--steps', '1', '--out', at('model.safetensors'))).code, 0);
  const both = await Promise.all(['text.txt', 'marked.txt'].map(async (name) => [
    events((await folio('train', '--data', at(name), '--preset', at('small.json'), '--steps', '2', '--json')).stdout).at(-1).digest,
    JSON.parse((await folio('tokenize', '--json', at(name))).stdout),
    JSON.parse((await folio('tokenize', '--train', at(name), '--json', at('text.txt'))).stdout),
    JSON.parse((await folio('eval', '--model', at('model.safetensors'), '--data', at(name), '--json')).stdout),
  ]));
  assert.deepEqual(both[1], both[0]);
  assert.equal(both[0][1].bytes, Buffer.byteLength(TEXT));
});

/** What --show prints of a file, with other variables of the environment. @param {string} file @param {Record<string, string>} variables @param {...string} how */
const shown = (file, variables, ...how) => execFileSync(process.execPath, [FOLIO, 'tokenize', '--show', ...how, at(file)], {
  cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', ...variables },
}).split('\n');

test('tokenize --show: the pieces in colours where they are asked for, else with lines between them, and nothing lost', () => {
  const how = ['--tokenizer', 'bpe', '--vocab-size', '300', '--train', at('text.txt')];
  const [coloured] = shown('short.txt', { FORCE_COLOR: '1', NO_COLOR: '1' }, ...how);
  assert.equal(coloured.replace(/\x1b\[[\d;]*m/g, ''), 'To be, or not.');
  const pieces = (coloured.match(/\x1b\[4\d;97m/g) ?? []).length;
  assert.ok(pieces > 3);
  for (const variables of [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '0' }]) {
    const [plain] = shown('short.txt', /** @type {Record<string, string>} */ (variables), ...how);
    assert.deepEqual([plain.replaceAll('│', ''), plain.split('│').length], ['To be, or not.', pieces]);
    assert.ok(!plain.includes('\x1b'));
  }
});

test('tokenize --show: what would be taken for a line between pieces, or obeyed by a terminal, is shown by its bytes', () => {
  writeFileSync(at('odd.txt'), 'a│b\x1b[31m\tü\n');
  assert.deepEqual(shown('odd.txt', {}).slice(0, 2), ['a│\\xe2\\x94\\x82│b│\\x1b│[│3│1│m│\t│ü│↵', '']);
  const [coloured] = shown('odd.txt', { FORCE_COLOR: '1' });
  assert.equal(coloured.replace(/\x1b\[4\d;97m|\x1b\[0m/g, ''), 'a│b\\x1b[31m\tü↵');
  assert.deepEqual(shown('odd.txt', {}, '--tokenizer', 'byte')[0].split('│').slice(-3), ['\\xc3', '\\xbc', '↵']);
});

test('what a tokenizer has no use for is refused with the reason, before anything is read', async () => {
  const nothing = at('nothing.txt');
  for (const [options, message] of /** @type {[string[], RegExp][]} */ ([
    [['--vocab-size', '20'], /--vocab-size goes with --tokenizer word or bpe: char has one token for each character of the text/],
    [['--tokenizer', 'byte', '--vocab-size', '20'], /byte has one token for each of the 256 bytes/],
    [['--tokenizer', 'cl100k_base', '--vocab-size', '20'], /cl100k_base has its own tokens/],
    [['--tokenizer', at('page.html'), '--vocab-size', '20'], /page\.html has its tokens already/],
    [['--min-count', '2'], /--min-count goes with --tokenizer word or bpe: char/],
    [['--tokenizer', 'word', '--split', 'none'], /--split goes with --tokenizer bpe: word cuts a text between its words/],
    [['--tokenizer', 'gpt2', '--train', nothing], /--train goes with --tokenizer char, word or bpe: gpt2 has its own tokens/],
    [['--tokenizer', 'bpe', '--ranks', nothing], /--ranks goes with the encodings, gpt2, .* or o200k_harmony: bpe learns its tokens/],
    [['--tokenizer', 'bpe', '--vocab-size', '256'], /--vocab-size must be a whole number from 257 to 1048576 for bpe, not 256/],
    [['--tokenizer', 'word', '--vocab-size', '2'], /--vocab-size must be a whole number from 3 to 1048576 for word, not 2/],
    [['--tokenizer', 'bpe', '--min-count', '0'], /--min-count must be a whole number from 1/],
    [['--out', at('char.tiktoken')], /only bpe and the encodings can be saved as \.tiktoken, not char/],
    [['--show', '--json'], /--show and --json exclude each other/],
    [['--show', '--quiet'], /--show and --quiet exclude each other/],
  ])) {
    const { code, stdout, stderr } = await folio('tokenize', ...options, nothing);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, ''], options.join(' '));
  }
  for (const how of [[], ['--tokenizer', 'byte'], ['--set', 'tokenizer=byte']]) {
    const { code, stderr } = await folio('train', '--preset', 'tiny', '--data', nothing, '--vocab-size', '300', ...how);
    assert.deepEqual([code, /--vocab-size goes with --tokenizer word or bpe: (char|byte) has/.test(stderr)], [2, true], stderr);
  }
  const bpe = await folio('train', '--preset', 'tiny', '--set', 'tokenizer=bpe', '--vocab-size', '300', '--data', nothing);
  assert.match(bpe.stderr, /cannot read .*nothing\.txt/);
  assert.match((await folio('train', '--resume', 'x', '--vocab-size', '300')).stderr, /--vocab-size and --resume exclude each other/);
});

test('standard input: it is not waited for where the call is wrong, and Ctrl-C ends the waiting', async () => {
  const wrong = spawn(process.execPath, [FOLIO, 'tokenize', '--vocab-size', '20'], { cwd: ROOT });
  assert.equal(await new Promise((resolve) => wrong.on('close', resolve)), 2);
  const waiting = spawn(process.execPath, ['--import', 'data:text/javascript,import fs from "node:fs"; const read = fs.readSync; '
    + 'fs.readSync = (...how) => (fs.writeSync(2, "waits"), read(...how)); import { syncBuiltinESMExports } from "node:module"; syncBuiltinESMExports();',
  FOLIO, 'tokenize'], { cwd: ROOT });
  waiting.stderr.once('data', () => waiting.kill('SIGINT'));
  assert.equal(await new Promise((resolve) => waiting.on('close', (code, signal) => resolve(signal ?? code))), 'SIGINT');
});

test('an encoding takes its tokens from a file', async () => {
  const ranks = join(ROOT, 'tests/node_modules/gpt-tokenizer/data/r50k_base.tiktoken');
  const { stdout, code } = await folio('tokenize', '--tokenizer', 'gpt2', '--ranks', ranks, '--json', at('short.txt'));
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout).ids, [2514, 307, 11, 393, 407, 13]);
  assert.match((await folio('tokenize', '--tokenizer', 'gpt2', '--ranks', at('page.html'), at('short.txt'))).stderr, /damaged: line 1/);
  const wrong = await folio('tokenize', '--tokenizer', 'o200k_base', '--ranks', ranks.replace('r50k', 'cl100k'), at('short.txt'));
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /cl100k_base\.tiktoken: .*not the tokens of o200k_base: 199,998 are expected, 100,256 found; they are those of cl100k_base/);
});

test('tokenizers that are none are answered with what there is', async () => {
  for (const [options, message] of /** @type {[string[], RegExp][]} */ ([
    [['--tokenizer', 'o200k'], /no tokenizer or file 'o200k'; did you mean 'o200k_base' or 'o200k_harmony'\?/], [['--tokenizer', 'cl100k'], /did you mean 'cl100k_base'\?/],
    [['--tokenizer', 'sentencepiece'], /no tokenizer or file 'sentencepiece'; known: char, byte, word, bpe, gpt2/], [['--tokenizer', 'o200k_bas'], /did you mean 'o200k_base'/], [['--split', 'gpt9', '--tokenizer', 'bpe'], /no split 'gpt9'; known: none, gpt2/],
    [['--tokenizer', 'bpe', '--vocab-size', '12'], /--vocab-size must be a whole number from 257/],
  ])) {
    const { code, stderr } = await folio('tokenize', ...options, at('short.txt'));
    assert.ok(code > 0);
    assert.match(stderr, message);
  }
  assert.match((await folio('tokenize', at('nowhere.txt'))).stderr, /cannot read .*nowhere\.txt: there is no such file/);
});

test('train --tokenizer bpe: trains, samples, saves, loads, tells bits per byte', async () => {
  const { code, stdout, stderr } = await folio(...small, '--tokenizer', 'bpe', '--vocab-size', '300', '--json', '--out', at('bpe.safetensors'));
  assert.equal(code, 0, stderr);
  const done = events(stdout).at(-1);
  const evaluated = JSON.parse((await folio('eval', '--model', at('bpe.safetensors'), '--data', at('text.txt'), '--json')).stdout);
  assert.deepEqual([evaluated.val_loss, evaluated.bits_per_byte], [done.val_loss, done.bits_per_byte]);
  assert.ok(done.bits_per_byte < done.val_loss / Math.LN2);
  assert.ok((await folio('sample', '--model', at('bpe.safetensors'), '--prompt', 'the', '--tokens', '20')).stdout.length > 10);
  assert.match((await folio('info', '--model', at('bpe.safetensors'))).stdout, /tokenizer: bpe, split cl100k/);
  assert.match((await folio(...small, '--resume', at('bpe.safetensors'), '--tokenizer', 'char')).stderr, /exclude/);
});
