// data.js - `make data`: tiny Shakespeare into build/data, checked by its hash. From the folder that FOLIO_DATA names, else by download.
// Where neither gives it, one line says that the embedded text stands in for it; nothing is written under a wrong name.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = join(ROOT, 'build', 'data', 'tinyshakespeare.txt');
const SHA256 = '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed';
const SOURCE = 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt';
const PATIENCE = 20_000; // ms

/** @param {Uint8Array} bytes */
const genuine = (bytes) => createHash('sha256').update(bytes).digest('hex') === SHA256;

async function download() {
  const response = await fetch(SOURCE, { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The text and where it came from; null, with the reasons, if there is none to be had. */
async function find() {
  const reasons = [];
  const places = [
    { name: 'build/data', get: () => readFile(FILE), silent: true },
    ...(process.env.FOLIO_DATA ? [{ name: process.env.FOLIO_DATA, get: () => readFile(join(process.env.FOLIO_DATA ?? '', 'tinyshakespeare.txt')) }] : []),
    { name: SOURCE, get: download },
  ];
  for (const { name, get, silent } of places) {
    try {
      const bytes = await get();
      if (genuine(bytes)) return { bytes, name };
      reasons.push(`${name}: not the text expected`);
    } catch (error) {
      const { cause, message } = /** @type {Error} */ (error);
      if (!silent) reasons.push(`${name}: ${cause instanceof Error ? cause.message : message}`);
    }
  }
  console.log(`data: no tiny Shakespeare (${reasons.join('; ')}): models/mock-shakespeare.txt stands in for it`);
  return null;
}

const found = await find();
if (found && found.name !== 'build/data') {
  await mkdir(join(FILE, '..'), { recursive: true });
  await writeFile(`${FILE}.part`, found.bytes);
  await rename(`${FILE}.part`, FILE);
  console.log(`data: build/data/tinyshakespeare.txt, from ${found.name}`);
}
