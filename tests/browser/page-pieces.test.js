// What the page's tokens are made of, without a browser: settings under others, pieces of a text, its characters, windows over it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { charactersOf } from '../../www/characters.js';
import { settingsTable } from '../../www/settings.js';
import { State } from '../../www/state.js';
import { piecesOf } from '../../www/tokens.js';
import { windowsOver } from '../../www/window-ruler.js';

test('a vocabulary counts only where it can be chosen', () => {
  const engine = [
    { name: 'vocab_size', kind: /** @type {const} */ ('int'), default: 65, min: 1, max: 1048576, doc: 'tokens' },
    { name: 'tokenizer', kind: /** @type {const} */ ('enum'), default: 'char', min: 0, max: 3, choices: ['char', 'byte', 'word', 'bpe'], doc: 'kind' },
  ];
  const state = new State(settingsTable(engine));
  assert.deepEqual(state.config(), { tokenizer: 'char' });
  state.set('tokenizer', 'bpe');
  assert.deepEqual([state.get('vocab_size'), state.config()], [1024, { tokenizer: 'bpe' }]);
  state.set('vocab_size', 300);
  assert.deepEqual(state.config(), { tokenizer: 'bpe', vocab_size: 300 });
  state.set('tokenizer', 'byte');
  assert.deepEqual(state.config(), { tokenizer: 'byte' });
  state.usePreset('gpt2', new Map(/** @type {[string, any][]} */ ([['tokenizer', 'byte'], ['vocab_size', 50257]])));
  assert.deepEqual(state.config(), { tokenizer: 'byte', vocab_size: 50257 });
});

test('brackets lie side by side or above one another, never across', () => {
  assert.deepEqual(windowsOver({ shown: 5, blockSize: 4, stride: 4, windows: 9 }).map(({ start, track }) => [start, track]), [[0, 0], [4, 0]]);
  assert.deepEqual(windowsOver({ shown: 7, blockSize: 4, stride: 2, windows: 9 }).map(({ start, track }) => [start, track]), [[0, 0], [2, 1], [4, 0], [6, 1]]);
  assert.deepEqual(windowsOver({ shown: 99, blockSize: 50, stride: 1, windows: 999 }).length, 3, 'as many as there is room for');
  assert.deepEqual(windowsOver({ shown: 99, blockSize: 4, stride: 4, windows: 0 }), []);
});

test('a character in several tokens is drawn once, with the first', () => {
  const bytes = new TextEncoder().encode('a👩b');
  const pieces = piecesOf(bytes, [97, 240, 159, 145, 169, 98], [0, 1, 2, 3, 4, 5], 99);
  assert.deepEqual(pieces.map(({ text }) => text), ['a', '👩', '', '', '', 'b']);
  assert.deepEqual(piecesOf(bytes, [1, 2], [0, 3], 3).map(({ id }) => id), [1], 'those that end within the limit');
});

test('the characters of a text are those of the char tokenizer, halves of pairs too', async () => {
  const folio = await load();
  const text = 'b\ud800a👩\ufffd';
  assert.equal(charactersOf(text).vocabulary, folio.tokenizer.train('char', text).toJSON().vocabulary);
});
