// storage-idb.js - files in IndexedDB, where there is no file system.

/** @typedef {import('./slots.js').Files} Files */

const STORE = 'files';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @returns {Promise<Files>} rejects where there is none */
export async function openIdb() {
  const opening = indexedDB.open('folio', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await done(opening);
  /** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask @returns {Promise<T>} once it is on the disk */
  const within = (mode, ask) => new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? request.error);
  });
  return {
    list: async () => (await within('readonly', (store) => store.getAllKeys())).map(String),
    open: async (name) => (await within('readonly', (store) => store.get(name))) ?? null,
    write: async (name, parts) => void (await within('readwrite', (store) => store.put(new Blob(parts), name))), // all of it or nothing
    remove: async (name) => void (await within('readwrite', (store) => store.delete(name))),
  };
}
