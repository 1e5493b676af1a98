// What the command line reads and writes: files, links to them, and what is no file.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, statSync, symlinkSync, ftruncateSync, closeSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { checkWritable, readFile, writeFile } from '../../wasm/bin/files.js';
import { FOLIO, ROOT, folio, temporary } from './command.js';
import { SMALL, TEXT } from './text.js';

const folder = temporary('files');
const at = (/** @type {string} */ name) => join(folder, name);
const small = ['train', '--preset', at('small.json'), '--threads', '1'];
const FILE = { name: 'FolioError', code: 'FILE' };

before(async () => {
  writeFileSync(at('text.txt'), TEXT);
  writeFileSync(at('small.json'), JSON.stringify(SMALL));
  execFileSync('mkfifo', [at('pipe')]);
  const { code, stderr } = await folio(...small, '--steps', '1', '--data', at('text.txt'), '--out', at('model.safetensors'));
  assert.equal(code, 0, stderr);
});

/** The command line under a shell. @param {string} script with $FOLIO @returns {Promise<{code: number | null, stdout: string, stderr: string}>} */
const shell = (script) => new Promise((resolve) => {
  const child = spawn('bash', ['-c', script], { cwd: ROOT, env: { ...process.env, FOLIO: `${process.execPath} ${FOLIO}` } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  child.on('close', (code) => resolve({ code, stdout, stderr }));
});

test('what is no file is not read: every option that names one says so, at once', async () => {
  const [model, data] = [at('model.safetensors'), at('text.txt')];
  for (const [options, message] of /** @type {[string[], RegExp][]} */ ([
    [['sample', '--model', '/dev/zero'], /cannot read \/dev\/zero: it is a device, and no file/],
    [['sample', '--model', at('pipe')], /cannot read .*pipe: it is a pipe \(FIFO\), and no file/],
    [['eval', '--model', model, '--data', '/dev/zero'], /cannot read \/dev\/zero: it is a device/],
    [['info', '--model', at('pipe')], /it is a pipe/],
    [['info', '--preset', '/dev/zero'], /cannot read \/dev\/zero: it is a device/],
    [['export', '--model', at('pipe'), '--out', at('exported')], /it is a pipe/],
    [[...small, '--data', '/dev/zero'], /cannot read \/dev\/zero: it is a device/],
    [['train', '--data', data, '--init', at('pipe')], /it is a pipe/],
    [['train', '--data', data, '--resume', at('pipe')], /it is a pipe/],
    [['train', '--data', data, '--init', model, '--old-data', '/dev/zero'], /it is a device/],
    [[...small, '--data', data, '--tokenizer', at('pipe')], /it is a pipe/],
    [['tokenize', '--tokenizer', 'gpt2', '--ranks', '/dev/zero', data], /it is a device/],
    [['tokenize', '--tokenizer', 'byte', '/dev/zero'], /cannot read \/dev\/zero: it is a device/],
    [['tokenize', '--train', '/dev/zero', data], /cannot read \/dev\/zero: it is a device/],
    [['tokenize', folder], /cannot read .*: it is a folder/],
  ])) {
    const { code, stderr } = await folio(...options);
    assert.match(stderr, message, options.join(' '));
    assert.equal(code, 1, options.join(' '));
  }
});

test('the size of a file is looked at before it is read', async () => {
  const huge = openSync(at('huge'), 'w');
  ftruncateSync(huge, 3e9); // without a byte on the disk
  closeSync(huge);
  assert.throws(() => readFile(at('huge')), { ...FILE, message: /cannot read .*huge: it has 3\.00 GB; at most 2\.15 GB are read/ });
  assert.throws(() => readFile(at('text.txt'), { most: 100 }), { ...FILE, message: /it has 12\.\d kB; at most 100 bytes are read/ });
  const { code, stderr } = await folio('info', '--preset', at('huge'));
  assert.deepEqual([code, /at most 1\.05 MB are read/.test(stderr)], [1, true], stderr);
});

test('a text may come through a pipe, once, and no longer than a file', async () => {
  const trained = await shell(`$FOLIO ${small.join(' ')} --steps 1 --data <(cat ${at('text.txt')})`);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /^text: \/dev\/fd\/\d+, 12\.\d kB/);
  const [piped, held, named] = await Promise.all([`<(cat ${at('text.txt')})`, `- < ${at('text.txt')}`, at('text.txt')].map((source) => shell(`$FOLIO tokenize --quiet ${source}`)));
  assert.deepEqual([piped, held], [named, named]);
  assert.match(named.stdout, /^12,000 tokens/);
  const writer = spawn('bash', ['-c', `cat ${at('text.txt')} > ${at('pipe')}`]);
  assert.throws(() => readFile(at('pipe'), { pipe: true, most: 10 }), { ...FILE, message: /it has more than 10 bytes/ });
  writer.kill();
});

test('--out: what is no file is refused before anything is read, and is still there', async (t) => {
  const server = createServer().listen(at('socket'));
  t.after(() => server.close());
  await new Promise((resolve) => server.on('listening', resolve));
  for (const [path, message] of /** @type {[string, RegExp][]} */ ([
    ['/dev/null', /cannot write \/dev\/null: it is a device, and no file/], [at('pipe'), /cannot write .*pipe: it is a pipe \(FIFO\), and no file/],
    [at('socket'), /it is a socket/], [folder, /it is a folder/], [join(at('text.txt'), 'x'), /text\.txt\/x: a part of its path is no folder/],
  ])) {
    const { code, stdout, stderr } = await folio(...small, '--data', at('nothing.txt'), '--out', path);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [1, '']);
    assert.throws(() => writeFile(path, new Uint8Array(1)), FILE);
  }
  assert.deepEqual([lstatSync('/dev/null').isCharacterDevice(), lstatSync(at('pipe')).isFIFO()], [true, true]);
  mkdirSync(at('given'));
  execFileSync('mkfifo', [at('given/config.json')]);
  const { code, stderr } = await folio('export', '--model', at('model.safetensors'), '--out', at('given'));
  assert.deepEqual([code, /config\.json: it is a pipe/.test(stderr), readdirSync(at('given'))], [1, true, ['config.json']]);
});

