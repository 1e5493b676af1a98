// Tokenizers on the command line: what tokenize prints and saves, and a model that learns the tokens of one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
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

test('tokenize --show: the pieces in colours, with nothing lost', async () => {
  const { stdout } = await folio('tokenize', '--tokenizer', 'bpe', '--vocab-size', '300', '--train', at('text.txt'), '--show', at('short.txt'));
  const [shown] = stdout.split('\n');
  assert.equal(shown.replace(/\x1b\[[\d;]*m/g, ''), 'To be, or not.');
  assert.ok((shown.match(/\x1b\[4\d;97m/g) ?? []).length > 3);
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
    [['--tokenizer', 'o200k'], /no tokenizer or file 'o200k'; known: char, byte, word, bpe, gpt2/], [['--tokenizer', 'o200k_bas'], /did you mean 'o200k_base'/], [['--split', 'gpt9', '--tokenizer', 'bpe'], /no split 'gpt9'; known: none, gpt2/],
    [['--tokenizer', 'bpe', '--vocab-size', '12'], /vocabSize must be a whole number from 257/],
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
