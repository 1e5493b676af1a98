/** info.js - `folio info`: what runs here, what can be set, and what is in a model or preset. */

import { read } from '../src/checkpoint/checkpoint.js';
import { features } from '../src/features.js';
import { allowed } from '../src/settings.js';
import { ENGINE_OPTIONS, engineWords, loadEngine } from './engine.js';
import { UsageError } from './args.js';
import { about, isOfCheckpoint, modelFile, readFile } from './files.js';
import { chosenSettings, presetNames, readPreset } from './presets.js';
import { grouped, size } from './progress.js';
import { fill, widthOf } from './wrap.js';

/** @typedef {import('../src/folio.js').Folio} Folio */

/** @type {import('./args.js').Command} */
export const info = {
  doc: 'what runs here and what can be set; or what is in a model or a preset',
  options: {
    model: { value: 'FILE', doc: 'tell what is in a checkpoint of `folio train`, or in a folder of `folio export`' },
    preset: { value: 'NAME|FILE', doc: `tell what a preset asks for (known: ${presetNames().join(', ')})` },
    set: { value: 'key=value', many: true, doc: 'with --preset: change one of its settings' },
    ...ENGINE_OPTIONS,
  },
  meant: 'model',
  run: runInfo,
};

/** @param {import('./args.js').Options} options */
async function runInfo(options) {
  if (options.model && (options.preset || options.set)) throw new UsageError('--model tells what is in a checkpoint: --preset and --set are for presets');
  if (options.set && !options.preset) throw new UsageError('--set changes a setting of the preset that --preset names');
  const folio = await loadEngine(options);
  const engine = Object.entries(features()).map(([name, has]) => `${name.replace('relaxedSimd', 'relaxed simd')} ${has ? 'yes' : 'no'}`).join(', ');
  console.log(`folio ${folio.info().version}: ${engineWords(folio.info())}`);
  console.log(`engine: ${engine}`);
  console.log(`tokenizers: Unicode ${folio.tokenizer.unicode}`);
  console.log();
  if (options.model) tellModel(folio, modelFile(options.model));
  if (options.preset) tellConfig(folio, chosenSettings(folio, options, readPreset(options.preset)));
  if (!options.model && !options.preset) {
    tellSettings(folio);
    tellPresets(folio);
  }
  return 0;
}

/** @param {Folio} folio @param {string} path */
function tellModel(folio, path) {
  const { config, step, tokenizer, resumable, tensors } = about(path, () => read(folio, readFile(path)), isOfCheckpoint);
  const vocabulary = tokenizer.vocabulary ? ` ${JSON.stringify(tokenizer.vocabulary)}` : '';
  console.log(`${path}: ${step} steps of training${resumable ? ', with the state to go on' : ''}; ${tensors.size} tensors`);
  console.log(`tokenizer: ${tokenizer.kind}${tokenizer.split ? `, split ${tokenizer.split}` : ''}${vocabulary}`);
  tellConfig(folio, config);
}

/** @param {Folio} folio @param {Record<string, unknown>} partial */
function tellConfig(folio, partial) {
  const memory = folio.memory(partial);
  console.log(`parameters: ${grouped(memory.parameters)}`);
  console.log(`memory: model ${size(memory.model_bytes)}, training ${size(memory.trainer_bytes)} more (limit ${size(memory.limit_bytes)})`);
  console.log('settings:');
  for (const [name, value] of Object.entries(folio.config(partial))) {
    console.log(`  ${name}=${value}${folio.settings.find((row) => row.name === name)?.default === value ? '' : '  *'}`);
  }
  console.log('  (* where it is not the default)');
}

/** @param {Folio} folio */
function tellPresets(folio) {
  const rows = presetNames().map((name) => {
    const config = folio.config(readPreset(name));
    return { name, parameters: folio.memory(config).parameters, config };
  });
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log('\nPresets, for --preset NAME (`folio info --preset NAME` tells all of one):');
  for (const { name, parameters, config } of rows.sort((a, b) => a.parameters - b.parameters)) {
    console.log(`  ${name.padEnd(width)}  ${grouped(parameters).padStart(11)} parameters, ${grouped(config.max_iters).padStart(7)} steps`);
  }
}

/** @param {Folio} folio */
function tellSettings(folio) {
  const width = Math.max(...folio.settings.map(({ name }) => name.length));
  console.log('Settings, for --set key=value and presets:');
  for (const setting of folio.settings) {
    const lines = [setting.doc, `default ${setting.default}; ${allowed(setting)}`].flatMap((text) => fill(text, widthOf(process.stdout) - width - 4));
    for (const [i, line] of lines.entries()) console.log(`  ${(i ? '' : setting.name).padEnd(width)}  ${line}`);
  }
}
