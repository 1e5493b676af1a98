// start-panel.js - what a new run begins with: a new model, or one that is trained already and then learns the text that stands there: the one that
// comes with Folio, or that of a file that was opened.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';
import { parse } from './folio/src/checkpoint/safetensors.js';
import { fineTuneSettings } from './folio/src/fine-tune-settings.js';

import { byId } from './dom.js';
import { notice, noticeError } from './notices.js';
import { fetchShipped, forgetShipped } from './shipped.js';

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./text-panel.js').TextPanel} TextPanel
 * @typedef {import('./session.js').Source} Source
 * @typedef {import('./folio/src/settings.js').Config} Config
 * @typedef {{bytes: Uint8Array, config: Config}} Opened
 */

const NEW = 'new';
const SHIPPED = 'shipped';
const FILE = 'file';

/** Fires 'choice' when a new run is to begin otherwise than the present one. */
export class StartPanel extends EventTarget {
  #choice = byId('from', HTMLSelectElement);
  /** What can be gone on from, by the choice. @type {Map<string, Opened>} */
  #models = new Map();
  /** The reader's own settings, as they were before the file's. @type {Map<string, import('./state.js').Value>|null} */
  #own = null;

  /** @param {State} state @param {TextPanel} texts @param {import('./folio/src/client.js').Client} client */
  constructor(state, texts, client) {
    super();
    this.client = client;
    this.state = state;
    this.texts = texts;
    this.#offerAll();
    this.#choice.addEventListener('change', () => void this.#choose());
  }

  /** Offers a file that was opened, and takes it if asked to. @param {string} name @param {Opened} opened @param {boolean} taken */
  offer(name, opened, taken) {
    this.#models.set(FILE, opened);
    this.#own = null;
    this.#offerAll(name);
    this.#choice.value = taken ? FILE : NEW;
    if (taken) void this.#choose();
  }

  /** @param {string} [file] the name of one that was opened */
  #offerAll(file) {
    const shipped = new Option('the model that comes with Folio', SHIPPED);
    this.#choice.replaceChildren(new Option('a new model', NEW), shipped, ...(file === undefined ? [] : [new Option(file, FILE)]));
  }

  /** Fetches the model that comes with Folio. */
  async #fetch() {
    try {
      const bytes = await fetchShipped();
      const writer = await this.client.open(bytes);
      this.#models.set(SHIPPED, { bytes, config: writer.config });
      await writer.close();
      notice('Start lets the model that comes with Folio learn the text that stands here.');
    } catch (error) {
      forgetShipped();
      if (this.#choice.value === SHIPPED) this.#choice.value = NEW;
      noticeError(error);
    }
  }

  async #choose() {
    const { state } = this;
    if (this.#choice.value === SHIPPED && !this.#models.has(SHIPPED)) await this.#fetch();
    const opened = this.#models.get(this.#choice.value);
    if (opened) {
      this.#own ??= new Map(state.own);
      takeConfig(state, fineTuneSettings(opened.config));
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
    const opened = this.#models.get(this.#choice.value);
    if (!opened) return { text, config };
    delete config.vocab_size; // it follows from the file and the text
    const { bytes } = opened;
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
