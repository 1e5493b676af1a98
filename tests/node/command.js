// command.js - the command line as tests run it: a process of its own, and what it said.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const FOLIO = join(ROOT, 'wasm/bin/folio.js');

/** @param {...string} options @returns {Promise<{code: number, stdout: string, stderr: string}>} */
export const folio = (...options) => new Promise((resolve) => {
  execFile(process.execPath, [FOLIO, ...options], { cwd: ROOT, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, stdout, stderr }));
});

/** What --json printed. @param {string} stdout */
export const events = (stdout) => stdout.trimEnd().split('\n').map((line) => JSON.parse(line));

/** A folder that goes away after a file's tests. @param {string} name @returns {string} */
export function temporary(name) {
  const folder = mkdtempSync(join(tmpdir(), `folio-${name}-`));
  after(() => rmSync(folder, { recursive: true }));
  return folder;
}
