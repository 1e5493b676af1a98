// The link: everything that is set, and nothing else; whatever else stands in one is left out, setting by setting, with a notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { readLink } from '../../wasm/src/link/link.js';
import { settingsOf, writeLink } from '../../www/link.js';
import { readValue, settingsTable } from '../../www/settings.js';
import { State } from '../../www/state.js';
import { assertNoFaults, notices, ready, setUp } from './page.js';

const site = setUp();

/** A small engine's table, with a row of every kind. @type {import('../../www/settings.js').EngineSetting[]} */
const ENGINE = [
  { name: 'n_layer', kind: 'int', default: 4, min: 1, max: 256, doc: 'blocks' },
  { name: 'vocab_size', kind: 'int', default: 65, min: 1, max: 1048576, doc: 'tokens' },
  { name: 'learning_rate', kind: 'real', default: 1e-3, min: 0, max: 10, doc: 'rate' },
  { name: 'bias', kind: 'bool', default: false, min: 0, max: 1, doc: 'bias' },
  { name: 'activation', kind: 'enum', default: 'gelu', min: 0, max: 1, choices: ['gelu', 'relu'], doc: 'activation' },
  { name: 'brand_new', kind: 'int', default: 1, min: 0, max: 9, doc: 'a setting that the page has never heard of' },
];
const rows = settingsTable(ENGINE);

/** What a link sets, as an object. @param {string} fragment */
const read = (fragment) => {
  const { values, notices: said } = settingsOf(readLink(fragment), rows);
  return { values: Object.fromEntries(values), said };
};

test('the table is the engine\'s: limits, kinds and new settings come from there', () => {
  assert.equal(rows.get('n_layer')?.max, 96, 'narrower on the page');
  assert.equal(rows.get('learning_rate')?.max, 10);
  assert.deepEqual([rows.get('brand_new')?.place, rows.get('brand_new')?.label], ['training-more', 'Brand new']);
});

test('a link comes back as it was written, defaults left out', () => {
  const state = new State(rows);
  assert.equal(writeLink(state), '');
  const set = { preset: 'tiny', n_layer: 2, learning_rate: 3e-4, bias: true, activation: 'relu', prompt: 'a=b&c #?\n%', temperature: 0.5 };
  for (const [name, value] of Object.entries(set)) state.set(name, value);
  assert.deepEqual(read(writeLink(state)), { values: set, said: [] });
  state.set('n_layer', 4);
  assert.ok(!writeLink(state).includes('n_layer'));
});

test('with a preset, what the preset says is left out, and its opposite is not', () => {
  const state = new State(rows);
  state.usePreset('tiny', new Map([['n_layer', 2]]));
  assert.equal(writeLink(state), '#preset=tiny');
  state.set('n_layer', 4);
  assert.equal(writeLink(state), '#preset=tiny&n_layer=4');
});

const HOSTILE = [
  '__proto__=1', '__proto__[n_layer]=1', 'constructor=x', 'constructor.prototype.n_layer=3', 'toString=1', 'hasOwnProperty=1', 'n_layer=NaN',
  'n_layer=Infinity', 'n_layer=-1', 'n_layer=0', 'n_layer=1.5', 'n_layer=9007199254740993', 'n_layer=1e999', 'n_layer=0x10', 'n_layer=97', 'n_layer=', 'n_layer',
  'learning_rate=11', 'learning_rate=--1', 'learning_rate=1,5', `learning_rate=${'9'.repeat(400)}`, 'bias=maybe', 'bias=1', 'activation=tanh',
  'activation=__proto__', 'activation=0', 'preset=../../etc/passwd', 'preset=https://example.org/x', 'prompt=%00', `prompt=${'a'.repeat(2001)}`, 'text=%1b%5b2J',
  `text=${'f'.repeat(33)}`, 'tokens=0', 'temperature=-0.1', 'top_p=0', '<img src=x onerror=alert(1)>=1', '%', '%E0%A4%A', '=', '=1', 'sample_seed=2147483648',
];

for (const bad of HOSTILE) {
  test(`left out with a notice: ${bad.slice(0, 40)}`, () => {
    const { values, said } = read(`#${bad}&learning_rate=0.5&n_layer=7`);
    const { learning_rate, n_layer, ...others } = values;
    // The first of two counts, if it is right; the bad one never does.
    assert.ok([learning_rate, n_layer].includes(0.5) || n_layer === 7);
    assert.deepEqual(others, {});
    assert.ok(said.length >= 1 && said.every((words) => words.startsWith('Left out of the link: ')), said.join());
  });
}

test('a link of ten megabytes is not read at all', () => {
  const { values, said } = read(`#n_layer=2&prompt=${'x'.repeat(1e7)}`);
  assert.deepEqual(values, {});
  assert.match(said[0], /10000018 characters long/);
});

test('a thousand faults give a handful of notices', () => {
  const { said } = read(`#${Array.from({ length: 1000 }, (_, i) => `x${i}=1`).join('&')}`);
  assert.equal(said.length, 5);
  assert.match(said[4], /996 more/);
});

test('no link throws, changes a prototype, or sets a value outside the table', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const key = fc.oneof(fc.constantFrom(...rows.keys(), '__proto__', 'constructor'), fc.string({ maxLength: 12 }));
  const value = fc.oneof(fc.string({ maxLength: 24 }), fc.double().map(String), fc.integer().map(String), fc.constantFrom('true', 'relu', 'tiny', '1e-3'));
  const link = fc.array(fc.tuple(key, value), { maxLength: 8 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));
  fc.assert(
    fc.property(fc.oneof(link, fc.string({ unit: 'binary', maxLength: 200 })), (fragment) => {
      const { values } = settingsOf(readLink(fragment), rows);
      for (const [name, set] of values) {
        const row = rows.get(name);
        assert.ok(row, name);
        assert.deepEqual(readValue(row, String(set)), { value: set });
      }
    }),
    { numRuns: 20000, seed: 2 },
  );
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
});

test('on the page a hostile link is told of, and the rest of it counts', async (t) => {
  const page = await site.open(t, '#n_layer=2&__proto__=1&n_embd=1e99&preset=tiny&seed=9');
  await ready(page);
  const said = (await notices(page)).join('\n');
  assert.match(said, /there is no setting “__proto__”/);
  assert.match(said, /n_embd is 1e99/);
  assert.deepEqual([await page.inputValue('#f-n_layer'), await page.inputValue('#f-seed'), await page.inputValue('#f-preset')], ['2', '9', 'tiny']);
  await page.waitForFunction(() => !location.hash.includes('proto'));
  assertNoFaults(page);
});

test('a link with a text of its own says that it carries none', async (t) => {
  const page = await site.open(t, '#text=0123456789abcdef-xyz');
  await ready(page);
  assert.match((await notices(page)).join(), /made with a text of its own/);
});
