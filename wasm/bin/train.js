/** train.js - `folio train`: learn a text, tell how it goes, save what was learnt. */

import { checkRoom } from '../src/budget.js';
import { FolioError } from '../src/error.js';
import { openRun } from '../src/run.js';
import { checkTrainOptions } from '../src/train-options.js';
import { UsageError } from './args.js';
import { baselineWords } from './baselines.js';
import { budgetedPresets, choosePreset, measureRun, parseDuration } from './budget.js';
import { ENGINE_OPTIONS, engineWords, loadEngine } from './engine.js';
import { seconds, show } from './events.js';
import { about, checkWritable, isAnother, isOfCheckpoint, isOfOldText, isOfText, modelFile, readFile, readText, writeFile } from './files.js';
import { INIT_NOTES, INIT_OPTIONS, checkInit, oldTextOf, writeSample } from './init.js';
import { INTERRUPTED, interrupt } from './interrupt.js';
import { DEFAULT_PRESET, chosenSettings, presetNames, readPreset } from './presets.js';
import { Progress, clock, grouped, size } from './progress.js';
import { checkResumed, goOn } from './resume.js';
import { TOKENIZER_OPTIONS, chosenTokenizer } from './tokenizers.js';

/** @type {import('./args.js').Command} */
export const train = {
  doc: 'learn a text and save the weights',
  options: {
    data: { value: 'FILE|-', doc: 'the text, UTF-8; -: standard input (default: tiny Shakespeare where `make data` has put it, else the text that comes with Folio)' },
    preset: {
      value: 'NAME|FILE',
      doc: `settings to start from (default: ${DEFAULT_PRESET}; known: ${presetNames().join(', ')}); auto: the largest that fits the budget`,
    },
    set: { value: 'key=value', many: true, doc: 'one setting; may be given more than once (`folio info` lists them all)' },
    steps: { value: 'N', kind: 'count', doc: "training steps: sets max_iters, so the schedule ends there (default: the preset's)" },
    budget: { value: 'TIME', doc: 'instead of steps: as many as fit into 60s, 5m, 1h; all of it then ends in time, with the schedule' },
    seed: { value: 'N', kind: 'count', doc: "everything random follows from it (default: the preset's)" },
    ...TOKENIZER_OPTIONS,
    'eval-every': { value: 'N', kind: 'count', doc: "steps between evaluations; 0: only at the end (default: the preset's)" },
    patience: { value: 'N', kind: 'count', doc: 'stop after N evaluations without improvement, and keep the best (default: 0, never)' },
    'keep-best': { doc: 'the weights with the lowest validation loss are those of the end and of --out' },
    'on-divergence': { value: 'stop|rollback|ignore', doc: 'when the loss leaves its course: stop, go back and on with half the rate, or go on (default: stop)' },
    resume: { value: 'FILE', doc: 'go on from a checkpoint, with its settings; --data names the same text again' },
    ...INIT_OPTIONS,
    out: { value: 'FILE', doc: 'save a checkpoint at the end, at every evaluation and on Ctrl-C' },
    json: { doc: 'one JSON object a line on stdout: data, step, eval, plan, moved, diverged, sample and done events' },
    ...ENGINE_OPTIONS,
  },
  meant: 'data',
  notes: `Ctrl-C stops after the step that is done, saves, and says how to go on; pressed twice it does not wait.

With --keep-best the weights in --out are the best so far, and those of the last step stand beside them in the same file: --resume goes on from
these, exactly, and still knows the best. When the loss leaves its course the last good state is brought back; what is not finite is never saved.

${INIT_NOTES}`,
  run: runTrain,
};

