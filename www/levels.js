// levels.js - what the loss is measured against: dashed lines across the chart, each with its name, and the same in words.

import { loss } from './format.js';

/** @typedef {{name: string, nats: number}} Level */

/** Pixels below which two names would stand on each other. */
const APART = 14;

/**
 * The losses of models that are counted, not trained; until they are known, of one that knows nothing but the number of tokens.
 * @param {Record<string, {val_loss: number}>|null} baselines
 * @param {number} vocabSize 0: not known
 * @returns {Level[]} the highest first
 */
export function levelsOf(baselines, vocabSize) {
  if (!baselines) return vocabSize > 1 ? [{ name: 'uniform', nats: Math.log(vocabSize) }] : [];
  return Object.entries(baselines).map(([name, { val_loss }]) => ({ name, nats: val_loss })).sort((a, b) => b.nats - a.nats);
}

/** @param {Level[]} levels */
export const levelWords = (levels) => levels.map(({ name, nats }) => `${name} ${loss(nats)}`).join(' · ');

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Level[]} levels the highest first
 * @param {{left: number, right: number, y: (nats: number) => number, colour: string, paper: string, font: string}} place in pixels of the canvas; names stand on paper
 */
export function drawLevels(ctx, levels, { left, right, y, colour, paper, font }) {
  const dot = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = dot;
  ctx.setLineDash([2 * dot, 4 * dot]);
  ctx.font = font;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  /** @type {{names: string, at: number}[]} */
  const labels = [];
  for (const { name, nats } of levels) {
    const at = Math.round(y(nats));
    ctx.beginPath();
    ctx.moveTo(left, at);
    ctx.lineTo(right, at);
    ctx.stroke();
    const last = labels.at(-1);
    if (last && at - last.at < APART * dot) last.names += `, ${name}`;
    else labels.push({ names: name, at });
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = paper;
  ctx.lineWidth = 4 * dot;
  ctx.lineJoin = 'round';
  for (const { names, at } of labels) {
    ctx.strokeText(names, right, at - 2 * dot);
    ctx.fillText(names, right, at - 2 * dot);
  }
  ctx.restore();
}
