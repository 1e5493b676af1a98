// lint.js - `make lint`: tries every rule on what it must refuse, then on every file. Exit status 1 where one is broken.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { RULES } from './rules.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUSE = /^(Makefile|README\.md|LICENSE|core|wasm|www|tests|models|\..+)$/;
const GENERATED = /^(\.git|build|wasm\/dist|wasm\/types|(.*\/)?(node_modules|__pycache__))$/;

/** Paths of all files below a folder, from the root, generated ones left out. @param {string} folder @returns {string[]} */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = relative(ROOT, join(folder, entry.name));
    if (GENERATED.test(path)) return [];
    return entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [path];
  });

const problems = /** @type {string[]} */ ([]);
const warnings = /** @type {string[]} */ ([]);
for (const { name, files, check, refuses } of RULES) {
  for (const [path, source] of refuses) {
    if (!files.test(path) || !check(source, path).length) problems.push(`tests/lint/rules.js: "${name}" does not refuse ${JSON.stringify(source.slice(0, 60))} in ${path}`);
  }
}

const paths = filesBelow(ROOT);
for (const top of readdirSync(ROOT)) if (!HOUSE.test(top) && !GENERATED.test(top)) problems.push(`${top}: does not belong at the top level`);
for (const path of paths) {
  const rules = RULES.filter(({ files }) => files.test(path));
  const source = rules.length ? readFileSync(join(ROOT, path), 'utf8') : '';
  for (const { name, check, warns } of rules) {
    for (const { line, message } of check(source, path)) (warns ? warnings : problems).push(`${path}:${line}: ${message}  [${name}]`);
  }
}

for (const warning of warnings) console.log(`warning: ${warning}`);
for (const problem of problems) console.error(problem);
console.log(`lint: ${RULES.length} rules, ${paths.length} files, ${warnings.length} warnings, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
