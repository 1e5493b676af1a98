// sheets.js - style sheets of parts that are fetched when they are needed. A page saved as one file has all of them from the beginning.

/** @type {Map<string, Promise<void>>} */
const asked = new Map();

/** Resolves when the sheet applies. @param {string} path @returns {Promise<void>} */
export function withSheet(path) {
  const sheet = asked.get(path) ?? fetchSheet(path);
  asked.set(path, sheet);
  sheet.catch(() => asked.delete(path));
  return sheet;
}

/** @param {string} path @returns {Promise<void>} */
const fetchSheet = (path) => new Promise((resolve, reject) => {
  if (document.querySelector('head style')) return resolve();
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = path;
  link.onload = () => resolve();
  link.onerror = () => {
    link.remove();
    reject(new Error(`A part of the page did not arrive (${link.href}).`));
  };
  document.head.append(link);
});
