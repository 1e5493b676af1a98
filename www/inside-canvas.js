// inside-canvas.js - what the drawings of the Inside section share: canvases that are crisp on every screen, heat as an image.

import { colour } from './dom.js';

export const font = (size = 12) => `${size}px ${getComputedStyle(document.body).fontFamily}`;

/**
 * Empties a canvas and gives it a size in CSS pixels.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 * @returns {CanvasRenderingContext2D} in CSS pixels
 */
export function begin(canvas, width, height) {
  const dot = devicePixelRatio;
  canvas.width = Math.max(1, Math.round(width * dot));
  canvas.height = Math.max(1, Math.round(height * dot));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  ctx.scale(dot, dot);
  ctx.imageSmoothingEnabled = false;
  ctx.textBaseline = 'middle';
  return ctx;
}

/** The parts of #rrggbb. @param {string} name of a colour */
const parts = (name) => [1, 3, 5].map((at) => parseInt(colour(name).slice(at, at + 2), 16));

/**
 * An image with a point for each value: the stronger, the further from 0; below 0 in the other colour.
 * @param {number} rows @param {number} columns
 * @param {(row: number, column: number) => number} value from -1 to 1
 */
export function heat(rows, columns, value) {
  const [above, below] = [parts('--lapis'), parts('--rubric')];
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = ctx.createImageData(columns, rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const x = value(row, column);
      image.data.set(x < 0 ? below : above, at);
      image.data[at + 3] = 255 * Math.min(1, Math.abs(x));
    }
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

/** Where on a canvas the pointer is, in CSS pixels. @param {MouseEvent} event */
export function placeOf(event) {
  const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/**
 * A table with a head above and a head on the left of each row.
 * @param {string} caption @param {string[]} head @param {string[][]} rows
 */
export function table(caption, head, rows) {
  const made = document.createElement('table');
  made.createCaption().textContent = caption;
  const cell = (/** @type {string} */ scope, /** @type {string} */ text) => {
    const th = document.createElement('th');
    th.scope = scope;
    th.textContent = text;
    return th;
  };
  made.createTHead().insertRow().append(...head.map((text) => cell('col', text)));
  const body = made.createTBody();
  for (const [first, ...rest] of rows) {
    const row = body.insertRow();
    row.append(cell('row', first));
    for (const text of rest) row.insertCell().textContent = text;
  }
  return made;
}
