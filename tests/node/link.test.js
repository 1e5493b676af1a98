// Links that carry a run: written and read, and what becomes of those that nobody means well with.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { crc32 } from '../../wasm/src/checkpoint/crc32.js';
import { fingerprint } from '../../wasm/src/checkpoint/fingerprint.js';
import { FolioError, load } from '../../wasm/src/folio.js';
import { LIMITS, readLink, writeLink } from '../../wasm/src/link/link.js';
import { TEXT_LIMIT, pack, packText, toBase64Url, unpack, unpackText } from '../../wasm/src/link/packed.js';
import { WEIGHTS_LIMIT, packWeights, packedLength, unpackWeights } from '../../wasm/src/link/weights.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { settingsOf } from '../../www/link.js';
import { dice, hold, mutated, setUp, soak } from '../fuzz/links.js';
import { SMALL, TEXT } from './text.js';

const folio = await load({ threads: 1 });
const layoutOf = (/** @type {Record<string, unknown>} */ config) => folio.layout(config);
const run = openRun(folio, { text: TEXT, config: { ...SMALL, max_iters: 60 } });
for await (const event of run.train()) void event;
const checkpoint = run.checkpoint({ optimizer: false });
const weights = await packWeights(checkpoint);
const own = await packText(TEXT);
const digest = await run.parts.model.digest();

/** @param {Promise<unknown>} work @param {RegExp} message */
const refused = (work, message) => assert.rejects(work, (error) => error instanceof FolioError && error.code === 'LINK' && message.test(error.message));

