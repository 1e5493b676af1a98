// download.js - bytes of this page as a file of the reader's.

/** Milliseconds until the browser has taken over what is downloaded. */
const TAKEN = 60_000;

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), TAKEN);
}
