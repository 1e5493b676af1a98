// run.js - node tests/fuzz/run.js build/fuzz/NAME_fuzz SECONDS: a fuzz target over its corpus (tests/fuzz/corpus/NAME, never written to) and on.
// What it finds new goes to build/fuzz/corpus/NAME, what breaks it to build/fuzz. Closes with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';

const [target, seconds] = process.argv.slice(2);
const name = basename(target, '_fuzz');
const found = `build/fuzz/corpus/${name}`;
mkdirSync(found, { recursive: true });
const options = [`-max_total_time=${seconds}`, '-max_len=8192', '-timeout=20', '-rss_limit_mb=2048', '-print_final_stats=1', `-artifact_prefix=build/fuzz/${name}-`];
const { status, stderr } = spawnSync(target, [...options, found, `tests/fuzz/corpus/${name}`], { encoding: 'utf8', maxBuffer: 1 << 28 });
const [, runs = '0'] = stderr.match(/stat::number_of_executed_units: (\d+)/) ?? [];
if (status !== 0) console.error(stderr.split('\n').slice(-60).join('\n'));
console.log(`${name}: ${runs} texts in ${seconds} s`);
console.log(status === 0 && Number(runs) > 0 ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exitCode = status === 0 && Number(runs) > 0 ? 0 : 1;
