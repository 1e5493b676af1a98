/** baselines.js - what a model has to beat, in a line. */

/** @param {Awaited<ReturnType<import('../src/run.js').Run['baselines']>>} baselines */
export function baselineWords(baselines) {
  if (!baselines) return 'to beat: nothing, as no part of the text is for validation';
  const all = Object.entries(baselines);
  const nats = all.map(([name, { val_loss }]) => `${name} ${val_loss.toFixed(4)}`).join(', ');
  return `to beat: ${nats} nats per token; ${all.map(([, { bits_per_byte }]) => bits_per_byte.toFixed(4)).join(', ')} bits per byte`;
}
