// Tokenizers that are shared by those who ask: one that is given up is made anew for who asks next.
import assert from 'node:assert/strict';
import { test } from 'node:test';

// A script of the page, whose types name modules by where they stand on the site.
const { TokenLab } = await import(String(new URL('../../www/token-lab.js', import.meta.url)));

/** A client that learns as the worker does: it answers an abort a little later. */
class Client {
  trained = 0;
  /** Ends what is being learnt. */
  end = () => {};
  tokenizer = {
    /** @param {string} _kind @param {Blob} _text @param {{signal: AbortSignal}} options */
    train: (_kind, _text, { signal }) => new Promise((resolve, reject) => {
      const made = { number: ++this.trained };
      this.end = () => resolve(made);
      signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), 5));
    }),
  };
}

const BPE = { name: 'bpe', size: 300 };

/** @param {boolean} busy */
function setUp(busy) {
  const client = new Client();
  const lab = new TokenLab(/** @type {any} */ (client), () => busy);
  lab.take(/** @type {any} */ ({ text: 'the text', vocabulary: 'ehtx ' }));
  return { client, lab };
}

test('who asks for a tokenizer that was just given up gets one that is made anew', async () => {
  const { client, lab } = setUp(false);
  const [first, second] = [new AbortController(), new AbortController()];
  const given = assert.rejects(lab.tokenizer(BPE, first.signal), { name: 'AbortError' });
  first.abort();
  const asked = lab.tokenizer(BPE, second.signal);
  await given;
  client.end();
  assert.deepEqual([await asked, client.trained], [{ number: 2 }, 2]);
  second.abort();
  assert.deepEqual([await lab.tokenizer(BPE, new AbortController().signal), client.trained], [{ number: 2 }, 2], 'what is made stays');
});

test('who gave it up too is told so', async () => {
  const { client, lab } = setUp(false);
  const one = new AbortController();
  const asked = [lab.tokenizer(BPE, one.signal), lab.tokenizer(BPE, one.signal)];
  one.abort();
  for (const answer of asked) await assert.rejects(answer, { name: 'AbortError' });
  assert.equal(client.trained, 1);
});

test('while the worker is busy it is learnt to its end, for who asks next', async () => {
  const { client, lab } = setUp(true);
  const first = new AbortController();
  const given = lab.tokenizer(BPE, first.signal);
  first.abort();
  const asked = lab.tokenizer(BPE, new AbortController().signal);
  client.end();
  assert.deepEqual([await given, await asked, client.trained], [{ number: 1 }, { number: 1 }, 1]);
});
