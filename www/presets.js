// presets.js - the recipes of models/presets, fetched when chosen and checked as a link is.

import { readValue } from './settings.js';

/** @typedef {import('./settings.js').Row} Row @typedef {import('./settings.js').Value} Value */

/**
 * @param {string} name one of PRESETS
 * @param {Map<string, Row>} rows
 * @returns {Promise<Map<string, Value>>} rejects with an Error that says which file and why
 */
export async function fetchPreset(name, rows) {
  const url = new URL(`./presets/${name}.json`, import.meta.url);
  const response = await fetch(url).catch((error) => {
    throw new Error(`The preset ${name} did not arrive (${url.pathname}: ${error.message}).`);
  });
  if (!response.ok) throw new Error(`The preset ${name} did not arrive (${url.pathname}: ${response.status} ${response.statusText}).`);
  /** @type {Record<string, unknown>} */
  const file = await response.json().catch(() => {
    throw new Error(`The preset ${name} is not JSON (${url.pathname}).`);
  });
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
