// qr.js - a link as a QR code, for a phone held before the screen.

import { correction, generate } from './lean-qr/lean-qr.js';

/** Longest link that is drawn: beyond it a code has more points than a phone can tell apart. */
export const LONGEST = 700;

/** Points of white around it, as the standard asks for. */
const QUIET = 4;

/** @param {HTMLCanvasElement} canvas @param {string} link at most LONGEST characters */
export function drawQr(canvas, link) {
  const code = generate(link, { minCorrectionLevel: correction.L, maxCorrectionLevel: correction.M });
  code.toCanvas(canvas, { on: [0, 0, 0], off: [255, 255, 255], pad: QUIET });
}
