// Words and byte-level BPE: training, special tokens, offsets, and the files that they come from and go to.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { pack, toBase64 } from '../../wasm/src/tokenizer/strings.js';
import { ranksOf } from '../oracle/oracles.js';
import { TEXT } from './text.js';

/** @type {typeof import('@huggingface/tokenizers')} */
const huggingFace = createRequire(import.meta.url)('@huggingface/tokenizers');
const folio = await load();
const MIXED = `${TEXT} It's 12345 o'clock — HELLOworld…\r\n\r\n  漢字 한국어 हिन्दी 🎉👍🏽\tend. `;
const utf8 = new TextEncoder();
const gpt2 = folio.tokenizer.ranks(ranksOf('gpt2'), { encoding: 'gpt2' });

/** One of each kind, trained. */
const trained = () => ({
  char: folio.tokenizer.train('char', MIXED),
  byte: folio.tokenizer.train('byte', MIXED),
  word: folio.tokenizer.train('word', MIXED),
  ...Object.fromEntries(/** @type {const} */ (['none', 'gpt2', 'cl100k', 'o200k']).map((split) => [`bpe ${split}`, folio.tokenizer.train('bpe', MIXED, { vocabSize: 400, split })])),
});

// ---- training ----

/** Counting all pairs anew each time, as minbpe's RegexTokenizer does, but for ties: the lowest pair wins. @param {string[]} pieces @param {number} merges */
function slowly(pieces, merges) {
  const words = pieces.map((piece) => [...utf8.encode(piece)]);
  const made = [];
  for (let id = 256; id < 256 + merges; id++) {
    const counts = /** @type {Map<number, number>} */ (new Map());
    for (const word of words) for (let i = 0; i + 1 < word.length; i++) counts.set(word[i] * 65536 + word[i + 1], (counts.get(word[i] * 65536 + word[i + 1]) ?? 0) + 1);
    const [pair, count] = [...counts].sort(([p, a], [q, b]) => b - a || p - q)[0] ?? [0, 0];
    if (count < 2) break;
    const [left, right] = [Math.floor(pair / 65536), pair % 65536];
    made.push(left, right);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) if (word[i] === left && word[i + 1] === right) word.splice(i, 2, id);
    }
  }
  return made;
}

test('bpe: the merges are those of counting all pairs anew', () => {
  const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
  const tokenizer = folio.tokenizer.train('bpe', MIXED, { vocabSize: 256 + 80 + 1, split: 'gpt2' });
  assert.deepEqual([...tokenizer.pairs().slice(512)], slowly(MIXED.match(pattern) ?? [], 80));
  assert.equal(tokenizer.vocabSize, 337);
  assert.deepEqual(tokenizer.special, { '<|endoftext|>': 336 });
});

test('bpe: a minimal count ends the training, and so does a text that has no more pairs', () => {
  const few = folio.tokenizer.train('bpe', 'ab ab ab cd', { minCount: 3, split: 'gpt2', special: [] });
  assert.equal(few.vocabSize, 257);
  assert.deepEqual([...few.encode('ab')], [256]);
  assert.equal(folio.tokenizer.train('bpe', 'a', { special: [] }).vocabSize, 256);
});

test('the same text gives the same tokens, in one part or in many', () => {
  const bytes = utf8.encode(MIXED);
  const whole = folio.tokenizer.train('bpe', MIXED, { vocabSize: 500 }).toRanks();
  assert.deepEqual(folio.tokenizer.train('bpe', bytes, { vocabSize: 500 }).toRanks(), whole);
});

test('a text that is not split is one piece, however it comes', async () => {
  const bytes = utf8.encode(MIXED);
  /** @type {import('../../wasm/src/tokenizer/training.js').TrainingOptions} */
  const options = { vocabSize: 320, split: 'none', special: [] };
  const tokenizer = folio.tokenizer.train('bpe', bytes, options);
  assert.deepEqual([...tokenizer.pairs().slice(512)], slowly([MIXED], 64));
  const parts = [0, 1, 700, 700, 5000, bytes.length].map((at, i, all) => bytes.slice(at, all[i + 1] ?? at));
  const work = folio.tokenizer.trainStream('bpe', parts, options);
  let step = await work.next();
  while (!step.done) step = await work.next();
  assert.deepEqual(step.value.toRanks(), tokenizer.toRanks());
  assert.deepEqual(folio.tokenizer.train('bpe', bytes, { ...options, vocabSize: 2 ** 17, minCount: 300 }).toRanks(), folio.tokenizer.train('bpe', bytes, { ...options, minCount: 300, vocabSize: 1000 }).toRanks());
  assert.throws(() => folio.tokenizer.train('bpe', '', options), { code: 'EMPTY' });
});

