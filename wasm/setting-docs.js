// setting-docs.js - writes wasm/dist/setting-docs.js: what each setting of config.h means, for help texts and pages, which the modules do without.
//
//   node wasm/setting-docs.js < core/config.h > wasm/dist/setting-docs.js

import { readFileSync } from 'node:fs';

/** X(kind, name, default, min, max, "choices", "doc") */
const ROW = /^ *X\([A-Z]+, (\w+),.*, "([^"]*)"\)/gm;

const docs = Object.fromEntries([...readFileSync(0, 'utf8').matchAll(ROW)].map(([, name, doc]) => [name, doc]));
console.log(`/** What each setting means, by its name. Made from core/config.h. */\n\n/** @type {Record<string, string>} */\nexport const DOCS = ${JSON.stringify(docs, null, 2)};`);
