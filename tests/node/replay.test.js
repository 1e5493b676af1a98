// `folio replay`: what a link says is trained, and the weights are compared; what cannot be replayed is refused, by name.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { fingerprint } from '../../wasm/src/checkpoint/fingerprint.js';
import { load } from '../../wasm/src/folio.js';
import { writeLink } from '../../wasm/src/link/link.js';
import { packText } from '../../wasm/src/link/packed.js';
import { OTHERS, TEXTS } from '../../wasm/bin/page-settings.js';
import { fits, parseValue } from '../../wasm/src/settings.js';
import { readValue, settingsTable } from '../../www/settings.js';
import * as command from './command.js';
import { FOLIO, ROOT, events, temporary } from './command.js';
import { TEXT } from './text.js';

const folder = temporary('replay');
const file = join(folder, 'text.txt');
writeFileSync(file, TEXT);
const SETTINGS = /** @type {[string, unknown][]} */ ([['preset', 'tiny'], ['max_iters', 12], ['seed', 7], ['prompt', 'a king'], ['temperature', 0.5]]);
const text = fingerprint(TEXT);
let own = '';
let digest = '';

/** @param {...string} options */
const folio = (...options) => command.folio(...options, '--threads', '1');
/** @param {import('../../wasm/src/link/link.js').Parts} parts @param {[string, unknown][]} [settings] */
const linkOf = (parts, settings = SETTINGS) => `https://folio.example/${writeLink(settings, parts)}`;

before(async () => {
  own = await packText(TEXT);
  const { stdout } = await folio('train', '--data', file, '--preset', 'tiny', '--steps', '12', '--seed', '7', '--json');
  digest = events(stdout).at(-1).digest;
});

test('the run of a link with its text ends with the weights of `folio train`, and says so', async () => {
  const { code, stdout, stderr } = await folio('replay', linkOf({ own, text, digest, numerics: 'exact', folio: '0.1.0' }));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^text: the one in the link, 12\.\d kB/);
  assert.match(stdout, new RegExp(`digest ${digest}\nthe same, bit for bit\n$`));
});

test('no setting that only the page has stands in the way', async () => {
  const ofPage = [...settingsTable([]).values()].filter(({ name }) => !['preset', 'text'].includes(name));
  assert.ok(ofPage.length > 8);
  const set = /** @type {[string, unknown][]} */ (ofPage.map((row) => [row.name, row.kind === 'text' ? 'x' : row.default]));
  const { code, stderr } = await folio('replay', linkOf({ own, digest }, [...SETTINGS.slice(0, 3), ...set]));
  assert.equal(code, 0, stderr);
});

test('the page and the command line have the same limits', () => {
  const rows = [...settingsTable([]).values()].filter(({ name }) => !['preset', 'text'].includes(name));
  const limits = rows.map(({ name, kind, min, max, choices }) => (kind === 'text' ? [name, max] : [name, kind, min, max, choices]));
  const here = [...TEXTS, ...[...OTHERS].map(([name, { kind, min, max, choices = [] }]) => [name, kind, min, max, choices])];
  const sorted = (/** @type {any[]} */ list) => list.sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(here), sorted(limits));
});

test('the page and the command line read the same numbers', async () => {
  const { settings } = await load({ threads: 1 });
  const rows = settingsTable(settings);
  for (const name of ['n_layer', 'learning_rate', 'seed', 'temperature']) {
    const row = /** @type {import('../../www/settings.js').Row & import('../../wasm/src/settings.js').Limits} */ (rows.get(name));
    for (const text of ['2', ' 2 ', '+2', '2.', '.5', '2e0', '-0', '0x2', '0b1', '0o7', '1_0', '1,5', '', ' ', 'Infinity', '1e999', '٣', '2'.padStart(33, '0')]) {
      const read = readValue(row, text);
      const here = parseValue(row, text);
      assert.deepEqual(fits(row, here) ? { value: here } : 'fault', 'fault' in read ? 'fault' : read, `${name}=${text}`);
    }
  }
});

test('what is wrong in a link and not needed is told, by name, and the rest is replayed', async () => {
  const set = /** @type {[string, unknown][]} */ ([['temperature', 'nan'], ['tokens', '1e9'], ['budget', 'nan'], ['effort', 'some'], ['stop', '\x1b[2J'], ['pause_hidden', '']]);
  const { code, stdout, stderr } = await folio('replay', linkOf({ own, digest, weights: 'AAAA' }, [...SETTINGS.slice(0, 3), ...set]));
  assert.deepEqual([code, /the same, bit for bit/.test(stdout)], [0, true], stderr);
  for (const words of [
    /temperature is “nan”; it must be a number from 0 to 5\n/, /tokens is “1e9”; it must be a whole number from 1 to 5000\n/, /budget is “nan”; it must be a number from 1 to 86400\n/,
    /effort is “some”; it must be one of all, half, quarter\n/, /stop has control characters in it\n/, /pause_hidden is “”; it must be true or false\n/, /weights: link: what it carries is damaged/,
  ]) assert.match(stderr, words);
  assert.equal(stderr.trimEnd().split('\n').length, 7);
});