test('word: by frequency, then by bytes; a limit leaves the rest unknown', () => {
  const tokenizer = folio.tokenizer.train('word', 'b a b, c a b', { vocabSize: 5 });
  assert.deepEqual(tokenizer.special, { '<|unk|>': 3, '<|endoftext|>': 4 });
  assert.deepEqual(tokenizer.tokens().map((token) => new TextDecoder().decode(token)), [' ', 'b', 'a']);
  assert.deepEqual([...tokenizer.encode('a b, zebra')], [2, 0, 1, 3, 0, 3]);
  assert.equal(tokenizer.decode(tokenizer.encode('a b, zebra')), 'a b<|unk|> <|unk|>');
  assert.deepEqual([...tokenizer.offsets('a b, zebra', tokenizer.encode('a b, zebra'))], [0, 1, 2, 3, 4, 5]);
  assert.throws(() => folio.tokenizer.train('word', 'a', { special: [] }).encode('a b'), { code: 'UNKNOWN_WORD', message: /' ' at byte 1/ });
});

test('settings of a training that make no sense are refused', () => {
  for (const vocabSize of [256, 0, 2 ** 21, 300.5]) assert.throws(() => folio.tokenizer.train('bpe', TEXT, { vocabSize }), { code: 'RANGE', message: /vocabSize/ });
  assert.throws(() => folio.tokenizer.train('bpe', TEXT, { minCount: 0 }), { code: 'RANGE', message: /minCount/ });
  assert.throws(() => folio.tokenizer.train('bpe', TEXT, { split: /** @type {any} */ ('gpt5') }), { code: 'ARGUMENT', message: /no split 'gpt5' \(known: none, gpt2/ });
  assert.throws(() => folio.tokenizer.train('bpe', ''), { code: 'EMPTY' });
  assert.throws(() => folio.tokenizer.train('word', ''), { code: 'EMPTY' });
});

test('training tells how far it is, in many pieces, and can be left', () => {
  const text = MIXED.repeat(100);
  const events = [...folio.tokenizer.training('bpe', text, { vocabSize: 600 })];
  const counts = events.filter(({ phase }) => phase === 'count');
  assert.equal(counts.at(-1)?.done, utf8.encode(text).length);
  assert.ok(counts.length >= 4);
  for (const { done } of folio.tokenizer.training('bpe', text)) if (done) break;
});

test('memory stays the same over a hundred tokenizers', async () => {
  const fresh = await load();
  const once = () => {
    const tokenizer = fresh.tokenizer.train('bpe', MIXED, { vocabSize: 400 });
    tokenizer.encode('x'.repeat(5000));
    tokenizer.close();
    fresh.tokenizer.train('word', MIXED).close();
    assert.throws(() => fresh.tokenizer.train('bpe', ''));
  };
  for (let i = 0; i < 5; i++) once();
  const before = fresh.info().memory_bytes;
  for (let i = 0; i < 100; i++) once();
  assert.equal(fresh.info().memory_bytes, before);
});

// ---- text and back ----

test('every kind gives the text back, and so it does from every file', () => {
  for (const [name, tokenizer] of Object.entries(trained())) {
    const ids = tokenizer.encode(MIXED);
    assert.equal(tokenizer.decode(ids), MIXED, name);
    const files = [JSON.stringify(tokenizer), JSON.stringify(tokenizer.toHuggingFace())];
    for (const file of files) {
      const again = folio.tokenizer.load(file);
      assert.deepEqual(again.encode(MIXED), ids, name);
      assert.deepEqual([again.kind, again.split, again.vocabSize, again.special], [tokenizer.kind, tokenizer.split, tokenizer.vocabSize, tokenizer.special], name);
    }
    const offsets = tokenizer.offsets(MIXED, ids);
    const ends = [...offsets.slice(1), utf8.encode(MIXED).length];
    ids.slice(0, 500).forEach((id, i) => assert.equal(tokenizer.decodeBytes([id]).length, ends[i] - offsets[i]));
  }
});

test("tokenizer.json is what Hugging Face's reader makes the same ids of", () => {
  for (const [name, tokenizer] of Object.entries({ ...trained(), gpt2 })) {
    const theirs = new huggingFace.Tokenizer(/** @type {any} */ (tokenizer.toHuggingFace()), {});
    const { ids } = theirs.encode(MIXED, { add_special_tokens: false });
    assert.deepEqual([...tokenizer.encode(MIXED)], [...ids], name);
  }
});

test('bpe keeps bytes that are no text, and word too', () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0x20, 0xe2, 0x82, 0x62, 0xc0, 0x80);
  assert.deepEqual(gpt2.decodeBytes(gpt2.encode(bytes)), bytes);
  const words = folio.tokenizer.train('word', bytes);
  assert.deepEqual(words.decodeBytes(words.encode(bytes)), bytes);
  assert.deepEqual([...gpt2.encode('a\ud800b')], [...gpt2.encode('a\ufffdb')]);
  assert.throws(() => words.toHuggingFace(), { code: 'UTF8' });
});

