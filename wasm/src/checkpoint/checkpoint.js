/**
 * checkpoint.js - a run in a file: weights under Hugging Face GPT-2's names, the optimizer's state as exp_avg.NAME and exp_avg_sq.NAME
 * (the latter only where the optimizer keeps it), and in __metadata__: format 'pt', folio (version), config and tokenizer (JSON), step, text (the
 * fingerprint of the text learnt; files may lack it), checksum (CRC-32 of all of these and of the numbers).
 * Where a run keeps its best weights the names are theirs, __metadata__ best (JSON) says of which step and loss, and latest.NAME are the weights of the
 * last step, where they are others: training goes on from these. What is not finite is not saved.
 */

import { Best } from '../best.js';
import { FolioError } from '../error.js';
import { sliceTensors } from '../model.js';
import { allFinite } from '../state.js';
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
 * @property {import('../best.js').BestFacts} [best] of the weights, where they are the best ones of a run
 */

const FIRST = 'exp_avg.';
const SECOND = 'exp_avg_sq.';
/** Tensors with a row for each token. */
const BY_TOKEN = ['wte.weight', 'lm_head.weight'];
const LATEST = 'latest.';

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
 * @typedef {object} SaveOptions
 * @property {import('../trainer.js').Trainer} [trainer] with it, training can go on from the file
 * @property {number} [step] steps behind the weights; default the trainer's
 * @property {import('../state.js').State} [state] what to save, where that is not what model and trainer have now
 * @property {Best | null} [best] the best weights of the run
 * @property {import('../settings.js').Config} [config] default the trainer's, or the model's
 * @property {string} [text] fingerprint of the text it learnt
 * @property {import('./safetensors.js').Dtype} [dtype] F16: numbers are rounded to halves
 */

/**
 * @param {import('../model.js').Model} model
 * @param {import('../tokenizer.js').Tokenizer} tokenizer
 * @param {SaveOptions} [options]
 * @returns {Uint8Array<ArrayBuffer>} a safetensors file
 */
export function save(model, tokenizer, options = {}) {
  const { trainer, state, best, config = trainer?.config ?? model.config, step = state?.step ?? trainer?.step ?? 0, text, dtype = 'F32' } = options;
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  const { tensors: layout } = model.layout;
  const add = (/** @type {string} */ prefix, /** @type {Float32Array} */ floats, some = layout) => {
    for (const { name, shape, data } of sliceTensors(some, floats)) tensors.set(prefix + name, { shape, data: dtype === 'F16' ? rounded(name, data) : data, dtype });
  };
  const latest = state?.params ?? model.params;
  const shown = best?.params ?? latest;
  add('', shown);
  if (trainer) {
    const { first, second } = state ?? trainer.moments;
    add(FIRST, first);
    if (second) add(SECOND, second, withSecond(layout, config));
    if (shown.some((value, i) => value !== latest[i])) add(LATEST, latest);
  }
  for (const [name, { data }] of tensors) checkFinite(name, data, '; what is not finite is not saved');
  return seal({
    config: JSON.stringify(config),
    tokenizer: JSON.stringify(tokenizer),
    step: String(trainer ? step : (best?.step ?? step)),
    ...(text === undefined ? {} : { text }),
    ...(trainer && best ? { best: JSON.stringify(best.facts) } : {}),
  }, tensors);
}

/**
 * A file of them, with what every file says and the checksum.
 * @param {Record<string, string>} facts
 * @param {Map<string, Tensor>} tensors
 */
export function seal(facts, tensors) {
  /** @type {Record<string, string>} */
  const metadata = { format: 'pt', folio: VERSION, ...facts };
  metadata.checksum = checksum({ metadata, tensors });
  return serialise({ metadata, tensors });
}

/** To halves; what is too large for one is refused. @param {string} name @param {Float32Array} data */
function rounded(name, data) {
  const halves = data.map((value) => fromHalf(toHalf(value)));
  checkFinite(name, halves, ` as F16, where it was ${data[halves.findIndex((value) => !Number.isFinite(value))]}`);
  return halves;
}

/** @param {string} name @param {Float32Array} data @param {string} [more] */
function checkFinite(name, data, more = '') {
  if (allFinite(data)) return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  refuse(`tensor '${name}' holds ${data[at]} at ${at}${more}`);
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
  const best = metadata.best === undefined ? undefined : readBest(metadata.best);
  const apart = best !== undefined && [...tensors.keys()].some((name) => name.startsWith(LATEST));
  checkTensors(tensors, expected(folio.layout(config), { resumable, apart }, config));
  const tokenizer = readTokenizer(folio, metadata.tokenizer, config.vocab_size);
  return { config, tokenizer, step, tensors, resumable, text: metadata.text, ...(best ? { best } : {}) };
}

/** @param {string} text @returns {import('../best.js').BestFacts} */
function readBest(text) {
  const { step, val_loss, waited } = /** @type {any} */ (readJson('best', text));
  const counts = [step, waited].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!counts || !Number.isFinite(val_loss)) refuse(`__metadata__ best ${text} has no step, val_loss and waited that are numbers`);
  return { step, val_loss, waited };
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
 * @param {{resumable: boolean, apart: boolean}} has apart: the weights of the last step are not the best ones
 * @param {import('../settings.js').Config} config
 * @returns {Map<string, number[]>}
 */
function expected(layout, { resumable, apart }, config) {
  const named = (/** @type {string} */ prefix, some = layout) =>
    some.map(({ name, shape }) => /** @type {[string, number[]]} */ ([prefix + name, shape]));
  const state = resumable ? [...named(FIRST), ...named(SECOND, withSecond(layout, config))] : [];
  return new Map([...named(''), ...state, ...(apart ? named(LATEST) : [])]);
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
    checkFinite(name, tensor.data);
  }
  for (const name of tensors.keys()) if (!wanted.has(name)) refuse(`tensor '${name}' does not belong to a model of this config`);
}

/**
 * The best weights that a file holds beside, or as, the last ones; null where it knows of none.
 * @param {Checkpoint} checkpoint
 * @param {import('../model.js').Model} model
 */
export function bestOf(checkpoint, { layout }) {
  if (!checkpoint.best) return null;
  const params = new Float32Array(layout.floats);
  copy(checkpoint, '', layout.tensors, params, false);
  return new Best(params, checkpoint.best);
}

/**
 * Puts what was read into a model: with a trainer the weights of the last step, and the optimizer's state into it; without one the file's weights, which
 * are the best where it has those.
 * @param {Checkpoint} checkpoint
 * @param {import('../model.js').Model} model
 * @param {import('../trainer.js').Trainer} [trainer]
 * @param {{grown?: boolean}} [options] grown: the model may have more tokens, whose rows stay as they are
 */
export function restore(checkpoint, model, trainer, { grown = false } = {}) {
  const { layout } = model;
  const apart = trainer && checkpoint.tensors.has(LATEST + layout.tensors[0].name) && !grown;
  copy(checkpoint, apart ? LATEST : '', layout.tensors, model.params, grown);
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
