// judgement.js - whether a run goes wrong in one of the ways that can be seen from its losses, in words, with what can be done about it. Losses
// wander: each rule wants to see it for a good stretch, so that a run that learns is left alone.

import { count, loss } from './format.js';
import { EARLY } from './looks.js';

/** @typedef {{steps: number[], losses: (number|null)[], smooth: (number|null)[], vals: (number|null)[], loss: number|null,
 * smoothAt: (step: number) => number|null}} History what of history.js is looked at @typedef {{step: number, val: number}} Look */
/**
 * @typedef {object} Course of a run
 * @property {number} step done
 * @property {number} maxSteps
 * @property {number} warmup steps in which the learning rate rises
 * @property {number|null} unigram loss of a model that knows how often each token is, and nothing else
 * @property {number} seen tokens learnt from so far, for each token of the vocabulary
 */
/** @typedef {'flat'|'overfits'|'stalls'} Name */

/** Share of all steps, and steps, that a stretch has at least. */
const STRETCH = 0.2;
const LEAST = 60;

/**
 * Flat: the loss is about the unigram's, from this many times it to that, and half a stretch brings less than this share of it. Until each token was
 * seen so many times, on the mean, that is how learning begins: a large vocabulary takes longer to come out of it.
 */
const LOWEST = 0.97;
const HIGHEST = 1.1;
const FALL = 0.01;
const SEEN = 100;

/** Losses that differ by less are the same to a reader: a text of one letter has no other, and is learnt at once. */
const SEEN_APART = 0.005;

/** Overfitting: since the best look there were so many others, the last one worse by this share, and the training loss better by that. */
const WORSE = 2;
const RISEN = 0.03;
const FALLEN = 0.02;

/** Stalling: the looks of a stretch, so many at least, are not better than those before by this share, and this share of the steps is left. */
const LOOKS = 3;
const GAIN = 0.002;
const LEFT = 0.25;

/**
 * @param {History} history @param {Course} course
 * @returns {{name: Name, words: string}|null} null: nothing to tell
 */
export function judge(history, course) {
  if (course.step >= course.maxSteps) return null; // the last look is at another part of the text
  return flat(history, course) ?? overfits(history) ?? stalls(history, course);
}

/** @param {Course} course */
const stretchOf = ({ maxSteps }) => Math.max(LEAST, Math.ceil(STRETCH * maxSteps));

/** It has learnt how often each token is, and nothing beyond. @param {History} history @param {Course} course @returns {ReturnType<typeof judge>} */
function flat({ steps, losses }, course) {
  const { step, warmup, unigram, seen } = course;
  const stretch = stretchOf(course);
  if (unigram === null || unigram < SEEN_APART || step < warmup + stretch || seen < SEEN) return null;
  /** @type {number[]} */
  const last = [];
  for (let i = steps.length - 1; i >= 0 && steps[i] >= step - stretch; i--) {
    const value = losses[i];
    if (value !== null) last.push(value);
  }
  const half = last.length >> 1;
  if (half < LEAST / 4) return null;
  const [now, before] = [mean(last.slice(0, half)), mean(last.slice(half))];
  if (now < LOWEST * unigram || now > HIGHEST * unigram || before - now > FALL * unigram) return null;
  const words = `For ${count(stretch)} steps the loss has stood at about ${loss(now)}, which counting single tokens reaches too (unigram ${loss(unigram)}): `
    + 'the learning rate is probably far too high. Reset, and try a tenth of it.';
  return { name: 'flat', words };
}

/** It learns its text by heart. @param {History} history @returns {ReturnType<typeof judge>} */
function overfits(history) {
  const looks = looksOf(history);
  const best = bestOf(looks);
  const last = looks.at(-1);
  if (!best || !last) return null;
  const since = looks.filter(({ step }) => step > best.step);
  if (since.length < WORSE || last.val < (1 + RISEN) * best.val || last.val - best.val < SEEN_APART) return null;
  const [then, now] = [history.smoothAt(best.step), history.loss];
  if (then === null || now === null || now > (1 - FALLEN) * then) return null;
  const words = `The validation loss has risen from ${loss(best.val)} at step ${count(best.step)} to ${loss(last.val)}, while the training loss falls: `
    + 'the model learns its text by heart. A longer text, some dropout, a smaller model or fewer steps help.';
  return { name: 'overfits', words };
}

/** It gets no better. @param {History} history @param {Course} course @returns {ReturnType<typeof judge>} */
function stalls(history, course) {
  const { step, maxSteps } = course;
  if (maxSteps - step < LEFT * maxSteps) return null;
  const from = step - stretchOf(course);
  const looks = looksOf(history);
  const before = bestOf(looks.filter((look) => look.step <= from));
  const since = looks.filter((look) => look.step > from);
  const now = bestOf(since);
  if (!before || !now || since.length < LOOKS || now.val < (1 - GAIN) * before.val || before.val < SEEN_APART) return null;
  const words = `The validation loss has not got better since step ${count(before.step)}, and ${count(maxSteps - step)} steps are left. `
    + 'Another learning rate may help, or a larger model; or leave it at that.';
  return { name: 'stalls', words };
}

/** Looks that can be compared: those at the young model are at less of the text. @param {History} history @returns {Look[]} */
function looksOf({ steps, vals }) {
  /** @type {Look[]} */
  const looks = [];
  steps.forEach((step, i) => {
    const val = vals[i];
    if (val !== null) looks.push({ step, val });
  });
  const young = EARLY[EARLY.length - 1];
  const later = looks.filter(({ step }) => step > young);
  return later.length ? later : looks;
}

/** @param {Look[]} looks @returns {Look|undefined} */
const bestOf = (looks) => looks.reduce((best, look) => (best && best.val <= look.val ? best : look), /** @type {Look|undefined} */ (undefined));

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