test('a token that is part of a character waits for the rest, a hole is silent', () => {
  const stream = gpt2.decodeStream();
  stream.next();
  const pieces = [...gpt2.encode('a漢b')].map((id) => stream.next(id).value);
  assert.equal(pieces.join(''), 'a漢b');
  const o200k = folio.tokenizer.ranks(ranksOf('o200k_base'), { encoding: 'o200k_base' });
  const holes = o200k.decodeStream();
  holes.next();
  assert.equal(holes.next(200000).value, '');
  assert.throws(() => o200k.decode([200000]), { code: 'TOKEN' });
  assert.throws(() => o200k.decode([200019]), { code: 'TOKEN', message: /200019 tokens/ });
  o200k.close();
});

// ---- special tokens ----

test('special tokens: refused unless allowed, as tiktoken has it', () => {
  const text = 'one<|endoftext|>two';
  assert.throws(() => gpt2.encode(text), { code: 'NOT_ALLOWED', message: /'<\|endoftext\|>' at byte 3/ });
  assert.deepEqual([...gpt2.encode(text, { allowedSpecial: 'all' })], [505, 50256, 11545]);
  assert.deepEqual([...gpt2.encode(text, { allowedSpecial: ['<|endoftext|>'] })], [505, 50256, 11545]);
  assert.deepEqual([...gpt2.encode(text, { disallowedSpecial: [] })], [...gpt2.encodeOrdinary(text)]);
  assert.equal(gpt2.decode(gpt2.encodeOrdinary(text)), text);
  assert.equal(gpt2.decode([505, 50256, 11545]), text);
  assert.throws(() => gpt2.encode(text, { allowedSpecial: ['<|eot|>'] }), { code: 'ARGUMENT', message: /no special token '<\|eot\|>'/ });
});

test("the special tokens of OpenAI's encodings, and own ones", () => {
  const names = /** @type {Record<string, Record<string, number>>} */ ({
    cl100k_base: { '<|endoftext|>': 100257, '<|fim_prefix|>': 100258, '<|endofprompt|>': 100276 },
    o200k_base: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
    o200k_harmony: { '<|startoftext|>': 199998, '<|return|>': 200002, '<|call|>': 200012, '<|reserved_200013|>': 200013, '<|reserved_201087|>': 201087 },
  });
  for (const [encoding, special] of Object.entries(names)) {
    const tokenizer = folio.tokenizer.ranks(ranksOf(encoding), { encoding });
    for (const [name, id] of Object.entries(special)) assert.deepEqual([...tokenizer.encode(name, { allowedSpecial: 'all' })], [id]);
    if (encoding === 'o200k_harmony') {
      assert.equal(tokenizer.vocabSize, 201088);
      assert.equal(tokenizer.decode([200018]), '<|endofprompt|>');
      assert.deepEqual([...tokenizer.encode('<|reserved_200018|>', { allowedSpecial: 'all' })], [200018]);
    }
    tokenizer.close();
  }
  const own = folio.tokenizer.ranks(ranksOf('gpt2'), { split: 'gpt2', special: { '<|a|>': 50256, '<|a|>b': 60000 } });
  assert.deepEqual([...own.encode('<|a|>b<|a|>', { allowedSpecial: 'all' })], [60000, 50256]);
  assert.equal(own.vocabSize, 60001);
  own.close();
  assert.throws(() => folio.tokenizer.ranks(ranksOf('gpt2'), { split: 'gpt2', special: { x: 5 } }), { code: 'SPECIAL', message: /"x" with id 5/ });
  assert.throws(() => folio.tokenizer.ranks(ranksOf('gpt2'), { encoding: 'gpt7' }), { code: 'ARGUMENT', message: /known: gpt2, r50k_base/ });
});

