/** export.js - `folio export`: a trained model as a folder to give away: model.safetensors, config.json, tokenizer.json. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openWriter } from '../src/run.js';
import { save } from '../src/checkpoint/checkpoint.js';
import { UsageError } from './args.js';
import { ENGINE_OPTIONS, loadEngine } from './engine.js';
import { about, checkWritable, failure, isOfCheckpoint, modelFile, readFile, writeFile } from './files.js';
import { size } from './progress.js';

/** @type {import('./args.js').Command} */
export const exportModel = {
  doc: 'a trained model as a folder: weights, settings and tokenizer',
  options: {
    model: { value: 'FILE', required: true, doc: 'a checkpoint of `folio train`, or a folder that was exported' },
    out: { value: 'FOLDER', required: true, doc: 'where model.safetensors, config.json and tokenizer.json go; made if it is not there' },
    dtype: { value: 'f32|f16', doc: 'how numbers are kept; f16 takes half the room and rounds them (default: f32)' },
    ...ENGINE_OPTIONS,
  },
  meant: 'model',
  notes: 'The optimizer\'s state stays behind: the model can write and be fine-tuned (`folio train --init`), but its training cannot be resumed.',
  run: runExport,
};

/** @param {import('./args.js').Options} options */
async function runExport({ model, out, dtype = 'f32', ...options }) {
  if (dtype !== 'f32' && dtype !== 'f16') throw new UsageError(`--dtype can be f32 or f16, not '${dtype}'`);
  const file = modelFile(model);
  const folio = await loadEngine(options);
  const writer = about(file, () => openWriter(folio, readFile(file)), isOfCheckpoint);
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw failure('make the folder', out, error);
  }
  for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) checkWritable(join(out, name));
  const bytes = save(writer.model, writer.tokenizer, { step: writer.step, text: writer.text, dtype: dtype === 'f16' ? 'F16' : 'F32' });
  const json = (/** @type {unknown} */ value) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  writeFile(join(out, 'model.safetensors'), bytes);
  writeFile(join(out, 'config.json'), json({ model_type: 'folio', ...writer.model.config }));
  writeFile(join(out, 'tokenizer.json'), json(writer.tokenizer.toHuggingFace()));
  console.log(`${join(out, 'model.safetensors')}: ${size(bytes.length)}, after ${writer.step} steps, digest ${await openWriter(folio, bytes).digest()}`);
  return 0;
}
