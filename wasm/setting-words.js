// setting-words.js - writes wasm/dist/setting-words.js: the name of each setting of config.h, what it can be and what it means; the modules do without words.
//
//   node wasm/setting-words.js < core/config.h > wasm/dist/setting-words.js

import { readFileSync } from 'node:fs';

/** X(kind, name, default, min, max, "choices", "doc") */
const ROW = /\bX\([A-Z]+, (\w+), [^"]*"([^"]*)",[\s\\]*"([^"]*)"\)/g;

const rows = [...readFileSync(0, 'utf8').matchAll(ROW)].map(([, ...words]) => words);
console.log(`/** Of each setting its name, what it can be, and what it means, in the order of the rows. Made from core/config.h. */\n\n/** @type {[string, string, string][]} */\nexport const SETTING_WORDS = ${JSON.stringify(rows, null, 2)};`);