test('documents have end-of-text between them, and names in them are text', () => {
  const ids = gpt2.encodeDocuments(['one', 'two<|endoftext|>', '']);
  assert.equal(ids.filter((id) => id === 50256).length, 2);
  assert.equal(gpt2.decode(ids), 'one<|endoftext|>two<|endoftext|><|endoftext|>');
  assert.throws(() => folio.tokenizer.train('char', 'ab').encodeDocuments(['a', 'b']), { code: 'ARGUMENT' });
});

// ---- files ----

test('a .tiktoken file comes out as it went in, and the packed form is the same tokens', () => {
  const file = ranksOf('cl100k_base');
  const tokenizer = folio.tokenizer.ranks(file, { encoding: 'cl100k_base' });
  assert.deepEqual(tokenizer.toRanks(), file);
  const packed = folio.tokenizer.ranks(tokenizer.toRanks('packed'), { encoding: 'cl100k_base' });
  assert.ok(tokenizer.toRanks('packed').length < file.length / 2);
  assert.deepEqual(packed.encode(MIXED), tokenizer.encode(MIXED));
  for (const each of [tokenizer, packed]) each.close();
});

test('a damaged file is refused by its line', () => {
  const lines = new TextDecoder().decode(ranksOf('gpt2')).split('\n');
  const damage = (/** @type {number} */ at, /** @type {string} */ line) => utf8.encode([...lines.slice(0, at), line, ...lines.slice(at + 1)].join('\n'));
  for (const [line, message] of /** @type {[string, RegExp][]} */ ([
    ['YWI', /line 301: its token is not base64/], ['YWI= x', /line 301: a number should follow/], ['YWI= 1048576', /line 301: its id is too large/],
    ['ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICB4 7', /line 301: its id stands twice \(7\)/], [' 300', /line 301: its token is empty/], ['', /line 301: it is empty/], ['\r', /line 301: it is empty/], ['YWI=', /line 301: no id follows its token/], ['YWJj\r', /line 301: no id follows its token/], ['IQ== 300', /line 301: its token stands twice/],
  ])) assert.throws(() => folio.tokenizer.ranks(damage(300, line), { split: 'gpt2' }), { code: 'RANKS', message }, line);
  assert.throws(() => folio.tokenizer.ranks(utf8.encode(lines.slice(1).join('\n')), { split: 'gpt2' }), { code: 'BYTES', message: /0x21/ });
  assert.throws(() => folio.tokenizer.ranks(utf8.encode('<!doctype html>'), { split: 'gpt2' }), { code: 'RANKS', message: /line 1/ });
  const packed = gpt2.toRanks('packed');
  assert.throws(() => folio.tokenizer.ranks(packed.slice(0, 1000), { split: 'gpt2' }), { code: 'RANKS', message: /at byte \d+: the file is cut off/ });
});

test("an encoding's tokens are known from those of others, by their number and their bytes", () => {
  const numbers = { gpt2: 50256, p50k_base: 50280, cl100k_base: 100256, o200k_base: 199998, o200k_harmony: 199998 };
  for (const [encoding, wanted] of Object.entries(numbers)) {
    const right = folio.tokenizer.ranks(ranksOf(encoding), { encoding });
    const packed = right.toRanks('packed');
    right.close();
    folio.tokenizer.ranks(packed, { encoding }).close();
    for (const [other, found] of Object.entries(numbers)) {
      if (found === wanted) continue;
      const message = `tokenizer.ranks: these are not the tokens of ${other}: ${found.toLocaleString('en-US')} are expected, ${wanted.toLocaleString('en-US')} found; they are those of ${{ gpt2: 'r50k_base', o200k_harmony: 'o200k_base' }[encoding] ?? encoding}`;
      for (const file of [ranksOf(encoding), packed]) assert.throws(() => folio.tokenizer.ranks(file, { encoding: other }), { code: 'RANKS', message }, `${encoding} for ${other}`);
    }
  }
  const lines = new TextDecoder().decode(ranksOf('gpt2')).split('\n');
  [lines[300], lines[301]] = [lines[300].replace(' 300', ' 301'), lines[301].replace(' 301', ' 300')];
  assert.throws(() => folio.tokenizer.ranks(utf8.encode(lines.join('\n')), { encoding: 'gpt2' }), { code: 'RANKS', message: /not the tokens of gpt2: as many, but others/ });
  folio.tokenizer.ranks(utf8.encode(lines.reverse().slice(1).join('\n')), { split: 'gpt2' }).close();
});

