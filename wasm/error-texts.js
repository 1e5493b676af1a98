// error-texts.js - writes wasm/dist/error-texts.js: the name of each code that a module returns, and what a person reads; the modules do without them.
//
//   node wasm/error-texts.js < core/error.h > wasm/dist/error-texts.js

import { readFileSync } from 'node:fs';

/** X(code, NAME, "text") */
const ROW = /\bX\((-\d+), (\w+),[\s\\]*"([^"]*)"\)/g;

const rows = [...readFileSync(0, 'utf8').matchAll(ROW)].map(([, code, name, text]) => [code, [name, text]]);
console.log(`/** Name and text of each error, by its code. Made from core/error.h. */\n\n/** @type {Record<number, [string, string]>} */\nexport const ERRORS = ${JSON.stringify(Object.fromEntries(rows), null, 2)};`);
