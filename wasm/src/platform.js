/** platform.js - the only place that knows whether this is Node or a browser: files, threads, turns of the event loop. */

const NODE = typeof process !== 'undefined' && Boolean(process.versions?.node) && typeof document === 'undefined';

/**
 * @typedef {object} Port one end of the line between a worker and its client
 * @property {(message: unknown, transfer?: ArrayBuffer[]) => void} post
 * @property {(listener: (message: any) => void) => void} listen
 */

/**
 * @typedef {object} WorkerEnd the client's end
 * @property {(reason: string) => void} [died] set it to learn of a death that nobody asked for
 * @property {() => void} terminate
 * @property {(busy: boolean) => void} busy whether an answer is awaited; under Node an idle worker does not keep the program alive
 */

/**
 * What a relative address is relative to: the page, or under Node the folder the program was started in.
 * @param {string | URL} address
 * @returns {URL}
 */
export function resolveUrl(address) {
  return new URL(address, NODE ? `file://${process.cwd()}/` : location.href);
}

/**
 * The bytes behind a URL, with what a person needs to hear when they are not what was wanted.
 * @param {URL} url
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, from: string}>}
 */
export async function readUrl(url) {
  if (NODE && url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return { bytes: new Uint8Array(await readFile(url)), from: `${url}` };
  }
  return readResponse(await fetch(url));
}

/**
 * @param {Response} response
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, from: string}>}
 */
export async function readResponse(response) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? 'no content type';
  return { bytes, from: `${response.url || 'a response'} (status ${response.status}, ${type})` };
}

/** What every module asks of its host. */
export const HOST = { emscripten_notify_memory_growth() {}, folio_now: () => performance.now() / 1000 };

/** How many threads this machine runs at once. */
export function parallelism() {
  return globalThis.navigator?.hardwareConcurrency ?? (NODE ? /** @type {any} */ (process).getBuiltinModule?.('node:os').availableParallelism() : 1) ?? 1;
}

/** Whether this thread may sleep until another wakes it: a page's own may not. */
export const canWait = () => typeof document === 'undefined';

/**
 * What starts a thread for the pool (pool-worker.js, with something to work on) and returns what ends it. It keeps no program alive and tells nothing.
 * Starting is synchronous, so that threads come up beside a caller who never lets the event loop turn; in browsers it has to.
 * @returns {Promise<(task: unknown) => () => unknown>}
 */
export async function poolStarter() {
  const url = new URL('./pool-worker.js', import.meta.url);
  if (NODE) {
    const { Worker: Thread } = await import('node:worker_threads');
    return (task) => {
      const thread = new Thread(url, { workerData: task });
      thread.on('error', () => {}); // the others do its work
      thread.unref();
      return () => thread.terminate();
    };
  }
  return (task) => {
    const worker = new Worker(url, { type: 'module' });
    worker.addEventListener('error', (event) => event.preventDefault()); // the others do its work
    worker.postMessage(task);
    return () => worker.terminate();
  };
}

/** In a thread of the pool: what it shall work on. @returns {Promise<any>} */
export async function poolTask() {
  if (NODE) return (await import('node:worker_threads')).workerData;
  return new Promise((resolve) => self.addEventListener('message', ({ data }) => resolve(data), { once: true }));
}

/**
 * Lets the event loop deliver what has arrived, without the 4 ms that a browser's timers take.
 * @returns {Promise<void>}
 */
export function turn() {
  if (NODE) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel().postMessage(0);
  });
}

/** @type {(() => void)[]} */
const waiting = [];
/** @type {MessagePort | undefined} */
let sender;

function channel() {
  if (sender) return sender;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  sender = port2;
  return sender;
}

/**
 * Starts a module worker. Its death is noticed even where nobody tells of it: in a browser it holds a lock that only death releases.
 * @param {URL} url
 * @returns {Promise<Port & WorkerEnd>}
 */
export async function startWorker(url) {
  return NODE ? startThread(url) : startWebWorker(url);
}

/**
 * @param {URL} url
 * @returns {Promise<Port & WorkerEnd>}
 */
async function startThread(url) {
  const { Worker: Thread } = await import('node:worker_threads');
  const thread = new Thread(url);
  /** @type {Port & WorkerEnd} */
  const end = {
    post: (message, transfer) => thread.postMessage(message, transfer),
    listen: (listener) => void thread.on('message', listener),
    terminate: () => void thread.terminate(),
    busy: (busy) => (busy ? thread.ref() : thread.unref()),
  };
  thread.on('error', (error) => end.died?.(String(error instanceof Error ? error.message : error)));
  thread.on('exit', (code) => end.died?.(`it ended with exit code ${code}`));
  return end;
}

/**
 * @param {URL} url
 * @returns {Port & WorkerEnd}
 */
function startWebWorker(url) {
  const worker = new Worker(url, { type: 'module' });
  const lock = `folio-worker-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  /** @type {Port & WorkerEnd} */
  const end = {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (listener) => worker.addEventListener('message', ({ data }) => {
      if (data?.lock !== lock) return listener(data);
      void navigator.locks.request(lock, () => end.died?.('it was terminated'));
    }),
    terminate: () => worker.terminate(),
    busy() {},
  };
  worker.addEventListener('error', (event) => end.died?.(event.message || `its script could not be loaded from ${url}`));
  if (navigator.locks) worker.postMessage({ lock });
  return end;
}

/**
 * The worker's own end.
 * @returns {Promise<Port>}
 */
export async function workerPort() {
  if (NODE) {
    const { parentPort } = await import('node:worker_threads');
    if (!parentPort) throw new Error('worker.js runs in a worker, not by itself');
    return {
      post: (message, transfer) => parentPort.postMessage(message, transfer),
      listen: (listener) => void parentPort.on('message', listener),
    };
  }
  return {
    post: (message, transfer = []) => self.postMessage(message, { transfer }),
    listen: (listener) => self.addEventListener('message', ({ data }) => (data?.lock ? hold(data.lock) : listener(data))),
  };
}

/** Takes a lock until death, then tells the client, which asks for it too. @param {string} lock */
function hold(lock) {
  void navigator.locks.request(lock, () => {
    self.postMessage({ lock });
    return new Promise(() => {});
  });
}