/** @param {import('./args.js').Options} given */
async function runTrain(given) {
  const options = given.init ? { ...given, init: modelFile(given.init) } : given;
  const { preset, resume, init, out, json } = options;
  checkInit(options);
  if (resume && preset) throw new UsageError('--preset and --resume exclude each other: a checkpoint brings its settings');
  if (options.budget !== undefined && options.steps !== undefined) throw new UsageError('--budget and --steps exclude each other');
  const budget = options.budget === undefined ? undefined : parseDuration(options.budget);
  if (preset === 'auto' && budget === undefined) throw new UsageError('--preset auto needs a --budget: it is the largest preset that fits into it');
  const { patience, 'keep-best': asked, 'on-divergence': onDivergence } = options;
  if (!['stop', 'rollback', 'ignore', undefined].includes(onDivergence)) throw new UsageError(`--on-divergence can be stop, rollback or ignore, not '${onDivergence}'`);
  const folio = await loadEngine(options);
  if (!resume && !init) {
    const { eval_interval, val_fraction } = folio.config(chosenSettings(folio, options, preset === 'auto' ? {} : readPreset(preset ?? DEFAULT_PRESET)));
    checkEnd({ patience, keepBest: asked }, eval_interval, val_fraction > 0);
  }
  if (out) checkWritable(out);
  const say = (/** @type {string} */ line) => (json ? console.error(line) : progress.line(line));
  let progress = new Progress(json ? process.stderr : process.stdout, 0, 0);
  /** @type {ReturnType<typeof readText> | undefined} read once, as a pipe can be */
  let read;
  const open = (/** @type {string | undefined} */ name) => openNamed(folio, options, () => (read ??= readText(options.data)), name);
  const { run, path, text, old, notes } = open(preset === 'auto' ? await fitting(open, Number(budget), say) : preset);
  const { max_iters: steps, eval_interval } = run.config;
  const judged = run.parts.evaluator.windows > 0;
  // a small text is soon learnt by heart: a fine-tuning ends with the best weights, where there is something to judge them by
  const keepBest = asked ?? (init && judged ? true : undefined);
  checkEnd({ patience, keepBest }, eval_interval, judged);
  if (budget !== undefined) checkRoom(run);
  if (run.step > steps && budget === undefined) throw new UsageError(`${resume} has ${run.step} steps behind it; --steps ${steps} are fewer`);
  progress = new Progress(json ? process.stderr : process.stdout, run.step, steps);
  say(`text: ${path}, ${size(text.length)}, ${run.config.vocab_size} tokens in the vocabulary`);
  const end = budget === undefined ? `steps ${run.step} to ${steps}` : `from step ${run.step}, for ${budget} s`;
  say(`model: ${grouped(run.parameters)} parameters, ${size(folio.memory(run.config).total_bytes)} of memory; ${end}`);
  for (const note of [...notes, ...run.notes]) say(note);
  if (resume && run.step === steps && budget === undefined) say(`all ${steps} steps are done already; --steps N, with more, goes on`);
  if (init) say(old ? `old text: ${old.path}` : 'old text: not known; --old-data FILE names it, to see what is forgotten');
  if (!out) say('nothing will be saved, as no --out is given');
  else if (isAnother(out, resume)) say(`${out} is there already: what is learnt now replaces it`);
  const begin = run.step;
  let saved = false;
  const save = () => {
    if (out) writeFile(out, run.checkpoint());
    saved = true;
  };
  say(`engine: ${engineWords(folio.info())}`);
  const { signal } = interrupt;
  const tell = (/** @type {Event} */ event) => (json ? console.log(JSON.stringify(event)) : show(progress, event));
  const sample = async () => {
    const event = init && (await writeSample(run, options, signal));
    if (event) tell(event);
  };
  let stopped = 'steps';
  try {
    const baselines = await run.baselines({ signal });
    if (json) console.log(JSON.stringify(dataEvent(path, run, baselines)));
    else say(baselineWords(baselines));
    await sample();
    // what has passed since this program was started is part of the budget
    const spent = performance.now() / 1000;
    for await (const event of run.train({ signal, budget, spent, evalFirst: Boolean(init), patience, keepBest, onDivergence })) {
      const spoilt = event.event === 'eval' && event.val_loss !== null && !Number.isFinite(event.val_loss); // the next event says that it diverged
      if (event.event === 'eval' && run.step > begin && !spoilt) save();
      if (event.event === 'done') {
        stopped = event.stopped;
        await sample();
      }
      tell(event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const done = run.step > begin;
    if (done) save();
    progress.end();
    const best = run.best ? `; the best weights so far are of step ${run.best.step}` : '';
    const where = !out ? 'nothing was saved, as no --out was given' : done ? `saved to ${out}` : 'nothing was saved, as no step was done';
    console.error(`interrupted after ${run.step} steps; ${where}${best}`);
    if (out && done) console.error(`to go on: ${goOn(options, old)}`);
    return INTERRUPTED;
  }
  if (stopped === 'diverged' && run.step === begin && !saved && out && isAnother(out)) say(`${out} stays as it was: nothing was learnt`);
  else {
    save();
    say(out ? `saved to ${out}` : 'the model is not saved, as no --out was given');
  }
  return stopped === 'diverged' ? 1 : 0;
}

/**
 * A run with the settings of a preset, or of the checkpoint to go on from or to begin with.
 * @param {import('../src/folio.js').Folio} folio
 * @param {import('./args.js').Options} options
 * @param {() => ReturnType<typeof readText>} read
 * @param {string} [preset]
 */
function openNamed(folio, options, read, preset) {
  const { resume, init, 'init-optimizer': initOptimizer } = options;
  const config = chosenSettings(folio, options, resume || (init && !preset) ? {} : readPreset(preset ?? DEFAULT_PRESET));
  const { chosen, tokenizer } = tokenizerFor(folio, options, config);
  const { path, text } = read();
  const start = init && readFile(init);
  const old = oldTextOf(options, start, text);
  const checkpoint = resume && readFile(resume);
  const notes = checkpoint ? checkResumed(folio, resume, checkpoint, config, { path, text, named: options.data !== undefined }) : [];
  const from = { checkpoint, tokenizer, init: start, initOptimizer, oldText: old?.text };
  const opening = () => about(resume ?? init ?? '', () => openRun(folio, { text, config: { ...config, ...chosen }, ...from }), isOfCheckpoint);
  return { run: about(old?.path ?? '', () => about(path, () => typed(opening), isOfText), isOfOldText), path, text, old, notes };
}

/**
 * The preset that --preset auto means.
 * @param {(preset: string) => ReturnType<typeof openNamed>} open
 * @param {number} budget seconds
 * @param {(line: string) => void} say
 */
async function fitting(open, budget, say) {
  const { name, steps, step_seconds, takes } = await choosePreset(budgetedPresets(presetNames()), budget, async (preset) => {
    const { run } = open(preset.name);
    try {
      return { ...preset, ...(await measureRun(run, budget, interrupt.signal)) };
    } finally {
      run.close();
    }
  });
  const why = takes > budget ? '; none is smaller' : '';
  say(`preset: ${name}, whose ${grouped(steps)} steps at ${seconds(step_seconds)} take ${clock(takes)} here${why}`);
  return name;
}

/** @typedef {import('./events.js').Event} Event */

/**
 * How a training is to end, against its settings: what contradicts them was typed wrong.
 * @param {import('../src/train-options.js').TrainOptions} asked
 * @param {number} evalEvery
 * @param {boolean} judged there is a validation part
 */
function checkEnd(asked, evalEvery, judged) {
  try {
    checkTrainOptions(asked, evalEvery, judged);
  } catch (error) {
    throw error instanceof FolioError ? new UsageError(error.message) : error;
  }
}

/** What contradicts a checkpoint was typed wrong. @template T @param {() => T} open */
function typed(open) {
  try {
    return open();
  } catch (error) {
    throw error instanceof FolioError && error.op === 'init' ? new UsageError(error.message) : error;
  }
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
  const { resume, tokenizer, 'vocab-size': vocab_size } = options;
  if (resume && (tokenizer !== undefined || vocab_size !== undefined)) {
    throw new UsageError(`--${tokenizer === undefined ? 'vocab-size' : 'tokenizer'} and --resume exclude each other: a checkpoint brings its tokenizer`);
  }
  const choice = chosenTokenizer(folio, options, String(config.tokenizer ?? 'char'));
  const ready = choice && 'ready' in choice ? choice.ready : undefined;
  const kind = ready?.kind ?? (choice && 'kind' in choice ? choice.kind : undefined);
  const chosen = { ...(kind ? { tokenizer: kind } : {}), ...(vocab_size !== undefined ? { vocab_size } : {}) };
  folio.config({ ...config, ...chosen });
  return { chosen, tokenizer: ready?.toJSON() };
}
