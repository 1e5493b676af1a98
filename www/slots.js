// slots.js - kept runs, each in a slot of three files: the text, and two generations of the run that take turns, so that a writing that is cut off costs
// no more than that one. Whoever reads takes the newest that is whole.

import { bodyOf, checksumOf, pack, peek } from './generations.js';

/**
 * @typedef {object} Files whole files by name
 * @property {() => Promise<string[]>} list
 * @property {(name: string) => Promise<Blob|null>} open null: there is none
 * @property {(name: string, parts: Uint8Array<ArrayBuffer>[]) => Promise<void>} write in place of what was there; the first part last
 * @property {(name: string) => Promise<void>} remove
 * @typedef {{name: string, step: number, steps: number, loss: number|null, at: number} & Record<string, unknown>} Facts
 *   name: of the text; at: when it was kept, in milliseconds since 1970
 * @typedef {{slot: string, facts: Facts|null, bytes: number}} Kept facts: null where nothing of it can be gone on with
 */

/** @param {string} slot */
const generationsOf = (slot) => [`${slot}.a`, `${slot}.b`];
/** @param {string} slot */
const textOf = (slot) => `${slot}.text`;

export class Slots {
  /** @param {Files} files */
  constructor(files) {
    this.files = files;
  }

  /** Every slot, the newest first. Reads only what the files say of themselves. @returns {Promise<Kept[]>} */
  async list() {
    const names = await this.files.list();
    const slots = new Set(names.flatMap((name) => name.match(/^([0-9a-f]{8})\.(a|b|text)$/)?.[1] ?? []));
    const kept = await Promise.all([...slots].map((slot) => this.#look(slot).catch(() => null))); // another tab may be at it
    const at = (/** @type {Kept} */ { facts }) => facts?.at ?? 0;
    return kept.filter((one) => one !== null).sort((a, b) => at(b) - at(a));
  }

  /** @param {string} slot @returns {Promise<Kept>} */
  async #look(slot) {
    const [newest] = await this.#generations(slot);
    const text = await peek(await this.files.open(textOf(slot)));
    const files = await Promise.all([...generationsOf(slot), textOf(slot)].map((name) => this.files.open(name)));
    return { slot, facts: (text && newest?.facts) ?? null, bytes: files.reduce((sum, file) => sum + (file?.size ?? 0), 0) };
  }

  /** Those that were written to their end, the newer first. @param {string} slot */
  async #generations(slot) {
    const found = [];
    for (const name of generationsOf(slot)) {
      const whole = await peek(await this.files.open(name));
      if (whole) found.push({ ...whole, name });
    }
    return found.sort((a, b) => b.facts.generation - a.facts.generation);
  }

  /** @param {string} slot @returns {Promise<{facts: Facts, checkpoint: Uint8Array<ArrayBuffer>, text: string}|null>} null: it is not there any more, or damaged */
  async load(slot) {
    const whole = await peek(await this.files.open(textOf(slot)));
    const text = whole && (await bodyOf(whole));
    if (!text) return null;
    for (const generation of await this.#generations(slot)) {
      const checkpoint = await bodyOf(generation);
      if (checkpoint) return { facts: generation.facts, checkpoint, text: new TextDecoder().decode(text) };
      await this.files.remove(generation.name); // so that the next saving does not take the place of the other
    }
    return null;
  }

  /**
   * Writes in place of the older generation.
   * @param {{slot: string, facts: Facts, parts: Uint8Array<ArrayBuffer>[], text?: string}} run parts: of the checkpoint; text: once is enough
   */
  async save({ slot, facts, parts, text }) {
    if (text !== undefined) await this.#saveText(slot, new TextEncoder().encode(text));
    const [newest] = await this.#generations(slot);
    const [a, b] = generationsOf(slot);
    await this.files.write(newest?.name === a ? b : a, pack({ ...facts, generation: (newest?.facts.generation ?? 0) + 1 }, parts));
  }

  /** Where it stands already it is not put at risk. @param {string} slot @param {Uint8Array<ArrayBuffer>} text */
  async #saveText(slot, text) {
    const there = await peek(await this.files.open(textOf(slot)));
    if (there?.checksum !== checksumOf([text])) await this.files.write(textOf(slot), pack({}, [text]));
  }

  /** @param {string} slot */
  async remove(slot) {
    for (const name of [...generationsOf(slot), textOf(slot)]) await this.files.remove(name);
  }
}
