/** fine-tune-settings.js - what a fine-tuning does if nobody says, from the settings of the model that it goes on from. Pure. */

/** @typedef {import('./settings.js').Config} Config */

/** What a fine-tuning does if nobody says: steps, and what follows from them or from the checkpoint. */
const STEPS = 200;
/**
 * Of the checkpoint's peak rates. On 20 KB of prose the model that comes with Folio went from 2.60 to 1.97 in 80 steps of two windows at three tenths,
 * to 2.06 at two; a model 250 steps old was past its best after 50 steps of a whole batch at three tenths, and the best weights are kept.
 */
const RATE = 0.3;
/** Of the fine-tuning's own peak rate, at its end. */
const LAST_RATE = 0.02;

/** A part of a rate, without the digits that only binary fractions have. @param {number} part @param {number} rate */
const share = (part, rate) => Number((part * rate).toPrecision(6));

/**
 * The settings of a fine-tuning: the model's from the checkpoint; three tenths of its rates, falling linearly to nearly nothing after a short
 * warm-up; ten looks at the validation part. What `partial` says comes first.
 * @param {Config} trained
 * @param {Record<string, unknown>} [partial]
 * @returns {Record<string, unknown>}
 */
export function fineTuneSettings(trained, partial = {}) {
  const { learning_rate = share(RATE, trained.learning_rate), max_iters = STEPS } = partial;
  return {
    ...trained,
    learning_rate,
    adam_lr: share(RATE, trained.adam_lr),
    vector_lr: share(RATE, trained.vector_lr),
    min_lr: share(LAST_RATE, Number(learning_rate)),
    schedule: 'linear',
    decay_iters: 0,
    max_iters,
    warmup_iters: Math.ceil(Number(max_iters) / 20),
    eval_interval: Math.ceil(Number(max_iters) / 10),
    ...partial,
  };
}
