// storage.js - the page's end of the line to storage-worker.js: a call is a promise. A worker that dies or hangs is replaced.

import { startWorker, turn } from './folio/src/platform.js';

/** Milliseconds a worker may take for one thing; longer than the slowest disk. */
const PATIENCE = 30_000;
/** Bytes that are handed over at once: copying more would keep the page waiting. */
const PART = 4e6;

/** @typedef {import('./slots.js').Kept} Kept @typedef {import('./slots.js').Facts} Facts */

export class Storage {
  /** @type {ReturnType<typeof startWorker>|null} */
  #port = null;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void, timer: number}>} */
  #pending = new Map();
  #last = 0;

  /** @param {string} op @param {Record<string, unknown>} [args] @param {Uint8Array} [bytes] @returns {Promise<any>} */
  async #ask(op, args = {}, bytes = new Uint8Array()) {
    const id = ++this.#last;
    const port = await (this.#port ??= this.#begin());
    const answer = new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => this.restart('it did not answer'), PATIENCE);
      this.#pending.set(id, { resolve, reject, timer });
    });
    answer.catch(() => {}); // it may come before the last part is on its way
    for (let at = 0; at < bytes.length && this.#pending.has(id); at += PART) {
      const part = bytes.slice(at, at + PART);
      port.post({ id, part }, [part.buffer]);
      await turn();
    }
    port.post({ id, op, args });
    return answer;
  }

  /** A worker that cannot be started is tried again with the next call. */
  #begin() {
    const starting = this.#start();
    starting.catch(() => this.#port === starting && (this.#port = null));
    return starting;
  }

  async #start() {
    const port = await startWorker(new URL('./storage-worker.js', import.meta.url));
    port.listen(({ id, value, error }) => {
      const call = this.#pending.get(id);
      if (!call) return;
      clearTimeout(call.timer);
      this.#pending.delete(id);
      if (error) call.reject(new DOMException(error.message, error.name));
      else call.resolve(value);
    });
    port.died = (why) => this.restart(why);
    return port;
  }

  /** The next call has a worker of its own; those that wait for an answer fail. @param {string} why */
  restart(why) {
    void this.#port?.then((port) => {
      port.died = undefined;
      port.terminate();
    }, () => {});
    this.#port = null;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new DOMException(`the worker that stores: ${why}`, 'UnknownError'));
    }
    this.#pending.clear();
  }

  /** The newest first. @returns {Promise<Kept[]>} */
  list() {
    return this.#ask('list');
  }

  /** @param {string} slot @returns {ReturnType<import('./slots.js').Slots['load']>} */
  load(slot) {
    return this.#ask('load', { slot });
  }

  /** @param {{slot: string, facts: Facts, checkpoint: Uint8Array, text?: string}} run text: once is enough */
  save({ checkpoint, ...run }) {
    return this.#ask('save', run, checkpoint);
  }

  /** @param {string} slot */
  remove(slot) {
    return this.#ask('remove', { slot });
  }
}
