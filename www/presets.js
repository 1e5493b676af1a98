// presets.js - the recipes of models/presets, fetched when chosen and checked as a link is.

import { PRESETS, readValue } from './settings.js';

/** @typedef {import('./settings.js').Row} Row @typedef {import('./settings.js').Value} Value */

/** Files that have been asked for, by name. @type {Map<string, Promise<Record<string, unknown>>>} */
const files = new Map();

/** @param {string} name @returns {Promise<Record<string, unknown>>} */
function ask(name) {
  const known = files.get(name);
  if (known) return known;
  const asked = fetchFile(name);
  files.set(name, asked);
  asked.catch(() => files.delete(name));
  return asked;
}

/** The preset that a link names is fetched at once, beside the engine, which knows what its settings may be. @param {string} fragment */
export function askAhead(fragment) {
  const name = new URLSearchParams(fragment.replace(/^#/, '')).get('preset') ?? PRESETS[0];
  if (PRESETS.includes(name)) ask(name).catch(() => {}); // whoever wants it tells
}

/** @param {string} name @returns {Promise<Record<string, unknown>>} */
async function fetchFile(name) {
  const url = new URL(`./presets/${name}.json`, import.meta.url);
  const response = await fetch(url).catch((error) => {
    throw new Error(`The preset ${name} did not arrive (${url.pathname}: ${error.message}).`);
  });
  if (!response.ok) throw new Error(`The preset ${name} did not arrive (${url.pathname}: ${response.status} ${response.statusText}).`);
  return response.json().catch(() => {
    throw new Error(`The preset ${name} is not JSON (${url.pathname}).`);
  });
}

/**
 * @param {string} name one of PRESETS
 * @param {Map<string, Row>} rows
 * @returns {Promise<Map<string, Value>>} rejects with an Error that says which file and why
 */
export async function fetchPreset(name, rows) {
  const file = await ask(name);
  /** @type {Map<string, Value>} */
  const values = new Map();
  for (const [key, value] of Object.entries(file)) {
    const row = rows.get(key);
    const read = row?.core ? readValue(row, String(value)) : undefined;
    if (read && 'fault' in read) throw new Error(`The preset ${name} cannot be used: ${key} ${read.fault}.`);
    if (read) values.set(key, read.value);
  }
  return values;
}