test('a link comes back as it was written', async () => {
  const settings = { preset: 'tiny', n_layer: 6, prompt: 'a=b&c #?\n%ö', bias: true };
  const parts = { text: fingerprint(TEXT), own, weights, digest, numerics: /** @type {const} */ ('exact'), folio: '0.1.0' };
  const fragment = writeLink(Object.entries(settings), parts);
  assert.match(fragment, /^#v=1&preset=tiny&n_layer=6&/);
  assert.ok(/^[\x21-\x7e]+$/.test(fragment), 'nothing in it needs a quote');
  for (const written of [fragment, fragment.slice(1)]) {
    const link = readLink(written);
    assert.deepEqual(link, { version: 1, settings: new Map(Object.entries(settings).map(([name, value]) => [name, String(value)])), parts, faults: [] });
  }
  assert.equal(await unpackText(own, fingerprint(TEXT)), TEXT);
  assert.equal(writeLink([], {}), '#v=1');
});

test('without v the same words are settings, as they always were', () => {
  const { version, settings, parts } = readLink('#seed=7&text=0123456789abcdef-x&digest=abc&own=AAAA');
  assert.deepEqual([version, Object.fromEntries(settings), parts], [0, { seed: '7', text: '0123456789abcdef-x', digest: 'abc', own: 'AAAA' }, {}]);
  assert.match(`${readLink(`#own=${'A'.repeat(LIMITS.settings)}`).refused}`, /16389 characters/);
});

test('a text and a model of the limit fit; one character more is left out, and the rest counts', () => {
  for (const name of /** @type {const} */ (['own', 'weights'])) {
    assert.equal(readLink(`#v=1&${name}=${'A'.repeat(LIMITS[name])}`).parts[name]?.length, LIMITS[name]);
    const { parts, settings, faults } = readLink(`#v=1&${name}=${'A'.repeat(LIMITS[name] + 1)}&seed=3`);
    assert.deepEqual([parts, settings.get('seed'), faults], [{}, '3', [`${name} has ${LIMITS[name] + 1} characters; at most ${LIMITS[name]} are read`]]);
  }
});

test('a model in a link writes nearly as well as before: its loss is the same to a thousandth', async () => {
  const writer = openWriter(folio, await unpackWeights(weights, layoutOf));
  const evaluator = folio.evaluator(writer.model, run.parts.dataset);
  const loss = (/** @type {Generator<unknown, number | null, void>} */ pieces) => {
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return Number(value);
    }
  };
  const [before, after] = [loss(run.parts.evaluator.pieces()), loss(evaluator.pieces())];
  assert.ok(Math.abs(after - before) < 2e-3, `${before}, ${after}`);
  assert.deepEqual([writer.step, writer.text, writer.model.parameters], [60, fingerprint(TEXT), run.parameters]);
  writer.close();
  const gpt = packedLength(140000);
  assert.ok(gpt < LIMITS.weights && Math.abs(packedLength(run.parameters) - weights.length) < 2500, `${weights.length} characters`);
});

test('the rounding: every number within half a step of its row, zeros and the largest kept', async () => {
  const { parse } = await import('../../wasm/src/checkpoint/safetensors.js');
  const [was, is] = [parse(checkpoint), parse(await unpackWeights(weights, layoutOf))];
  for (const [name, { shape, data }] of was.tensors) {
    const now = is.tensors.get(name)?.data ?? [];
    const length = shape.length > 1 ? shape[1] : data.length;
    data.forEach((value, i) => {
      const row = data.subarray(i - (i % length), i - (i % length) + length);
      const step = Math.max(...row.map(Math.abs)) / 127;
      assert.ok(Math.abs(now[i] - value) <= 0.56 * step + 1e-7, `${name} ${i}: ${value}, ${now[i]}`);
    });
  }
});

// ---- links that nobody means well with ----

const NUMBERS = [
  '', ' ', 'NaN', 'nan', 'Infinity', '-Infinity', '-1', '-0.5', '1.5', '9007199254740992', '9007199254740993', '18446744073709551616', '1e308', '1e999', '-1e999', '0x10',
  '0b1', '1_000', '1,5', '１', '٣', '1e', 'e1', '--1', '+-1', '1.2.3', 'null', 'undefined', 'true', '[1]', '{}', '__proto__', '1;2', '1%00', '%00', '%', '%E0%A4%A', '1%ED%A0%80',
  '4294967296', '9'.repeat(400), `${'0'.repeat(40)}1`,
];
const NAMES = [
  '__proto__', '__proto__[n_layer]', '__proto__.n_layer', 'constructor', 'constructor.prototype', 'constructor[prototype][n_layer]', 'prototype', 'toString', 'valueOf', 'hasOwnProperty',
  '__defineGetter__', 'n_layer[]', 'n_layer[0]', 'N_LAYER', 'n_layer ', ' n_layer', 'n_layer%00', '%00', 'n-layer', '<img src=x onerror=alert(1)>', 'javascript:alert(1)', '../n_layer', '\u202en_layer',
  'х', '%ED%A0%80', '', '%', 'rows', 'size', 'get', 'then', 'toJSON', 'V', 'vv', 'OWN', 'weights2', 'n_layer\n', 'x'.repeat(5000),
];
const VERSIONS = ['', '0', '2', '-1', '1.0', '01', '1 ', '1e0', 'one', 'NaN', 'Infinity', '9007199254740993', '__proto__', '9'.repeat(300), '%00', '1%00', 'null', '%31%31'];
const DIGESTS = ['', 'A', 'A'.repeat(42), 'A'.repeat(44), 'A'.repeat(64), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}+`, `${'A'.repeat(42)}%00`, '__proto__', 'é'.repeat(43), 'A'.repeat(9000)];
const TEXTS = ['', 'x', 'abc', '1F0C2A77-3', '1f0c2a77', '1f0c2a77-', '1f0c2a77--3', '1f0c2a77-1e9', '1f0c2a77-9999999999999', '0123456789abcdef-xyz', '%1b%5b2J', '__proto__'];
const OTHERS = [
  'numerics=', 'numerics=Exact', 'numerics=both', 'numerics=__proto__', 'numerics=exact,fast', 'folio=', 'folio=1', 'folio=1.2', 'folio=1.2.3.4', 'folio=99999.0.0', 'folio=<b>', 'folio=__proto__',
  'preset=../../etc/passwd', 'preset=https://example.org/x', 'preset=__proto__', 'preset=constructor', 'preset=TINY', 'preset=tiny%00', 'preset=tiny.json', 'activation=tanh', 'activation=__proto__',
  'activation=0', 'bias=maybe', 'bias=1', 'bias=TRUE', 'bias=', 'tokenizer=gpt2', 'prompt=%00', 'prompt=%1b%5b2J', `prompt=${'a'.repeat(2001)}`, 'temperature=-1', 'tokens=0', 'top_p=0',
  'n_layer=97', 'block_size=4097', 'batch_size=1025', 'learning_rate=11', 'vocab_size=1048577', 'n_layer=2&n_layer=3', 'v=1', 'v=2', 'numerics=exact&numerics=fast',
];
/** Packed parts that are damaged, or another thing than they say. */
const zeros = new Uint8Array(3e7);
const PACKED = [
  '', '=', '====', 'A', 'AAA', '%41%41', 'AAAA+', 'AA/A', 'AA AA', 'é', '\ud800', '\0', '_', '-'.repeat(99), toBase64Url(Uint8Array.of(3, 0)), own.slice(0, -9), weights.slice(0, 200),
  await pack(zeros.subarray(0, 4e6)), await pack(Uint8Array.of(255, 254, 253)), await pack(Uint8Array.of(0xed, 0xa0, 0x80)), await pack(new Uint8Array(0)), toBase64Url(zeros.subarray(0, 6000)),
];

const HOSTILE = [
  ...NUMBERS.flatMap((value) => [`#v=1&n_layer=${value}`, `#v=1&seed=${value.replace(/^\d+$|^true$/, '-$&')}`]),
  ...NAMES.flatMap((name) => [`#v=1&${name}=3`, `#${name}=3`]),
  ...VERSIONS.map((version) => `#v=${version}&n_layer=2`),
  ...DIGESTS.map((value) => `#v=1&digest=${value}`),
  ...TEXTS.map((value) => `#v=1&text=${value}`),
  ...OTHERS.map((pair) => `#v=1&${pair}`),
  ...PACKED.flatMap((value) => [`#v=1&own=${value}`, `#v=1&weights=${value}`]),
  `#v=1&prompt=${'x'.repeat(1e7)}`, `#v=1&own=${'A'.repeat(1e7)}`, `#v=1&weights=${'A'.repeat(204801)}`, `#${'&'.repeat(1e6)}`, `#v=1${'&x=1'.repeat(4000)}`, `#v=1${'&own=A'.repeat(30000)}`,
  `#${'a=%'.repeat(5000)}`, `#v=1&own=${own}&own=${own}`, `#v=1&own=${own}&text=00000000-3`, `#${'%ED%A0%80'.repeat(1800)}`, `#v=1&weights=${own}`, `#v=1&own=${weights}`,
];

