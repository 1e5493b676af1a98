// Kept runs as files: a writing that ends anywhere costs no more than itself, and damage is never taken for a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

/** @typedef {{facts: {step: number}, checkpoint: Uint8Array, text: string}} Loaded */
/** @typedef {{slot: string, facts: {step: number}|null, bytes: number}} Kept */
/** @typedef {{list: () => Promise<Kept[]>, load: (slot: string) => Promise<Loaded|null>, save: (run: object) => Promise<void>, remove: (slot: string) => Promise<void>}} Slots */

/** As the page has it, beside the package's files. @type {{Slots: new (files: object) => Slots}} */
const { Slots } = await import(String(new URL('../../build/page/slots.js', import.meta.url)));

const SLOT = '0123abcd';
const CUT = new Error('the power is gone');

/** Files in memory. After `left` bytes the power is gone, as storage-opfs.js writes: all but the head, then the head. */
class Memory {
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */
  files = new Map();
  left = Infinity;

  list = async () => [...this.files.keys()];
  open = async (/** @type {string} */ name) => {
    const bytes = this.files.get(name);
    return bytes ? new Blob([bytes]) : null;
  };
  write = async (/** @type {string} */ name, /** @type {Uint8Array<ArrayBuffer>[]} */ [head, ...rest]) => {
    this.files.set(name, new Uint8Array());
    let at = head.length;
    for (const part of rest) at = this.#put(name, part, at);
    this.#put(name, head, 0);
  };
  remove = async (/** @type {string} */ name) => void this.files.delete(name);

  /** @param {string} name @param {Uint8Array} bytes @param {number} at */
  #put(name, bytes, at) {
    const part = bytes.subarray(0, Math.max(0, this.left));
    this.left -= bytes.length;
    const before = this.files.get(name) ?? new Uint8Array();
    const after = new Uint8Array(Math.max(before.length, part.length && at + part.length));
    after.set(before);
    after.set(part, part.length && at);
    this.files.set(name, after);
    if (this.left < 0) throw CUT;
    return at + bytes.length;
  }

  copy() {
    const made = new Memory();
    for (const [name, bytes] of this.files) made.files.set(name, bytes.slice());
    return made;
  }
}

/** A checkpoint that tells its step in every byte, in two parts. @param {number} step */
const run = (step) => ({
  slot: SLOT, facts: { name: 'a text', step, steps: 9, loss: 1, at: step }, parts: [new Uint8Array(20).fill(step), new Uint8Array(13).fill(step)],
});

/** @param {Loaded|null} loaded */
function stepOf(loaded) {
  if (!loaded) return null;
  assert.equal(loaded.text, 'the text, ünd so on');
  assert.deepEqual([...loaded.checkpoint], [...new Uint8Array(33).fill(loaded.facts.step)]);
  return loaded.facts.step;
}

/** With that many savings. @param {number} count */
async function kept(count) {
  const memory = new Memory();
  for (let step = 1; step <= count; step++) await new Slots(memory).save({ ...run(step), text: 'the text, ünd so on' });
  return memory;
}

test('the newest is loaded, out of two', async () => {
  for (const count of [1, 2, 3, 4]) {
    const memory = await kept(count);
    assert.equal(stepOf(await new Slots(memory).load(SLOT)), count);
    assert.equal(memory.files.size, Math.min(count, 2) + 1);
    const [{ slot, facts, bytes }] = await new Slots(memory).list();
    assert.deepEqual([slot, facts?.step, bytes], [SLOT, count, [...memory.files.values()].reduce((sum, file) => sum + file.length, 0)]);
  }
});

for (const count of [0, 1, 2, 3]) {
  test(`a saving after ${count} others that is cut off at any byte costs that saving alone; the next one counts`, async () => {
    const before = await kept(count);
    let whole = false;
    let cuts = 0;
    for (let left = 0; !whole; left++) {
      const memory = before.copy();
      memory.left = left;
      whole = await new Slots(memory).save({ ...run(count + 1), text: 'the text, ünd so on' }).then(() => true, (error) => {
        assert.equal(error, CUT);
        return false;
      });
      memory.left = Infinity;
      const expected = whole ? count + 1 : count || null;
      const [listed] = await new Slots(memory).list();
      assert.equal(listed?.facts?.step ?? null, expected, `listed after ${left} bytes`);
      assert.equal(stepOf(await new Slots(memory).load(SLOT)), expected, `loaded after ${left} bytes`);
      await new Slots(memory).save({ ...run(8), text: 'the text, ünd so on' });
      assert.equal(stepOf(await new Slots(memory).load(SLOT)), 8);
      cuts++;
    }
    assert.ok(cuts > 100, `${cuts} cuts`);
  });
}

test('a damaged byte costs a generation at most; in the text, the run', async () => {
  const before = await kept(3); // the newer of the two is a
  for (const [name, bytes] of before.files) {
    for (let at = 0; at < bytes.length; at++) {
      const memory = before.copy();
      const damaged = /** @type {Uint8Array} */ (memory.files.get(name));
      damaged[at] ^= 1 << (at % 8);
      const step = stepOf(await new Slots(memory).load(SLOT));
      assert.equal(step, name.endsWith('.text') ? null : name.endsWith('.a') ? 2 : 3, `${name} at ${at}`);
    }
  }
});

test('what was found damaged is not put in the place of what is whole', async () => {
  const memory = await kept(3);
  const newest = /** @type {Uint8Array} */ (memory.files.get(`${SLOT}.a`));
  newest[newest.length - 1] ^= 1;
  const slots = new Slots(memory);
  assert.equal(stepOf(await slots.load(SLOT)), 2);
  memory.left = 40;
  await assert.rejects(slots.save(run(4)), CUT);
  assert.equal(stepOf(await slots.load(SLOT)), 2);
});

test('other files are left alone; a slot is removed as a whole', async () => {
  const memory = await kept(2);
  memory.files.set('probe', new Uint8Array(1));
  memory.files.set('../0123abcd.a', new Uint8Array(1));
  const slots = new Slots(memory);
  assert.equal((await slots.list()).length, 1);
  await slots.remove(SLOT);
  assert.deepEqual([...memory.files.keys()], ['probe', '../0123abcd.a']);
});
