// No text takes more than linear time: four times as much of it never takes nine times as long (a quadratic way takes sixteen). How near two it is, and how
// fast beside others, `make bench-tokenizers` measures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../wasm/src/folio.js';
import { ranksOf } from '../oracle/oracles.js';

const folio = await load();
const utf8 = new TextEncoder();

/** The least of the processor's time for some tries, in ms: others do not take from it. @param {() => void} work */
function cost(work) {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

const UNITS = ['a', 'A', ' ', '\n', '🎉', '7', '\u0301', '漢', '<', ' a', 'ab'];

test('four times a hostile text takes less than nine times as long', () => {
  const tokenizer = folio.tokenizer.ranks(ranksOf('o200k_base'), { encoding: 'o200k_base' });
  const slow = [];
  for (const unit of UNITS) {
    const whole = utf8.encode(unit.repeat(Math.ceil((1 << 20) / utf8.encode(unit).length))).subarray(0, 1 << 20);
    const quarter = whole.subarray(0, 1 << 18);
    tokenizer.encodeOrdinary(quarter);
    const ratio = () => cost(() => tokenizer.encodeOrdinary(whole)) / Math.max(1, cost(() => tokenizer.encodeOrdinary(quarter)));
    // A machine with other work may spoil one measurement, not three.
    const ratios = [];
    do ratios.push(ratio());
    while (ratios.length < 3 && Math.min(...ratios) >= 9);
    if (Math.min(...ratios) >= 9) slow.push(`${JSON.stringify(unit)}: ${ratios.map((x) => x.toFixed(1)).join(', ')}`);
  }
  assert.deepEqual(slow, []);
});
