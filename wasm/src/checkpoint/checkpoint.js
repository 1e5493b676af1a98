/**
 * checkpoint.js - a run in a file: weights under Hugging Face GPT-2's names, the optimizer's state as exp_avg.NAME and exp_avg_sq.NAME
 * (the latter only where the optimizer keeps it), and in __metadata__: format 'pt', folio (version), config and tokenizer (JSON), step, text (the
 * fingerprint of the text learnt; files may lack it), checksum (CRC-32 of all of these and of the numbers).
 */

import { FolioError } from '../error.js';
import { sliceTensors } from '../model.js';
import { VERSION } from '../version.js';
import { crc32 } from './crc32.js';
import { fromHalf, toHalf } from './half.js';
import { parse, serialise } from './safetensors.js';

/** @typedef {import('./safetensors.js').Tensor} Tensor */
/**
 * @typedef {object} Checkpoint
 * @property {import('../settings.js').Config} config
 * @property {import('../tokenizer.js').TokenizerJson} tokenizer
 * @property {number} step
 * @property {Map<string, Tensor>} tensors all of the layout's
 * @property {boolean} resumable holds the optimizer's state too
 * @property {string} [text] fingerprint of the text it learnt
 */

const FIRST = 'exp_avg.';
const SECOND = 'exp_avg_sq.';
/** Tensors with a row for each token. */
const BY_TOKEN = ['wte.weight', 'lm_head.weight'];

/**
 * The tensors of which the optimizer keeps a second moment: sgd of none, muon of all but those that it updates itself.
 * @param {import('../model.js').TensorInfo[]} layout
 * @param {import('../settings.js').Config} config
 */
function withSecond(layout, { optimizer }) {
  if (optimizer === 'sgd') return [];
  return optimizer === 'muon' ? layout.filter(({ group }) => group !== 'matrix') : layout;
}

/** @param {string} message what, where and why @returns {never} */
function refuse(message) {
  throw new FolioError('CHECKPOINT', 'checkpoint', `checkpoint: ${message}`);
}

/**
 * @param {import('../model.js').Model} model
 * @param {import('../tokenizer.js').Tokenizer} tokenizer
 * @param {{step?: number, trainer?: import('../trainer.js').Trainer, text?: string, dtype?: import('./safetensors.js').Dtype}} [more]
 *   with the trainer, training can go on from the file; dtype F16: numbers are rounded to halves
 * @returns {Uint8Array<ArrayBuffer>} a safetensors file
 */
export function save(model, tokenizer, { trainer, step = trainer?.step ?? 0, text, dtype = 'F32' } = {}) {
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  const { tensors: layout } = model.layout;
  const add = (/** @type {string} */ prefix, /** @type {Float32Array} */ floats, some = layout) => {
    for (const { name, shape, data } of sliceTensors(some, floats)) tensors.set(prefix + name, { shape, data: dtype === 'F16' ? rounded(name, data) : data, dtype });
  };
  add('', model.params);
  if (trainer) {
    const { first, second } = trainer.moments;
    add(FIRST, first);
    if (second) add(SECOND, second, withSecond(layout, trainer.config));
  }
  /** @type {Record<string, string>} */
  const metadata = {
    format: 'pt',
    folio: VERSION,
    config: JSON.stringify(trainer?.config ?? model.config),
    tokenizer: JSON.stringify(tokenizer),
    step: String(step),
    ...(text === undefined ? {} : { text }),
  };
  metadata.checksum = checksum({ metadata, tensors });
  return serialise({ metadata, tensors });
}

/** To halves; what is too large for one is refused. @param {string} name @param {Float32Array} data */
function rounded(name, data) {
  const at = data.findIndex((value) => !Number.isFinite(fromHalf(toHalf(value))));
  if (at >= 0) refuse(`tensor '${name}' holds ${data[at]} at ${at}, which F16 cannot hold`);
  return data.map((value) => fromHalf(toHalf(value)));
}

/**
 * Of everything in the file, so that damage anywhere is noticed.
 * @param {import('./safetensors.js').Contents} contents
 */
function checksum({ metadata, tensors }) {
  const { checksum: _, ...rest } = metadata;
  const shapes = [...tensors].map(([name, { shape }]) => [name, shape]);
  let crc = crc32(new TextEncoder().encode(JSON.stringify([Object.entries(rest), shapes])));
  for (const { data } of tensors.values()) crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  return crc.toString(16).padStart(8, '0');
}

/**
 * Reads a file and checks all that can be checked before memory is taken for a model.
 * @param {import('../folio.js').Folio} folio
 * @param {Uint8Array} bytes
 * @returns {Checkpoint}
 */
