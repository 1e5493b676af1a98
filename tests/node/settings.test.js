// The table of settings as JavaScript sees it: defaults, checks, texts, suggestions.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { allowed, findSetting, nearest, parseValue } from '../../wasm/src/settings.js';

const folio = await load();
const row = (/** @type {string} */ name) => findSetting(folio.settings, name);

test('the table is the one of core/config.h', () => {
  const source = readFileSync(new URL('../../core/config.h', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/^ {4}X\((INT|REAL|BOOL|ENUM), (\w+),/gm)].map(([, kind, name]) => [name, kind.toLowerCase()]);
  assert.ok(rows.length > 40);
  assert.deepEqual(folio.settings.map(({ name, kind }) => [name, kind]), rows);
  for (const { doc } of folio.settings) assert.ok(doc.length > 5);
});

test('a config without wishes holds every default', () => {
  const config = folio.config();
  assert.deepEqual(Object.keys(config), folio.settings.map(({ name }) => name));
  for (const { name, default: value } of folio.settings) assert.equal(config[name], value);
  assert.equal(config.position, 'learned');
  assert.equal(config.causal, true);
});

test('a config is its own config', () => {
  const config = folio.config({ n_layer: 3, activation: 'swiglu', bias: true, learning_rate: 0.5 });
  assert.deepEqual(folio.config(config), config);
});

test('undefined stands for the default', () => assert.deepEqual(folio.config({ n_layer: undefined }), folio.config()));

test('an unknown setting is named, and the nearest one with it', () => {
  assert.throws(() => folio.config({ n_hed: 3 }), { name: 'FolioError', code: 'SETTING', message: /'n_hed'; did you mean 'n_head'/ });
  assert.throws(() => folio.config({ zzzzzzzzzz: 3 }), { code: 'SETTING', message: /no setting 'zzzzzzzzzz'$/ });
  assert.throws(() => folio.config({ ['__proto__']: 3 }), { code: 'SETTING' });
});

test('every setting refuses what is outside its range and accepts its ends', () => {
  for (const { name, kind, min, max, choices } of folio.settings) {
    const bad = kind === 'bool' ? [2, 'yes', null, 1] : kind === 'enum' ? ['nonsense', 0, null, ''] : [min - 1, max * 2 + 1, NaN, Infinity, '1', null];
    for (const value of bad) assert.throws(() => folio.config({ [name]: value }), (/** @type {any} */ error) => error.code === 'RANGE' && error.message.includes(`${name}=`), `${name}=${value}`);
    if (kind === 'int') assert.throws(() => folio.config({ [name]: min + 0.5 }), { code: 'RANGE' });
    for (const choice of choices ?? []) assert.doesNotThrow(() => folio.config({ [name]: choice }));
  }
});

test('an error says which value was given and what is allowed', () => {
  assert.throws(() => folio.config({ dropout: 2 }), { message: 'config: dropout=2 is not allowed: it must be a number from 0 to 0.95' });
  assert.throws(() => folio.config({ activation: 'gel' }), { message: /activation='gel'.*gelu, relu, relu2, swiglu/ });
  assert.equal(allowed(row('bias')), 'true or false');
  assert.equal(allowed(row('n_layer')), 'a whole number from 1 to 256');
});

test('settings are checked against each other', () => {
  assert.throws(() => folio.config({ n_embd: 100, n_head: 3 }), { code: 'HEADS', message: /n_embd=100, n_head=3/ });
  assert.throws(() => folio.config({ n_head: 4, n_kv_head: 3 }), { code: 'KV_HEADS', message: /n_head=4, n_kv_head=3/ });
  assert.throws(() => folio.config({ n_embd: 12, n_head: 4, position: 'rope' }), { code: 'ROPE_HEAD' });
  assert.throws(() => folio.config({ schedule: 'wsd', decay_iters: 11, max_iters: 10 }), { code: 'SCHEDULE', message: /decay_iters=11/ });
});

test('values are read from text by the kind of their setting', () => {
  assert.equal(parseValue(row('n_layer'), '12'), 12);
  assert.equal(parseValue(row('learning_rate'), '1e-3'), 0.001);
  assert.equal(parseValue(row('bias'), 'true'), true);
  assert.equal(parseValue(row('bias'), '0'), false);
  assert.equal(parseValue(row('activation'), 'relu2'), 'relu2');
  for (const text of ['', ' ', 'four', '4x', '0x', '0x4', '0b1']) assert.throws(() => folio.config({ n_layer: parseValue(row('n_layer'), text) }), { code: 'RANGE' });
});

test('suggestions are near, or not made', () => {
  assert.equal(nearest('lerning_rate', folio.settings.map(({ name }) => name)), 'learning_rate');
  assert.equal(nearest('N_HEAD', ['n_head']), 'n_head');
  assert.equal(nearest('elephant', ['n_head', 'seed']), undefined);
});

test('every preset is a valid config', () => {
  const folder = new URL('../../models/presets/', import.meta.url);
  const names = readdirSync(folder);
  for (const name of ['nanogpt-cpu', 'nanogpt-gpu', 'gpt2', 'tiny', 'shakespeare']) assert.ok(names.includes(`${name}.json`), name);
  for (const name of names) assert.doesNotThrow(() => folio.config(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))), name);
});

test('gpt2 has the 124,439,808 parameters of GPT-2 small', () => {
  const preset = JSON.parse(readFileSync(new URL('../../models/presets/gpt2.json', import.meta.url), 'utf8'));
  const memory = folio.memory(preset);
  assert.equal(memory.parameters, 124_439_808);
  assert.ok(memory.total_bytes < memory.limit_bytes);
});

test('the layout lists every tensor once, in order, without overlap', () => {
  const config = folio.config({ n_layer: 3, n_embd: 12, n_head: 3, vocab_size: 13, bias: true, tie_weights: false });
  const layout = folio.layout(config);
  assert.equal(layout[0].name, 'wte.weight');
  assert.deepEqual(layout[0].shape, [13, 12]);
  assert.equal(layout.at(-1)?.name, 'lm_head.weight');
  assert.ok(layout.some(({ name, group }) => name === 'h.2.mlp.c_proj.bias' && group === 'vector'));
  let end = 0;
  for (const { offset, size, shape } of layout) {
    assert.ok(offset >= end && offset < end + 4);
    assert.equal(size, shape.reduce((product, side) => product * side));
    end = offset + size;
  }
  assert.equal(layout.reduce((sum, { size }) => sum + size, 0), folio.memory(config).parameters);
});