test('tokenizer.json of other makes is refused with the reason', () => {
  const good = () => /** @type {any} */ (folio.tokenizer.train('bpe', 'abab', { vocabSize: 258, special: [], split: 'gpt2' }).toHuggingFace());
  assert.equal(folio.tokenizer.load(good()).vocabSize, 257);
  /** @type {[(json: any) => void, RegExp][]} */
  const cases = [
    [(json) => (json.model.type = 'Unigram'), /model.type is "Unigram"/], [(json) => (json.model = null), /model is not an object/], [(json) => (json.normalizer = { type: 'NFC' }), /no normalizers/],
    [(json) => (json.pre_tokenizer = { type: 'Whitespace' }), /pre_tokenizer/], [(json) => (json.pre_tokenizer.add_prefix_space = true), /add_prefix_space/],
    [(json) => (json.model.vocab.a = -1), /the id of "a" is -1/], [(json) => (json.model.vocab.a = 98), /id 98 stands twice/], [(json) => (json.model.vocab['€'] = 300), /byte-level alphabet/],
    [(json) => (json.model.merges = ['a b', 'x']), /merges 1 is not a pair/], [(json) => (json.model.merges = [['b', 'c']]), /makes "bc", which is no token/],
    [(json) => json.model.merges.push('a b'), /ids must ascend/], [(json) => (json.added_tokens = [{ id: 1 }]), /added_tokens 0/], [(json) => (json.model.vocab = []), /model.vocab is not an object/],
    [(json) => (json.pre_tokenizer = { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '\\d' }, behavior: 'Isolated' }, { type: 'ByteLevel', use_regex: false }] }), /no scanner for the pattern/],
  ];
  for (const [change, message] of cases) {
    const json = good();
    change(json);
    assert.throws(() => folio.tokenizer.load(json), { code: 'VOCABULARY', message }, String(change));
  }
});

test('JSON that is no tokenizer says what is missing', () => {
  for (const json of ['{}', '{"version":"1.0"}', '{"added_tokens":[]}']) {
    assert.throws(() => folio.tokenizer.load(json), { code: 'VOCABULARY', message: /^tokenizer\.load: there is neither 'model', as Hugging Face's tokenizer\.json has, nor 'kind', as Folio's own/ });
  }
  assert.throws(() => folio.tokenizer.load({ model: {} }), { code: 'VOCABULARY', message: /model.vocab is missing/ });
  assert.throws(() => folio.tokenizer.load({ kind: 'piece' }), { code: 'ARGUMENT', message: /no tokenizer 'piece'/ });
});

test('own JSON that is damaged is refused', () => {
  const tokens = toBase64(pack(Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))));
  assert.equal(folio.tokenizer.load({ kind: 'bpe', split: 'none', tokens, special: {} }).vocabSize, 256);
  assert.throws(() => folio.tokenizer.load({ kind: 'bpe', split: 'none', tokens: '*', special: {} }), { code: 'VOCABULARY' });
  assert.throws(() => folio.tokenizer.load({ kind: 'bpe', split: 'none' }), { code: 'VOCABULARY' });
  assert.throws(() => folio.tokenizer.load({ kind: 'bpe', tokens }), { code: 'ARGUMENT', message: /no split/ });
  assert.throws(() => folio.tokenizer.load({ kind: 'bpe', split: 'none', tokens, special: { a: 0.5 } }), { code: 'SPECIAL' });
  for (const special of [null, 3, 'x']) assert.throws(() => folio.tokenizer.load({ kind: 'bpe', split: 'none', tokens, special }), { code: 'SPECIAL' });
  assert.throws(() => folio.tokenizer.load({ kind: 'word', tokens: tokens.slice(0, 40) }), { code: 'RANKS' });
});