const ground = await setUp();

/** Everything that is said of a link. @param {string} link */
async function saidOf(link) {
  const read = readLink(link);
  const said = [...settingsOf(read, ground.rows).notices];
  const tell = (/** @type {unknown} */ error) => void said.push(String(error));
  if (read.parts.own !== undefined) await unpackText(read.parts.own, read.parts.text).catch(tell);
  if (read.parts.weights !== undefined) await unpackWeights(read.parts.weights, layoutOf).catch(tell);
  return said;
}

test(`${HOSTILE.length} hostile links: each is told of, none does harm, the settings stay in their limits`, async (t) => {
  assert.ok(HOSTILE.length >= 200);
  for (const link of HOSTILE) {
    await t.test(JSON.stringify(link.slice(0, 60)), async () => {
      await hold(ground, link);
      const said = await saidOf(link);
      assert.ok(said.length > 0, 'nothing is said');
      assert.ok(said.every((words) => words.length < 700), said.join('\n'));
    });
  }
});

test('a bomb is stopped at the limit, in time', async () => {
  const bomb = await pack(zeros);
  assert.ok(bomb.length > LIMITS.own && bomb.length < LIMITS.weights);
  const start = performance.now();
  await refused(unpack(bomb, WEIGHTS_LIMIT), /longer than the 1048576 bytes that are unpacked/);
  assert.ok(performance.now() - start < 2000);
  assert.equal((await unpack(await pack(zeros.subarray(0, TEXT_LIMIT)), TEXT_LIMIT)).length, TEXT_LIMIT, 'the limit itself fits');
});

test('what stands behind the end of a packed text or model is refused, in every engine', async () => {
  for (const packed of [own, weights, await pack(new Uint8Array(0))]) {
    const bytes = Buffer.from(packed, 'base64url');
    for (const junk of [[0], [3, 0], [...new Uint8Array(600)], [...bytes]]) {
      await refused(unpack(toBase64Url(Uint8Array.of(...bytes, ...junk)), WEIGHTS_LIMIT), /damaged/);
    }
    await unpack(packed, WEIGHTS_LIMIT);
  }
  const behind = (/** @type {string} */ packed) => toBase64Url(Buffer.concat([Buffer.from(packed, 'base64url'), Buffer.from('more')]));
  await refused(unpackText(behind(own), fingerprint(TEXT)), /damaged/);
  await refused(unpackWeights(behind(weights), layoutOf), /damaged/);
});