test('the text by name; as events; saved; without a digest', async () => {
  const out = join(folder, 'replayed.safetensors');
  const named = await folio('replay', linkOf({ text, digest }), '--data', file, '--json', '--out', out);
  assert.equal(named.code, 0, named.stderr);
  assert.deepEqual(events(named.stdout).at(-1), { event: 'replay', digest, expected: digest, same: true });
  assert.ok(existsSync(out));
  const bare = await folio('replay', linkOf({ own }));
  assert.deepEqual([bare.code, bare.stdout.trimEnd().split('\n').at(-1)], [0, 'the link has no digest to compare with']);
});

test('from standard input, where a link is longer than a shell takes', async () => {
  const child = spawn(process.execPath, [FOLIO, 'replay', '-', '--threads', '1'], { cwd: ROOT });
  let stdout = '';
  child.stdout.on('data', (part) => (stdout += part));
  child.stdin.end(`${linkOf({ own, digest })}\n`);
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual([code, /\nthe same, bit for bit\n$/.test(stdout)], [0, true]);
});

test('other weights end with 1, and with what it can mean', async () => {
  const wrong = digest.replace(/^./, (first) => (first === '0' ? '1' : '0'));
  for (const [parts, why] of /** @type {[import('../../wasm/src/link/link.js').Parts, RegExp][]} */ ([
    [{ own, digest: wrong }, /it differs: the digest of the link is [0-9a-f]{64}\nthe sender's run had another text or other settings/],
    [{ own, digest: wrong, folio: '9.9.9' }, /the link was made by Folio 9\.9\.9, this is /],
    [{ own, digest: wrong, numerics: 'fast' }, /fast numerics differ from processor to processor/],
  ])) {
    const { code, stdout } = await folio('replay', linkOf(parts));
    assert.match(stdout, why);
    assert.equal(code, 1);
  }
});

test('a setting of the page that stands for nothing stands for nothing here: a vocabulary beside characters', async () => {
  const { code, stdout } = await folio('replay', linkOf({ own, digest }, [...SETTINGS, ['vocab_size', 900]]));
  assert.deepEqual([code, /the same, bit for bit/.test(stdout)], [0, true]);
});

test('what cannot be replayed is told before anything is trained', async () => {
  const damaged = join(folder, 'latin1.txt');
  writeFileSync(damaged, Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
  for (const [options, code, message] of /** @type {[string[], number, RegExp][]} */ ([
    [[], 2, /name a link: folio replay LINK/],
    [['https://folio.example/'], 2, /has no # with settings behind it/],
    [['#v=2&preset=tiny'], 2, /of version 2; this Folio reads version 1/],
    [['#v=1&preset=../../LICENSE'], 2, /the link names the preset '\.\.\/\.\.\/LICENSE'; known: /],
    [['#v=1&preset=tiny&n_layers=2'], 2, /there is no setting 'n_layers'; did you mean 'n_layer'/],
    [['#v=1&preset=tiny&__proto__=2'], 2, /there is no setting '__proto__'/],
    [['#v=1&for=minutes'], 2, /cannot be replayed: for is “minutes”; it must be one of steps, seconds/],
    [['#v=1&for=seconds&budget=nan'], 2, /cannot be replayed: budget is “nan”; it must be a number from 1 to 86400/],
    [['#v=1&for=seconds&budget=0'], 2, /budget is “0”/],
    [['#numerics=both'], 2, /numerics is “both”; it must be one of exact, fast/],
    [['#v=1&n_layer=1e99'], 2, /n_layer=1e\+99 is not allowed/],
    [['#v=1&preset=tiny&n_layer=0x2'], 2, /n_layer='0x2' is not allowed: it must be a whole number from/],
    [['#v=1&seed=1&seed=2'], 2, /seed stands there twice/],
    [['#v=1&digest=00'], 2, /digest is “00”, which it cannot be/],
    [[`#${'x'.repeat(20000)}`], 2, /20000 characters long/],
    [['#preset=tiny&text=0123456789abcdef-x'], 2, /made with a text of its own, which it does not carry/],
    [[linkOf({ text: '00000000-12' })], 1, /learnt another text, with the fingerprint 00000000-12; .*mock-shakespeare\.txt has /],
    [[linkOf({ text: '00000000-12' }), '--data', file], 1, new RegExp(`text\\.txt has ${text}; name it`)],
    [[linkOf({ own, text: '00000000-12' })], 2, /the text in the link: link: its text is damaged/],
    [[linkOf({ own: own.slice(0, 99) })], 2, /the text in the link: link: .*cannot be decompressed/],
    [[linkOf({ own: Buffer.concat([Buffer.from(own, 'base64url'), Buffer.of(0)]).toString('base64url') })], 2, /the text in the link: link: what it carries is damaged/],
    [[linkOf({}), '--data', damaged], 1, /latin1\.txt is not UTF-8 text/],
  ])) {
    const { stderr, stdout, ...result } = await folio('replay', ...options);
    assert.match(stderr, message);
    assert.deepEqual([result.code, stdout], [code, ''], stderr);
  }
});
