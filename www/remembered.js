// remembered.js - small choices that outlast the page, where the browser keeps them.

/** @param {string} name @returns {string|null} */
export function remembered(name) {
  try {
    return localStorage.getItem(`folio.${name}`);
  } catch {
    return null; // storage may be forbidden
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`folio.${name}`, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
