/** train.js - `folio train`: learn a text, tell how it goes, save what was learnt. */

import { openRun } from '../src/run.js';
import { UsageError } from './args.js';
import { baselineWords } from './baselines.js';
import { about, checkWritable, isOfCheckpoint, isOfText, readFile, readText, writeFile } from './files.js';
import { interrupt } from './interrupt.js';
import { DEFAULT_PRESET, chosenSettings, presetNames, readPreset } from './presets.js';
import { ENGINE_OPTIONS, engineWords, loadEngine } from './engine.js';
import { Progress, grouped, size } from './progress.js';
import { TOKENIZER_OPTIONS, chosenTokenizer } from './tokenizers.js';

/** @type {import('./args.js').Command} */
export const train = {
  doc: 'learn a text and save the weights',
  options: {
    data: { value: 'FILE', doc: 'the text, UTF-8 (default: tiny Shakespeare, or the text that comes with Folio)' },
    preset: { value: 'NAME|FILE', doc: `settings to start from (default: ${DEFAULT_PRESET}; known: ${presetNames().join(', ')})` },
    set: { value: 'key=value', many: true, doc: 'one setting; may stand more than once (`folio info` lists them)' },
    steps: { value: 'N', kind: 'count', doc: 'training steps: sets max_iters, so the schedule ends there' },
    seed: { value: 'N', kind: 'count', doc: 'everything random follows from it' },
    ...TOKENIZER_OPTIONS,
    'eval-every': { value: 'N', kind: 'count', doc: 'steps between evaluations; 0: only at the end' },
    resume: { value: 'FILE', doc: 'go on from a checkpoint, with its settings' },
    out: { value: 'FILE', doc: 'save a checkpoint at the end, at every evaluation and on Ctrl-C' },
    json: { doc: 'one JSON object a line on stdout: data, step, eval and done events' },
    ...ENGINE_OPTIONS,
  },
  notes: 'Ctrl-C stops after the step that is done and saves; pressed twice it does not wait.',
  run: runTrain,
};

/** @param {import('./args.js').Options} options */
async function runTrain(options) {
  const { data, preset, resume, out, json } = options;
  if (resume && preset) throw new UsageError('--preset and --resume exclude each other: a checkpoint brings its settings');
  const folio = await loadEngine(options);
  const config = chosenSettings(folio, options, resume ? {} : readPreset(preset ?? DEFAULT_PRESET));
  if (out) checkWritable(out);
  const { chosen, tokenizer } = tokenizerFor(folio, options, config);
  const { path, text } = readText(data);
  const checkpoint = resume && readFile(resume);
  const opening = () => about(resume ?? '', () => openRun(folio, { text, config: { ...config, ...chosen }, checkpoint, tokenizer }), isOfCheckpoint);
  const run = about(path, opening, isOfText);
  const { max_iters: steps } = run.config;
  if (run.step > steps) throw new UsageError(`${resume} has ${run.step} steps behind it; --steps ${steps} are fewer`);
  const progress = new Progress(json ? process.stderr : process.stdout, run.step, steps);
  const say = (/** @type {string} */ line) => (json ? console.error(line) : progress.line(line));
  say(`text: ${path}, ${size(text.length)}, ${run.config.vocab_size} tokens in the vocabulary`);
  say(`model: ${grouped(run.parameters)} parameters, ${size(folio.memory(run.config).total_bytes)} of memory; steps ${run.step} to ${steps}`);
  const save = () => {
    if (out) writeFile(out, run.checkpoint());
  };
  say(`engine: ${engineWords(folio.info())}`);
  const { signal } = interrupt;
  try {
    const baselines = await run.baselines({ signal });
    if (json) console.log(JSON.stringify(dataEvent(path, run, baselines)));
    else say(baselineWords(baselines));
    for await (const event of run.train({ signal })) {
      if (event.event === 'eval') save();
      if (json) console.log(JSON.stringify(event));
      else show(progress, event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    save();
    progress.end();
    console.error(`interrupted after ${run.step} steps${out ? `; saved to ${out}` : '; nothing was saved, as no --out was given'}`);
    return 130;
  }
  save();
  if (out) say(`saved to ${out}`);
  return 0;
}

/**
 * @param {string} path
 * @param {import('../src/run.js').Run} run
 * @param {Awaited<ReturnType<import('../src/run.js').Run['baselines']>>} baselines
 */
function dataEvent(path, { config, parts: { dataset, tokenizer } }, baselines) {
  const { tokens, nTrain: train_tokens } = dataset;
  const sizes = { tokens, train_tokens, val_tokens: tokens - train_tokens, val_windows: dataset.valWindows, block_size: config.block_size };
  return { event: 'data', path, tokenizer: tokenizer.kind, vocab_size: config.vocab_size, ...sizes, baselines };
}

/**
 * What --tokenizer and --vocab-size mean for the settings, and a tokenizer that is ready.
 * @param {import('../src/folio.js').Folio} folio
 * @param {import('./args.js').Options} options
 * @param {Record<string, unknown>} config
 */
function tokenizerFor(folio, options, config) {
  const { resume, 'vocab-size': vocab_size } = options;
  const choice = chosenTokenizer(folio, options);
  if (resume && (choice || vocab_size !== undefined)) throw new UsageError('--tokenizer and --resume exclude each other: a checkpoint brings its tokenizer');
  const ready = choice && 'ready' in choice ? choice.ready : undefined;
  const kind = ready?.kind ?? (choice && 'kind' in choice ? choice.kind : undefined);
  const chosen = { ...(kind ? { tokenizer: kind } : {}), ...(vocab_size !== undefined ? { vocab_size } : {}) };
  folio.config({ ...config, ...chosen });
  return { chosen, tokenizer: ready?.toJSON() };
}

/** @param {Progress} progress @param {import('../src/run.js').TrainEvent} event */
function show(progress, event) {
  if (event.event === 'step') progress.step(event);
  else if (event.event === 'eval') progress.line(`step ${event.step}: validation loss ${event.val_loss.toFixed(4)}, ${event.bits_per_byte.toFixed(4)} bits per byte`);
  else {
    const { steps, tokens, seconds, tokens_per_second, val_loss, bits_per_byte, digest } = event;
    progress.line(`done: ${steps} steps; ${grouped(tokens)} tokens in ${seconds.toFixed(1)} s (${grouped(tokens_per_second)} tokens/s)`);
    if (val_loss !== null) progress.line(`validation loss ${val_loss.toFixed(4)} nats per token, ${bits_per_byte?.toFixed(4)} bits per byte`);
    progress.line(`digest ${digest}`);
  }
}
