/** state.js - a copy of all that training changes, in JavaScript's memory: weights, the optimizer's state, the step. */

/**
 * @typedef {{step: number, params: Float32Array, first: Float32Array, second: Float32Array | null}} State arrays in layout order; second: as
 *   Trainer.moments
 */

/**
 * @param {import('./model.js').Model} model
 * @param {import('./trainer.js').Trainer} trainer
 * @param {State | null} [into] an older one of the same run, whose memory is used again
 * @returns {State}
 */
export function takeState({ params }, trainer, into) {
  const { first, second } = trainer.moments;
  if (!into) return { step: trainer.step, params: params.slice(), first: first.slice(), second: second && second.slice() };
  into.params.set(params);
  into.first.set(first);
  if (into.second && second) into.second.set(second);
  into.step = trainer.step;
  return into;
}

/**
 * @param {State} state
 * @param {import('./model.js').Model} model
 * @param {import('./trainer.js').Trainer} trainer
 */
export function putState({ step, params, first, second }, model, trainer) {
  model.params.set(params);
  const moments = trainer.moments;
  moments.first.set(first);
  if (second) moments.second?.set(second);
  trainer.step = step;
}

/** Whether no number of an array is infinite or NaN: 0 times such a one is NaN, and stays it in the sum. @param {Float32Array} floats */
export function allFinite(floats) {
  let sum = 0;
  for (let i = 0; i < floats.length; i++) sum += floats[i] * 0;
  return sum === 0;
}

/**
 * Whether training could go on from here, and a file hold it.
 * @param {import('./model.js').Model} model
 * @param {import('./trainer.js').Trainer} trainer
 */
export function isSound(model, trainer) {
  const { first, second } = trainer.moments;
  return allFinite(model.params) && allFinite(first) && (!second || allFinite(second));
}
