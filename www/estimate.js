// estimate.js - how long a training will take here, before it begins: from the work that there is, and a look at how fast the worker is.

import { tokenSeconds } from './folio/src/guess.js';

import { isDeath } from './faults.js';
import { count, duration } from './format.js';
import { notice } from './notices.js';
import { secondsOf } from './timed.js';
import { PLAN, on } from './training-panel.js';
import { tellEstimate } from './waiting.js';

/** @typedef {import('./state.js').State} State @typedef {import('./folio/src/client.js').Client} Client */

/** Seconds that a step takes beside its calculations. */
const BESIDE = 0.002;

/** Seconds that somebody may wait: two years. */
const LONGEST = 2 * 365 * 86400;
/** Milliseconds without a change before it is measured. */
const QUIET = 400;

/** Which part of a text is shorter than a window, in words; '' where none is, as far as its characters tell. @param {State} state @param {import('./text.js').Text} text */
function tooShort(state, { characters }) {
  const { tokenizer, val_fraction, block_size } = state.config();
  const tokens = tokenizer === 'char' ? characters : 4 * characters; // at most: a character has four bytes at most
  const train = Math.floor(tokens * (1 - Number(val_fraction)));
  const has = `the text has ${count(characters)} ${characters === 1 ? 'character' : 'characters'}`;
  if (train <= Number(block_size)) return `${has}, which is too short for a context of ${block_size}`;
  return Number(val_fraction) && tokens - train <= Number(block_size) ? `${has}, and what is kept for validation is too short for a context of ${block_size}` : '';
}

/**
 * @param {Client} client @param {State} state
 * @param {import('./text.js').Text} text
 * @returns {Promise<{parameters: number, batch: number, steps: number, seconds: number|null}>} batch: tokens of a step; steps: in the time that is set,
 *   or as many as are; seconds: that they take, null where they do not fit into the memory
 */
export async function estimate(client, state, text) {
  const settings = state.config();
  const vocabulary = { char: text.different, byte: 256 }[String(settings.tokenizer)] ?? Number(state.get('vocab_size'));
  const config = { vocab_size: vocabulary, ...settings };
  const { parameters, total_bytes, limit_bytes } = await client.memory(config);
  const batch = Number(settings.batch_size) * Number(settings.block_size) * Number(settings.gradient_accumulation_steps);
  const steps = Number(settings.max_iters);
  if (total_bytes > limit_bytes) return { parameters, batch, steps, seconds: null };
  const step = batch * tokenSeconds(await client.speed(config), client.info.threads) + BESIDE;
  const budget = secondsOf(state);
  return budget === undefined ? { parameters, batch, steps, seconds: steps * step } : { parameters, batch, steps: Math.max(1, Math.round(budget / step)), seconds: budget };
}

/** In words, as far as an estimate goes. @param {Awaited<ReturnType<typeof estimate>>} estimated @param {State} state */
export function estimateWords({ steps, seconds }, state) {
  if (seconds === null) return 'more than fits in here';
  if (secondsOf(state) !== undefined) return `about ${count(rounded(steps))} ${steps === 1 ? 'step' : 'steps'} in ${duration(seconds)} here`;
  if (seconds > LONGEST) return 'longer than anybody waits here';
  return `about ${duration(seconds < 100 ? Math.max(1, seconds) : 60 * Math.round(seconds / 60))} here`;
}

/** Two digits of it. @param {number} n */
function rounded(n) {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.round(n / unit) * unit;
}

/**
 * The status line tells it while there is no run.
 * @param {import('./session.js').Session} session @param {State} state
 * @param {import('./text-panel.js').TextPanel} texts
 */
export function followEstimate(session, state, texts) {
  let timer = 0;
  let asked = 0;
  const measure = async () => {
    const { text } = texts;
    if (session.status !== 'idle' || !text || document.hidden) return;
    const mine = ++asked;
    let words = '';
    let fault = tooShort(state, text);
    try {
      const told = await estimate(session.client, state, text);
      if (told.seconds === null) fault ||= 'the model takes more memory than there is';
      words = estimateWords(told, state);
    } catch (error) {
      if (!isDeath(error)) fault ||= /** @type {Error} */ (error).message;
    }
    if (mine === asked) tellEstimate(words, fault);
  };
  const later = () => {
    clearTimeout(timer);
    if (session.status !== 'idle') return;
    asked++;
    tellEstimate('');
    timer = window.setTimeout(() => void measure(), QUIET);
  };
  state.addEventListener('change', later);
  texts.addEventListener('text', later);
  session.addEventListener('status', later);
  document.addEventListener('visibilitychange', later);
  void measure();
}

/**
 * A run for seconds ends sooner or later than was planned where its steps take longer or shorter than was measured: that is told, in place of the plan.
 * @param {import('./session.js').Session} session
 */
export function followMoves(session) {
  let end = 0;
  on(session, 'planned', (/** @type {import('./folio/src/budget.js').PlanEvent} */ plan) => void (end = plan.steps));
  on(session, 'step', () => {
    const { maxSteps, source } = session;
    if (!end || !source?.seconds || maxSteps === end) return;
    const words = `Steps take ${maxSteps < end ? 'longer' : 'less time'} than was measured: about ${count(maxSteps)} fit into ${duration(source.seconds)} here.`;
    end = maxSteps;
    if (document.querySelector(`.notice[data-kind=${PLAN}]`)) notice(words, { kind: PLAN }); // or else the reader has dismissed it
  });
}
