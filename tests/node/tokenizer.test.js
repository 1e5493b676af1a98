// Text to ids and back, over the boundary of JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { TEXT } from './text.js';

const folio = await load();

test('char: the vocabulary is sorted(set(text))', () => {
  const tokenizer = folio.tokenizer.train('char', 'héllo\n wörld 🎭');
  const expected = [...new Set('héllo\n wörld 🎭')].sort((a, b) => Number(a.codePointAt(0)) - Number(b.codePointAt(0)));
  assert.equal(tokenizer.toJSON().vocabulary, expected.join(''));
  assert.equal(tokenizer.vocabSize, expected.length);
  assert.deepEqual([...tokenizer.encode('h🎭')], [expected.indexOf('h'), expected.indexOf('🎭')]);
});

for (const kind of /** @type {const} */ (['char', 'byte'])) {
  test(`${kind}: decode(encode(text)) is the text`, () => {
    const tokenizer = folio.tokenizer.train(kind, TEXT);
    assert.equal(tokenizer.decode(tokenizer.encode(TEXT)), TEXT);
    assert.equal(tokenizer.decode([]), '');
    assert.deepEqual([...tokenizer.encode('')], []);
  });

  test(`${kind}: text and its bytes are the same`, () => {
    const tokenizer = folio.tokenizer.train(kind, new TextEncoder().encode(TEXT));
    assert.deepEqual(tokenizer.encode(new TextEncoder().encode(TEXT)), tokenizer.encode(TEXT));
  });

  test(`${kind}: a saved tokenizer is the same tokenizer`, () => {
    const tokenizer = folio.tokenizer.train(kind, TEXT);
    const json = JSON.stringify(tokenizer);
    for (const source of [json, JSON.parse(json)]) assert.deepEqual(folio.tokenizer.load(source).encode(TEXT), tokenizer.encode(TEXT));
  });
}

test('byte: ids are bytes', () => {
  const tokenizer = folio.tokenizer.train('byte', '');
  assert.equal(tokenizer.vocabSize, 256);
  assert.deepEqual([...tokenizer.encode('é')], [0xc3, 0xa9]);
});

test('byte: a character that is spread over tokens appears with the last of them', () => {
  const tokenizer = folio.tokenizer.train('byte', '');
  const stream = tokenizer.decodeStream();
  stream.next();
  const pieces = [...tokenizer.encode('aé🎭')].map((id) => stream.next(id).value);
  assert.deepEqual(pieces, ['a', '', 'é', '', '', '', '🎭']);
  assert.deepEqual(stream.next(undefined), { done: true, value: '' });
});

test('byte: half a character at the end is shown as such', () => {
  const tokenizer = folio.tokenizer.train('byte', '');
  const stream = tokenizer.decodeStream();
  stream.next();
  assert.equal(stream.next(0xc3).value, '');
  assert.equal(stream.next(undefined).value, '\ufffd');
});

test('a byte order mark is a character like others', () => {
  const tokenizer = folio.tokenizer.train('char', '\ufeffab');
  assert.equal(tokenizer.decode(tokenizer.encode('\ufeffab')), '\ufeffab');
});

test('an unknown character is named with its place', () => {
  const tokenizer = folio.tokenizer.train('char', 'aé');
  assert.throws(() => tokenizer.encode('aéé€a'), { code: 'UNKNOWN_CHAR', op: 'tokenizer.encode', message: /'€' \(U\+20AC\) at character 3, byte 5/ });
});

test('bytes that are no UTF-8 are named with their place', () => {
  const bad = Uint8Array.of(0x61, 0xc3, 0xa9, 0xff, 0x61);
  assert.throws(() => folio.tokenizer.train('char', bad), { code: 'UTF8', message: /0xFF at byte 3, after 2 characters/ });
  assert.throws(() => folio.tokenizer.train('char', 'aé').encode(bad), { code: 'UTF8' });
});

test('an empty text has no vocabulary', () => assert.throws(() => folio.tokenizer.train('char', ''), { code: 'EMPTY' }));

test('an unknown kind is named', () => {
  assert.throws(() => folio.tokenizer.train(/** @type {any} */ ('wordpiece'), 'a'), { code: 'ARGUMENT', message: /no tokenizer 'wordpiece' \(known: char, byte, word, bpe\)/ });
});

test('ids that are no tokens are refused', () => {
  assert.throws(() => folio.tokenizer.train('char', 'ab').decode([0, 2]), { code: 'TOKEN', message: /2 tokens/ });
  for (const id of [0.5, -1, NaN]) {
    for (const kind of /** @type {const} */ (['char', 'byte'])) assert.throws(() => folio.tokenizer.train(kind, 'ab').decode([0, id]), { code: 'TOKEN', message: new RegExp(`id ${id} at place 1 is no token`) });
  }
  assert.throws(() => folio.tokenizer.train('char', 'ab').offsets('ab', [0, 1.5]), { code: 'TOKEN', message: /id 1\.5 at place 1/ });
});

test('a vocabulary that has grown keeps its ids, in JSON of both kinds', () => {
  const vocabulary = 'abdé€c—ß😀á';
  const tokenizer = folio.tokenizer.load({ kind: 'char', vocabulary });
  assert.deepEqual([...tokenizer.encode(vocabulary)], Array.from({ length: 10 }, (_, id) => id));
  assert.deepEqual(tokenizer.toJSON(), { kind: 'char', vocabulary });
  const through = folio.tokenizer.load(JSON.stringify(tokenizer.toHuggingFace()));
  const text = 'ca😀bße—d€á';
  assert.throws(() => through.encode(text), { code: 'UNKNOWN_CHAR', message: /'e'/ });
  const known = text.replace('e', 'é');
  assert.deepEqual(through.encode(known), tokenizer.encode(known));
  assert.equal(through.decode(through.encode(known)), known);
});

test('a vocabulary from a file is checked', () => {
  for (const vocabulary of ['aab', 'aba', 'a\ud800']) {
    assert.throws(() => folio.tokenizer.load({ kind: 'char', vocabulary }), { code: 'VOCABULARY' }, JSON.stringify(vocabulary));
  }
  for (const json of ['{', 'null', '3', '[]', '{"kind":"char","vocabulary":3}', '{"kind":"char","vocabulary":null}']) {
    assert.throws(() => folio.tokenizer.load(json), (/** @type {any} */ error) => error.name === 'FolioError', json);
  }
});