/** The weights with another header, or other numbers, and the checksum that belongs to them. @param {(header: any) => void} change @param {number} [more] bytes */
async function forged(change, more = 0) {
  const raw = await unpack(weights, WEIGHTS_LIMIT);
  const end = 8 + new DataView(raw.buffer).getUint32(4, true);
  const json = JSON.parse(new TextDecoder().decode(raw.subarray(8, end)));
  json.config = JSON.parse(json.config);
  change(json);
  json.config = typeof json.config === 'object' ? JSON.stringify(json.config) : json.config;
  const header = new TextEncoder().encode(JSON.stringify(json));
  const bytes = new Uint8Array(8 + header.length + raw.length - end + more);
  bytes.set(header, 8);
  bytes.set(raw.subarray(end, raw.length + Math.min(0, more)), 8 + header.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, header.length, true);
  view.setUint32(0, crc32(bytes.subarray(4)), true);
  return pack(bytes);
}

test('weights of another shape, config or length than they say are refused before a model is made', async () => {
  await unpackWeights(await forged(() => {}), layoutOf);
  const cases = /** @type {[(header: any) => void, RegExp, number?][]} */ ([
    [({ config }) => (config.n_embd = 32), /a model of their config has \d+/],
    [({ config }) => (config.n_layer = 3), /a model of their config has/],
    [({ config }) => (config.vocab_size = 1048576), /a model of their config has/],
    [() => {}, /a model of their config has/, 1],
    [() => {}, /a model of their config has/, -1],
    [(header) => (header.config = '[]'), /is not an object/],
    [(header) => (header.config = '{'), /not JSON/],
    [(header) => (header.config = '{"n_layer":1,"n_layer":2}'), /stands twice/],
    [(header) => delete header.tokenizer, /lacks one of/],
    [(header) => (header.step = 7), /lacks one of/],
  ]);
  for (const [change, message, more] of cases) await refused(unpackWeights(await forged(change, more), layoutOf), message);
  const unknown = forged(({ config }) => (config.n_layers = 2));
  await assert.rejects(async () => unpackWeights(await unknown, layoutOf), /there is no setting 'n_layers'/);
  await assert.rejects(async () => unpackWeights(await forged(({ config }) => (config.n_embd = 2 ** 53)), layoutOf), /n_embd=9007199254740992 is not allowed/);
  const polluted = forged((header) => (header.config = '{"__proto__": {"n_layer": 1}}'));
  await assert.rejects(async () => unpackWeights(await polluted, layoutOf), /there is no setting '__proto__'/);
  for (const [change, message] of /** @type {[(header: any) => void, RegExp][]} */ ([
    [(header) => (header.tokenizer = '{"kind":"char","vocabulary":""}'), /tokenizer/],
    [(header) => (header.tokenizer = '7'), /tokenizer is not a JSON object/],
    [(header) => (header.step = '-1'), /step '-1' is no number of steps/],
  ])) {
    const file = await unpackWeights(await forged(change), layoutOf);
    assert.throws(() => openWriter(folio, file), message);
  }
});

test('no string at all makes reading throw, and what was read can be written again', () => {
  const pair = fc.tuple(fc.oneof(fc.constantFrom('v', 'own', 'weights', 'digest', 'text', 'folio', 'numerics', 'n_layer', '__proto__'), fc.string({ maxLength: 9 })), fc.string({ unit: 'binary', maxLength: 60 }));
  const linkish = fc.array(pair, { maxLength: 9 }).map((pairs) => `#v=1&${pairs.map((two) => two.join('=')).join('&')}`);
  fc.assert(
    fc.property(fc.oneof(linkish, fc.string({ unit: 'binary', maxLength: 300 })), (fragment) => {
      const link = readLink(fragment);
      if (link.refused) return;
      const again = readLink(writeLink(link.settings, link.parts));
      assert.deepEqual([again.parts, again.faults.length], [link.parts, 0]);
      for (const [name, value] of link.settings) if (link.version) assert.equal(again.settings.get(name), value);
    }),
    { numRuns: 20000, seed: 5 },
  );
});

test('20,000 mutated links: no exception, no prototype changed, nothing unpacked beyond the limits', async () => {
  const { refused: few, own: texts, weights: models } = await soak(20000, 11);
  assert.ok(few > 100 && texts > 100 && models > 20, 'they reach all of it');
});

test('the soak can fail', async () => {
  const link = await mutated(ground, dice(1));
  const rows = new Map([...ground.rows].map(([name, row]) => [name, { ...row, kind: /** @type {const} */ ('text'), max: 1e9 }]));
  await assert.rejects(hold({ ...ground, rows, folio: /** @type {any} */ ({ layout: () => { throw new TypeError('no'); } }) }, writeLink([], { weights })), /TypeError: no/);
  await hold(ground, link);
});
