// prose.js - about 20 KB of plain English that is no Shakespeare: what the headers of the core say of themselves.
import { readFileSync, readdirSync } from 'node:fs';

const CORE = new URL('../../core/', import.meta.url);
/** Shorter comments are no prose. */
const LEAST = 60;

/** @param {number} [length] characters */
export function proseText(length = 20_000) {
  const headers = readdirSync(CORE, { recursive: true }).map(String).filter((name) => name.endsWith('.h')).sort();
  const comments = headers.flatMap((name) => [...readFileSync(new URL(name, CORE), 'utf8').matchAll(/\/\*([\s\S]*?)\*\//g)]);
  const paragraphs = comments.map(([, comment]) => comment.replace(/\s+/g, ' ').trim()).filter((comment) => comment.length > LEAST);
  return paragraphs.join('\n').slice(0, length);
}
