// engines.js - another Node beside the one that runs the tests: the newest that npm has for this machine.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const NODE_26 = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/** Why there is no other Node, if there is none. */
export const no26 = existsSync(NODE_26) ? false : 'npm has no Node 26 for this machine';
