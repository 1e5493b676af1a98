/**
 * connection.js - the client's end of the line to one worker: calls, streams, abort and death. It knows no message by name.
 *
 *   to the worker   {id, op, args}   {abort: id}   {more: id}
 *   from it         {id, value}   {id, event}   {id, error}   {fatal: error}
 */

import { FolioError, revive } from './error.js';
import { checkSignal } from './given.js';
import { turn } from './platform.js';

/**
 * @typedef {object} Pending
 * @property {(message: any) => void} settle given {value}, {event} or {error: Error}
 * @property {AbortSignal} [signal]
 * @property {() => void} onAbort
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

export class Connection {
  #port;
  #abortAfter;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #last = 0;
  /** @type {FolioError | null} */
  #death = null;
  /** @type {(error: FolioError) => void} */
  #announce = () => {};

  /**
   * @param {import('./platform.js').Port & import('./platform.js').WorkerEnd} port
   * @param {number} abortAfter milliseconds a worker has to answer an abort before it is terminated
   */
  constructor(port, abortAfter) {
    this.#port = port;
    this.#abortAfter = abortAfter;
    /** Resolves with what the worker died of. @type {Promise<FolioError>} */
    this.died = new Promise((resolve) => {
      this.#announce = resolve;
    });
    port.died = (reason) => this.kill(`the worker died: ${reason}`);
    port.listen((message) => (message.fatal ? this.kill(message.fatal) : this.#receive(message)));
  }

  get alive() {
    return this.#death === null;
  }

  /**
   * Ends the worker; every pending call rejects at once, aborted ones with their AbortError.
   * @param {string} reason
   */
  kill(reason) {
    if (this.#death) return;
    this.#death = new FolioError('WORKER_DIED', 'worker', reason);
    this.#port.terminate();
    for (const id of [...this.#pending.keys()]) this.#finish(id, { error: this.#death });
    this.#announce(this.#death);
  }

  /**
   * One question, one answer.
   * @param {string} op
   * @param {unknown} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  call(op, args, signal) {
    return new Promise((resolve, reject) => {
      this.#begin(op, args, signal, ({ value, error }) => (error ? reject(error) : resolve(value)));
    });
  }

  /**
   * One question, many answers. The worker runs ahead of the reader by a few events at most; leaving the loop stops it.
   * @param {string} op
   * @param {unknown} args
   * @param {AbortSignal} [signal]
   * @returns {AsyncGenerator<any, void, void>}
   */
  async *stream(op, args, signal) {
    /** @type {any[]} */
    const queue = [];
    let wake = () => {};
    const id = this.#begin(op, args, signal, (message) => {
      queue.push(message);
      wake();
    });
    try {
      for (;;) {
        while (!queue.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
        const { error, event } = queue.shift();
        if (error) throw error;
        if (event === undefined) return;
        this.#post({ more: id });
        yield event;
      }
    } finally {
      if (this.#pending.has(id)) await this.#stop(id);
    }
  }

  /**
   * @param {string} op
   * @param {unknown} args
   * @param {AbortSignal | undefined} signal
   * @param {Pending['settle']} settle
   * @returns {number}
   */
  #begin(op, args, signal, settle) {
    checkSignal(op, signal);
    signal?.throwIfAborted();
    if (this.#death) throw this.#death;
    const id = ++this.#last;
    const onAbort = () => this.#abort(id);
    this.#pending.set(id, { settle, signal, onAbort });
    this.#port.busy(true);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#post({ id, op, args });
    } catch (error) {
      this.#forget(id);
      throw new FolioError('ARGUMENT', op, `${op}: ${error instanceof Error ? error.message : error}`);
    }
    return id;
  }

  /** @param {unknown} message */
  #post(message) {
    if (this.alive) this.#port.post(message);
  }

  /** @param {{id: number, value?: unknown, event?: unknown, error?: Parameters<typeof revive>[0]}} message */
  #receive({ id, event, error, value }) {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (event !== undefined) {
      if (!pending.signal?.aborted) pending.settle({ event });
      return;
    }
    this.#finish(id, error ? { error: revive(error) } : { value });
  }

  /** @param {number} id @param {{value?: unknown, error?: Error}} message */
  #finish(id, message) {
    const pending = this.#forget(id);
    pending?.settle(pending.signal?.aborted ? { error: pending.signal.reason } : message);
  }

  /** @param {number} id */
  #forget(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (!this.#pending.size) this.#port.busy(false);
    clearTimeout(pending?.timer);
    pending?.signal?.removeEventListener('abort', pending.onAbort);
    return pending;
  }

  /** Asks the worker to stop, and stops the worker when it does not. @param {number} id */
  #abort(id) {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#post({ abort: id });
    const reason = `the worker did not stop within ${this.#abortAfter} ms of an abort and was terminated`;
    const late = async () => {
      await turn(); // an answer may have come while this thread was busy
      if (this.#pending.has(id)) this.kill(reason);
    };
    pending.timer ??= setTimeout(late, this.#abortAfter);
  }

  /** Ends a stream whose reader has left; resolves when it has ended. Nobody is in a hurry, so the worker is not terminated. @param {number} id */
  #stop(id) {
    return new Promise((resolve) => {
      const pending = /** @type {Pending} */ (this.#pending.get(id));
      pending.settle = ({ event }) => event === undefined && resolve(undefined);
      this.#post({ abort: id });
    });
  }
}
