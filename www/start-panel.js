// start-panel.js - what a new run begins with: a new model, or the model of a file that was opened, which then learns the text that stands there.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';
import { parse } from './folio/src/checkpoint/safetensors.js';
import { fineTuneSettings } from './folio/src/fine-tune-settings.js';

import { byId } from './dom.js';

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./text-panel.js').TextPanel} TextPanel
 * @typedef {import('./session.js').Source} Source
 * @typedef {import('./folio/src/settings.js').Config} Config
 * @typedef {{bytes: Uint8Array, config: Config}} Opened
 */

const NEW = 'new';
const FILE = 'file';

/** Fires 'choice' when a new run is to begin otherwise than the present one. */
export class StartPanel extends EventTarget {
  #choice = byId('from', HTMLSelectElement);
  /** @type {Opened|null} */
  #opened = null;
  /** The reader's own settings, as they were before the file's. @type {Map<string, import('./state.js').Value>|null} */
  #own = null;

  /** @param {State} state @param {TextPanel} texts */
  constructor(state, texts) {
    super();
    this.state = state;
    this.texts = texts;
    this.#choice.addEventListener('change', () => this.#choose());
  }

  /** Offers a file that was opened, and takes it if asked to. @param {string} name @param {Opened} opened @param {boolean} taken */
  offer(name, opened, taken) {
    this.#opened = opened;
    this.#own = null;
    this.#choice.replaceChildren(new Option('a new model', NEW), new Option(name, FILE));
    this.#choice.value = taken ? FILE : NEW;
    byId('from-field', HTMLElement).hidden = false;
    if (taken) this.#choose();
  }

  #choose() {
    const { state } = this;
    if (this.#choice.value === FILE && this.#opened) {
      this.#own ??= new Map(state.own);
      takeConfig(state, fineTuneSettings(this.#opened.config));
    } else if (this.#own) {
      state.usePreset(String(state.get('preset')), state.preset, this.#own);
      this.#own = null;
    }
    this.dispatchEvent(new Event('choice'));
  }

  /** What a new run is made of. @returns {Promise<Source>} */
  async source() {
    const { state, texts } = this;
    const text = texts.text ?? (await texts.ready);
    const config = state.config();
    if (this.#choice.value !== FILE || !this.#opened) return { text, config };
    delete config.vocab_size; // it follows from the file and the text
    const { bytes } = this.#opened;
    const { usual } = texts;
    const knows = usual && usual.text !== text.text && learntIn(bytes) === fingerprint(usual.text);
    return { text, config, init: bytes, ...(knows ? { oldText: usual.text } : {}) };
  }
}

/** The fingerprint of the text that a checkpoint has learnt; undefined where the file does not say. @param {Uint8Array} bytes */
export const learntIn = (bytes) => parse(bytes).metadata.text;

/** Shows a config as the settings of the page. @param {State} state @param {Record<string, any>} config */
export function takeConfig(state, config) {
  for (const [name, value] of Object.entries(config)) {
    const row = state.rows.get(name);
    if (row?.core && !row.follows) state.set(name, value);
  }
  if (!state.row('vocab_size').hidden) state.set('vocab_size', Number(config.vocab_size));
}
