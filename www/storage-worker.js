// storage-worker.js - the only place that touches what the browser stores. A message is {id, op, args}, before which the bytes that belong to it may come
// as {id, part}; its answer is {id, value} or {id, error: {name, message}}. MESSAGES is every op there is; they are answered one after the other.

import { workerPort } from './folio/src/platform.js';

import { Slots } from './slots.js';
import { openIdb } from './storage-idb.js';
import { openOpfs } from './storage-opfs.js';

/** @type {Promise<Slots>} */
const opened = openOpfs().catch(openIdb).then((files) => new Slots(files));
opened.catch(() => {}); // every answer tells

/** @type {Record<string, (slots: Slots, args: any) => Promise<unknown>>} */
const MESSAGES = {
  list: (slots) => slots.list(),
  load: (slots, { slot }) => slots.load(slot),
  save: (slots, run) => slots.save(run),
  remove: (slots, { slot }) => slots.remove(slot),
};

/** Bytes that came, by the message they belong to. @type {Map<number, Uint8Array[]>} */
const bytes = new Map();
let queue = Promise.resolve();

void workerPort().then((port) => port.listen(({ id, part, op, args }) => {
  const parts = bytes.get(id) ?? [];
  if (part) return void bytes.set(id, [...parts, part]);
  bytes.delete(id);
  queue = queue.then(async () => {
    try {
      port.post({ id, value: await MESSAGES[op](await opened, { ...args, parts }) });
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      port.post({ id, error: { name, message } });
    }
  });
}));
