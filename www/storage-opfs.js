// storage-opfs.js - files in the Origin Private File System. For workers: only they may write there without a detour.

/** @typedef {import('./slots.js').Files} Files */

/** Lets an error of that name pass. @param {string} name @returns {(error: unknown) => null} */
const unless = (name) => (error) => {
  if (error instanceof DOMException && error.name === name) return null;
  throw error;
};

/** @returns {Promise<Files>} rejects where there is none */
export async function openOpfs() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('folio', { create: true });
  /** @type {Files} */
  const files = {
    list: async () => {
      const names = [];
      for await (const name of /** @type {any} */ (folder).keys()) names.push(String(name));
      return names;
    },
    open: async (name) => (await folder.getFileHandle(name)).getFile(),
    write: async (name, [head, ...rest]) => {
      const handle = await folder.getFileHandle(name, { create: true });
      const access = await /** @type {any} */ (handle).createSyncAccessHandle();
      const put = (/** @type {Uint8Array} */ bytes, /** @type {number} */ at) => {
        const written = access.write(bytes, { at });
        if (written < bytes.length) throw new DOMException(`${written} of ${bytes.length} bytes were written`, 'QuotaExceededError');
        return at + written;
      };
      try {
        access.truncate(0);
        rest.reduce((at, part) => put(part, at), head.length);
        access.flush();
        put(head, 0);
        access.flush();
      } catch (error) {
        access.truncate(0);
        throw error;
      } finally {
        access.close();
      }
    },
    remove: async (name) => void (await folder.removeEntry(name).catch(unless('NotFoundError'))),
  };
  // Some browsers have the folder but let nobody write into it. Where another tab is trying that too, it can be done.
  await files.write('probe', [new Uint8Array(1)]).then(() => files.remove('probe')).catch(unless('NoModificationAllowedError'));
  return { ...files, open: (name) => files.open(name).catch(unless('NotFoundError')) };
}
