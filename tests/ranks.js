// ranks.js - node tests/ranks.js FILE.tiktoken FILE.ranks: tiktoken's form to the packed one (core/tokenizer/ranks.h).
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from '../wasm/src/folio.js';

const [from, to] = process.argv.slice(2);
const tokenizer = (await load()).tokenizer.ranks(new Uint8Array(readFileSync(from)), { split: 'none' });
const packed = tokenizer.toRanks('packed');
writeFileSync(to, packed);
console.log(`  ${to}: ${packed.length} bytes`);
