// text.js - a small text for tests that need one: 12,000 characters, the same everywhere, some of them beyond ASCII.
const WORDS = 'the a king queen fool night day sword love speaks comes goes and but O Romeo Juliet thou art — where wherefore café naïve'.split(' ');

/** @param {number} length characters */
export function makeText(length) {
  let text = '';
  for (let state = 7; text.length < length; ) {
    state = (state * 48271) % 2147483647;
    text += WORDS[state % WORDS.length] + (state % 11 === 0 ? '.\n' : ' ');
  }
  return text.slice(0, length);
}

export const TEXT = makeText(12_000);

/** Settings of a model that learns TEXT in no time. */
export const SMALL = { n_layer: 2, n_head: 2, n_embd: 16, block_size: 16, batch_size: 4, max_iters: 20, warmup_iters: 2, eval_interval: 10 };
