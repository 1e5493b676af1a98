// drop.js - files dropped anywhere on the page: a checkpoint or a text.

import { byId } from './dom.js';

/** @param {{text: (file: File) => void, checkpoint: (file: File) => void}} takers */
export function takeDrops({ text, checkpoint }) {
  const veil = byId('drop', HTMLElement);
  let depth = 0;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    veil.hidden = depth === 0;
  };
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragenter', (event) => hasFile(event) && show(depth + 1));
  addEventListener('dragleave', (event) => hasFile(event) && show(depth - 1));
  addEventListener('dragover', (event) => hasFile(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    show(0);
    if (!file) return;
    event.preventDefault();
    if (file.name.endsWith('.safetensors')) checkpoint(file);
    else text(file);
  });
}
