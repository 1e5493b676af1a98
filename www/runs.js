// runs.js - the runs of this visit: the ones that sessions train now, and those put aside, each with its curve and, while there is room, the
// checkpoint it can go on from. Fires 'change', and 'gone' with a run for which there was no room any more.

/**
 * @typedef {import('./session.js').Session} Session @typedef {import('./session.js').Source} Source @typedef {import('./history.js').History} History
 * @typedef {object} Entry
 * @property {string} name
 * @property {number} slot its colour and dash, which no other has
 * @property {Source} source
 * @property {History} history
 * @property {number} step
 * @property {Uint8Array|null} checkpoint null: it cannot go on
 * @property {number} keptAt the step of the checkpoint
 * @property {boolean} hidden from the chart
 * @property {Session|null} live what trains it
 */

export const MOST = 6;
/** Bytes of the checkpoints of runs put aside; the oldest go first. */
export const MOST_BYTES = 200e6;
/** Settings that are named for a run; of more there is the number. */
const NAMED = 4;

export class Runs extends EventTarget {
  /** The oldest first. @type {Entry[]} */
  entries = [];
  #made = 0;
  /** Those that were removed, by what they have shown: one that is trained again is the same. @type {WeakMap<History, Entry>} */
  #removed = new WeakMap();

  /** Takes in what a session trains, from now on. @param {Session} session */
  follow(session) {
    for (const type of ['status', 'step', 'eval', 'history']) session.addEventListener(type, () => this.#sync(session));
    session.addEventListener('kept', (event) => {
      const { step } = /** @type {CustomEvent<import('./session.js').Kept>} */ (event).detail;
      this.#sync(session);
      const entry = this.of(session);
      if (entry) entry.keptAt = step;
    });
    this.#sync(session);
  }

  /** The run that a session trains. @param {Session} session */
  of(session) {
    return this.entries.find(({ live }) => live === session);
  }

  /** @param {Entry} entry not one that is trained */
  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.#removed.set(entry.history, entry);
    this.#changed();
  }

  /** Puts a run that was removed where it was. @param {Entry} entry @param {number} at @returns {boolean} false: there is no room for it */
  bringBack(entry, at) {
    if (this.entries.includes(entry)) return true; // it is trained again
    if (this.entries.length >= MOST) return false;
    this.entries.splice(at, 0, entry);
    if (this.entries.some((other) => other !== entry && other.slot === entry.slot)) entry.slot = this.#slot();
    this.#limit();
    this.#changed();
    return true;
  }

  /** @param {Entry} entry @param {{name?: string, hidden?: boolean}} values */
  change(entry, values) {
    Object.assign(entry, values);
    this.#changed();
  }

  /** What `Session.restore` takes; null where the checkpoint is gone. @param {Entry} entry @returns {import('./session.js').Shelf|null} */
  shelf(entry) {
    const { source, checkpoint, keptAt } = entry;
    if (!checkpoint) return null;
    if (entry.history.reached > keptAt) entry.history = entry.history.upTo(keptAt);
    return { source, checkpoint, history: entry.history };
  }

  /** @param {Session} session */
  #sync(session) {
    const { source, history } = session;
    let entry = this.of(session);
    if (entry && entry.source !== source) {
      entry.live = null;
      entry = undefined;
      this.#limit();
    }
    if (source) {
      entry ??= this.entries.find(({ live, history: known }) => !live && known === history) ?? (history.steps.length ? this.#make(source, history) : undefined);
      if (entry) Object.assign(entry, { live: session, source, history, step: session.step, checkpoint: session.kept ?? entry.checkpoint });
    }
    this.#changed();
  }

  /** @param {Source} source @param {History} history @returns {Entry} */
  #make(source, history) {
    /** @type {Omit<Entry, 'name'>} */
    const fresh = { slot: 0, source, history, step: 0, checkpoint: null, keptAt: Infinity, hidden: false, live: null };
    /** @type {Entry} */
    const entry = this.#removed.get(history) ?? { name: `Run ${++this.#made}`, ...fresh };
    this.entries.push(entry);
    this.#limit();
    entry.slot = this.#slot(entry);
    return entry;
  }

  /** The first that no other has. @param {Entry} [entry] */
  #slot(entry) {
    const taken = new Set(this.entries.filter((other) => other !== entry).map(({ slot }) => slot));
    return Array.from({ length: MOST }, (_, slot) => slot).find((slot) => !taken.has(slot)) ?? 0;
  }

  /** Keeps to the number of runs and to the bytes. */
  #limit() {
    const newest = this.entries.at(-1);
    while (this.entries.length > MOST) {
      const oldest = this.entries.find((entry) => !entry.live && entry !== newest);
      if (!oldest) break;
      this.entries = this.entries.filter((entry) => entry !== oldest);
      this.#removed.set(oldest.history, oldest);
      this.dispatchEvent(new CustomEvent('gone', { detail: oldest }));
    }
    let room = MOST_BYTES;
    for (const entry of this.entries.toReversed()) if (!entry.live && (room -= entry.checkpoint?.length ?? 0) < 0) entry.checkpoint = null;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * What each run's settings have that those of others have not, in words; first what the newest two differ in.
 * @param {{text: {name: string}, config: Record<string, import('./settings.js').Value>}[]} sources
 * @param {(name: string) => string} [label] what a setting is called
 * @returns {string[]}
 */
export function differences(sources, label = (name) => name) {
  const tables = sources.map(({ text, config }) => /** @type {Record<string, unknown>} */ ({ text: text.name, ...config }));
  const names = [...new Set(tables.flatMap((table) => Object.keys(table)))].filter((name) => tables.some((table) => table[name] !== tables[0][name]));
  const [before, last] = [tables.at(-2), tables.at(-1)];
  const isNew = (/** @type {string} */ name) => Number(before?.[name] !== last?.[name]);
  names.sort((a, b) => isNew(b) - isNew(a));
  const more = names.length > NAMED ? `, ${names.length - NAMED} more` : '';
  return tables.map((table) => names.slice(0, NAMED).map((name) => `${label(name)} ${table[name] ?? '–'}`).join(', ') + more);
}