export function read(folio, bytes) {
  const contents = parse(bytes);
  const { metadata, tensors } = contents;
  for (const key of ['folio', 'config', 'tokenizer', 'step', 'checksum']) {
    if (!Object.hasOwn(metadata, key)) refuse(`__metadata__ has no '${key}': this file was not written by Folio`);
  }
  const found = checksum(contents);
  if (found !== metadata.checksum) refuse(`the file is damaged: its checksum is ${found}, and should be ${metadata.checksum}`);
  const step = Number(metadata.step);
  if (!/^\d+$/.test(metadata.step) || !Number.isSafeInteger(step)) refuse(`__metadata__ step '${metadata.step}' is no number of steps`);
  const config = readConfig(folio, metadata.config);
  folio.checkMemory(config, 'model');
  const resumable = [...tensors.keys()].some((name) => name.startsWith(FIRST));
  checkTensors(tensors, expected(folio.layout(config), resumable, config));
  const tokenizer = readTokenizer(folio, metadata.tokenizer, config.vocab_size);
  return { config, tokenizer, step, tensors, resumable, text: metadata.text };
}

/** @param {import('../folio.js').Folio} folio @param {string} text */
function readConfig(folio, text) {
  const value = readJson('config', text);
  try {
    return folio.config(value);
  } catch (error) {
    return refuse(`__metadata__ ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} key @param {string} text @returns {Record<string, unknown>} */
function readJson(key, text) {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  return refuse(`__metadata__ ${key} is not a JSON object`);
}

/**
 * @param {import('../folio.js').Folio} folio
 * @param {string} text
 * @param {number} vocabSize
 */
function readTokenizer(folio, text, vocabSize) {
  const json = /** @type {import('../tokenizer.js').TokenizerJson} */ (readJson('tokenizer', text));
  /** @type {import('../tokenizer.js').Tokenizer} */
  let tokenizer;
  try {
    tokenizer = folio.tokenizer.load(json);
  } catch (error) {
    return refuse(`__metadata__ tokenizer: ${error instanceof Error ? error.message : error}`);
  }
  const size = tokenizer.vocabSize;
  tokenizer.close();
  if (size > vocabSize) refuse(`the tokenizer has ${size} tokens, but the model only knows ${vocabSize}`);
  return json;
}

/**
 * Names and shapes that must be there.
 * @param {import('../model.js').TensorInfo[]} layout
 * @param {boolean} resumable
 * @param {import('../settings.js').Config} config
 * @returns {Map<string, number[]>}
 */
function expected(layout, resumable, config) {
  const named = (/** @type {string} */ prefix, some = layout) =>
    some.map(({ name, shape }) => /** @type {[string, number[]]} */ ([prefix + name, shape]));
  return new Map(resumable ? [...named(''), ...named(FIRST), ...named(SECOND, withSecond(layout, config))] : named(''));
}

/**
 * @param {Map<string, Tensor>} tensors
 * @param {Map<string, number[]>} wanted
 */
function checkTensors(tensors, wanted) {
  for (const [name, shape] of wanted) {
    const tensor = tensors.get(name);
    if (!tensor) return refuse(`tensor '${name}' is missing`);
    if (`${tensor.shape}` !== `${shape}`) refuse(`tensor '${name}' has shape ${tensor.shape.join(' x ')}, should be ${shape.join(' x ')}`);
    const at = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) refuse(`tensor '${name}' holds ${tensor.data[at]} at ${at}`);
  }
  for (const name of tensors.keys()) if (!wanted.has(name)) refuse(`tensor '${name}' does not belong to a model of this config`);
}

/**
 * Puts what was read into a model, and the optimizer's state into a trainer.
 * @param {Checkpoint} checkpoint
 * @param {import('../model.js').Model} model
 * @param {import('../trainer.js').Trainer} [trainer]
 * @param {{grown?: boolean}} [options] grown: the model may have more tokens, whose rows stay as they are
 */
export function restore(checkpoint, model, trainer, { grown = false } = {}) {
  const { layout } = model;
  copy(checkpoint, '', layout.tensors, model.params, grown);
  if (!trainer) return;
  if (!checkpoint.resumable) refuse('the file holds no optimizer state, so training cannot go on from it');
  const { first, second } = trainer.moments;
  copy(checkpoint, FIRST, layout.tensors, first, grown);
  if (second) copy(checkpoint, SECOND, withSecond(layout.tensors, trainer.config), second, grown);
  trainer.step = checkpoint.step;
}

/**
 * @param {Checkpoint} checkpoint
 * @param {string} prefix
 * @param {import('../model.js').TensorInfo[]} layout
 * @param {Float32Array} floats
 * @param {boolean} grown
 */
function copy({ tensors }, prefix, layout, floats, grown) {
  for (const { name, shape, data } of sliceTensors(layout, floats)) {
    const tensor = tensors.get(prefix + name);
    if (!tensor) return refuse(`tensor '${prefix}${name}' is missing`);
    const fits = tensor.data.length === data.length || (grown && BY_TOKEN.includes(name) && tensor.data.length < data.length);
    if (!fits) refuse(`tensor '${prefix}${name}' has shape ${tensor.shape.join(' x ')}, should be ${shape.join(' x ')}`);
    data.set(tensor.data);
  }
}
