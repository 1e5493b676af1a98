/** events.js - what training tells, in words for a person. */

import { grouped } from './progress.js';

/** @typedef {import('./progress.js').Progress} Progress */
/** @typedef {import('../src/run.js').TrainEvent | NonNullable<Awaited<ReturnType<typeof import('./init.js').writeSample>>>} Event */

/** 0.06612 -> '0.066 s' @param {number} value */
export const seconds = (value) => `${value >= 100 ? value.toFixed(0) : value.toPrecision(2)} s`;

/** @param {Record<string, number>} settings */
function options({ max_iters, ...more }) {
  return [`--steps ${max_iters}`, ...Object.entries(more).map(([key, value]) => `--set ${key}=${value}`)].join(' ');
}

/** @param {import('../src/run.js').TurnEvent} event */
function words(event) {
  const { settings } = event;
  if (event.event === 'plan') {
    const { budget, step, steps, step_seconds } = event;
    return `${budget} s: ${grouped(steps - step)} steps at ${seconds(step_seconds)}; the same run again anywhere: ${options(settings)}`;
  }
  if (event.event === 'moved') {
    const { step, from, steps, step_seconds } = event;
    const how = steps < from ? 'slower' : 'faster';
    return `step ${step}: ${seconds(step_seconds)} a step, ${how} than thought; the end moves from step ${from} to ${steps}`;
  }
  const { step, why, action, back_to } = event;
  const then = action === 'stop' ? 'training stops' : `on with half the rate, learning_rate=${settings.learning_rate}`;
  return `step ${step + 1}: ${why}; back to the good state after ${back_to} steps, and ${then}`;
}

/** @param {Progress} progress @param {Event} event */
export function show(progress, event) {
  const old = 'old_val_loss' in event ? [`${event.old_val_loss?.toFixed(4)} on the old text`] : [];
  if (event.event === 'step') progress.step(event);
  else if (event.event === 'eval') {
    const { step, val_loss, bits_per_byte } = event;
    const own = val_loss === null ? [] : [`${val_loss.toFixed(4)}, ${bits_per_byte?.toFixed(4)} bits per byte`];
    progress.line(`step ${step}: validation loss ${[...own, ...old].join('; ')}`);
  } else if (event.event === 'sample') {
    progress.line(`what it writes after ${event.step} steps:\n${`${event.prompt}${event.text}`.replace(/^/gm, '  | ')}`);
  } else if (event.event === 'done') {
    const { steps, tokens, seconds, tokens_per_second, val_loss, bits_per_byte, digest, stopped, best_step } = event;
    const why = stopped === 'plateau' ? ', no longer better' : stopped === 'diverged' ? ', diverged' : '';
    progress.line(`done: ${steps} steps${why}; ${grouped(tokens)} tokens in ${seconds.toFixed(1)} s (${grouped(tokens_per_second)} tokens/s)`);
    if (best_step !== null) progress.line(`the weights are the best ones, of step ${best_step}`);
    if (val_loss !== null) progress.line(`validation loss ${val_loss.toFixed(4)} nats per token, ${bits_per_byte?.toFixed(4)} bits per byte`);
    if (old.length) progress.line(`validation loss ${old[0]}`);
    progress.line(`digest ${digest}`);
  } else {
    if (event.settings.max_iters !== undefined) progress.endAt(event.settings.max_iters);
    progress.line(words(event));
  }
}
