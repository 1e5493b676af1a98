/**
 * fine-tune.js - going on from a trained model on another text: its weights as they are, its vocabulary grown by the characters that the text has
 * and it lacks, and a short training of its own.
 */

import { read } from './checkpoint/checkpoint.js';
import { FolioError } from './error.js';
import { fineTuneSettings } from './fine-tune-settings.js';

/** @typedef {import('./folio.js').Folio} Folio */
/** @typedef {import('./settings.js').Config} Config */
/** @typedef {import('./checkpoint/checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('./tokenizer.js').TokenizerJson} TokenizerJson */
/**
 * @typedef {object} FineTuneOptions
 * @property {string | Uint8Array} text to learn
 * @property {Record<string, unknown>} config settings to change; those of the model must be the checkpoint's
 * @property {'keep' | 'fresh'} [optimizer] its state: the checkpoint's, or that of a first step; default fresh
 */
/**
 * @typedef {object} Start
 * @property {Checkpoint} checkpoint as the new run begins with it: grown, step 0, with the settings of the run
 * @property {Config} trained the checkpoint's own settings
 * @property {string[]} added characters that are new in the vocabulary, by id
 */

/** Settings of the core's first part, the model, that change nothing of what its weights mean. */
const FREE = ['dropout', 'init'];

/** Characters named one by one. */
const NAMED = 20;

/**
 * What a run on another text begins with.
 * @param {Folio} folio
 * @param {Uint8Array} bytes a checkpoint
 * @param {FineTuneOptions} options
 * @returns {Start}
 */
export function startFrom(folio, bytes, { text, config: partial, optimizer = 'fresh' }) {
  const checkpoint = read(folio, bytes);
  const { config: trained } = checkpoint;
  const { tokenizer, added } = grow(folio, checkpoint.tokenizer, text);
  const vocab_size = Math.max(trained.vocab_size, [...(tokenizer.vocabulary ?? '')].length);
  checkModel(folio, { ...trained, vocab_size }, partial);
  const config = folio.config({ ...fineTuneSettings(trained, partial), vocab_size });
  // Kept means of gradients are used as they are; AdamW's correction of young means begins again with the steps, which the warm-up covers.
  if (optimizer === 'keep') checkState(checkpoint, config);
  else if (optimizer !== 'fresh') refuse(`the optimizer's state can be 'keep' or 'fresh', not '${optimizer}'`);
  return { checkpoint: { ...checkpoint, config, tokenizer, step: 0, resumable: optimizer === 'keep' }, trained, added };
}

/** @param {string} message @returns {never} */
function refuse(message) {
  throw new FolioError('ARGUMENT', 'init', `init: ${message}`);
}

/**
 * The model is there already: what is said of it can only be what it is.
 * @param {Folio} folio
 * @param {Config} is
 * @param {Record<string, unknown>} said
 */
function checkModel({ settings }, is, said) {
  const model = settings.slice(0, settings.findIndex(({ name }) => name === 'optimizer')).map(({ name }) => name);
  const wrong = [...model, 'tokenizer'].filter((name) => !FREE.includes(name) && said[name] !== undefined && said[name] !== is[name]);
  if (!wrong.length) return;
  const list = (/** @type {Record<string, unknown>} */ config) => wrong.map((name) => `${name}=${config[name]}`).join(', ');
  refuse(`${list(said)} contradicts the checkpoint, whose model has ${list(is)}`);
}

/** @param {Checkpoint} checkpoint @param {Config} config */
function checkState({ resumable, config: { optimizer } }, config) {
  if (!resumable) refuse('the checkpoint holds no optimizer state that could be kept');
  if (optimizer !== config.optimizer) refuse(`the state of ${optimizer}, which the checkpoint holds, is none for ${config.optimizer}`);
}

/**
 * A char tokenizer that knows all of a text: characters that are new get the ids after the last, by code point. The other kinds need none: byte
 * and bpe can spell everything, and what word does not know is its <|unk|>.
 * @param {Folio} folio
 * @param {TokenizerJson} tokenizer
 * @param {string | Uint8Array} text
 * @returns {{tokenizer: TokenizerJson, added: string[]}}
 */
function grow(folio, tokenizer, text) {
  if (tokenizer.kind !== 'char') return { tokenizer, added: [] };
  const learnt = folio.tokenizer.train('char', text);
  const { vocabulary = '' } = learnt.toJSON();
  learnt.close();
  const known = new Set(tokenizer.vocabulary);
  const added = [...vocabulary].filter((character) => !known.has(character));
  return { tokenizer: { ...tokenizer, vocabulary: `${tokenizer.vocabulary}${added.join('')}` }, added };
}

/** What became of the vocabulary, in words. @param {string[]} added @param {number} size of the grown one */
export function grownWords(added, size) {
  const named = added.slice(0, NAMED).map((character) => (/[\p{C}\p{Z}\p{M}]/u.test(character) ? codeOf(character) : `'${character}'`)).join(', ');
  const more = added.length > NAMED ? ` and ${added.length - NAMED} more` : '';
  return `${added.length} new character${added.length > 1 ? 's' : ''}: ${named}${more}; vocabulary ${size - added.length} -> ${size}`;
}

/** @param {string} character */
const codeOf = (character) => `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`;

/** Whether the validation part of so many tokens holds no window. @param {Config} config @param {number} tokens */
export function tooShortToJudge({ val_fraction, block_size }, tokens) {
  return val_fraction > 0 && tokens - Math.floor(tokens * (1 - val_fraction)) <= block_size;
}