test('--out through a link writes what it leads to, whether that is there or not, and the link stays', async () => {
  mkdirSync(at('far/away'), { recursive: true });
  writeFileSync(at('far/away/model'), 'old');
  symlinkSync('far/away', at('near'));
  symlinkSync('model', at('far/away/latest'));
  symlinkSync('near/latest', at('link'));
  symlinkSync('../new', at('near/next'));
  const { code, stderr } = await folio(...small, '--steps', '1', '--data', at('text.txt'), '--out', at('link'));
  assert.equal(code, 0, stderr);
  assert.deepEqual(readFileSync(at('far/away/model')), readFileSync(at('model.safetensors')));
  assert.deepEqual([readlinkSync(at('link')), readlinkSync(at('far/away/latest'))], ['near/latest', 'model']);
  checkWritable(at('near/next'));
  writeFile(at('near/next'), Uint8Array.of(7));
  assert.deepEqual([statSync(at('far/new')).size, readlinkSync(at('near/next'))], [1, '../new']);
  assert.deepEqual(readdirSync(at('far/away')).sort(), ['latest', 'model', 'next'], 'nothing is left beside');
  symlinkSync('/dev/null', at('void'));
  assert.throws(() => checkWritable(at('void')), { ...FILE, message: /void: it is a device/ });
  symlinkSync('round', at('round'));
  assert.throws(() => checkWritable(at('round')), { ...FILE, message: /round: it is a link that leads to itself/ });
  symlinkSync('no/such/place', at('lost'));
  assert.throws(() => checkWritable(at('lost')), { ...FILE, message: /lost: there is no folder .*no\/such/ });
});
