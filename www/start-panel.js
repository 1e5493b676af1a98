// start-panel.js - what a new run begins with: a new model, or one that is trained already and then learns the text that stands there: the one that
// comes with Folio, or that of a file that was opened.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';

import { byId } from './dom.js';
import { bytes as size } from './format.js';
import { notice, noticeError } from './notices.js';
import { SHIPPED_BYTES } from './shipped-size.js';
import { secondsOf } from './timed.js';

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
  /** The choice under way, or the last. */
  #choosing = Promise.resolve();
  /** Choices so far: the last one counts. */
  #asked = 0;
  /** The choice that new runs begin with, whose settings stand there. */
  #taken = NEW;

  /** @param {State} state @param {TextPanel} texts @param {import('./folio/src/client.js').Client} client */
  constructor(state, texts, client) {
    super();
    this.client = client;
    this.state = state;
    this.texts = texts;
    this.#offerAll();
    this.#choice.addEventListener('change', () => this.#choose());
  }

  /** Offers a file that was opened, and takes it if asked to: until its settings stand there. @param {string} name @param {Opened} opened @param {boolean} taken */
  async offer(name, opened, taken) {
    this.#models.set(FILE, opened);
    this.#own = null;
    this.#offerAll(name);
    this.#choice.value = taken ? FILE : NEW;
    if (taken) return this.#choose();
    this.#asked++;
    this.#taken = NEW;
  }

  /** @param {string} [file] the name of one that was opened */
  #offerAll(file) {
    const shipped = new Option(`the model that comes with Folio (${size(SHIPPED_BYTES)})`, SHIPPED);
    this.#choice.replaceChildren(new Option('a new model', NEW), shipped, ...(file === undefined ? [] : [new Option(file, FILE)]));
  }

  #choose() {
    this.#choosing = this.#take(++this.#asked).catch(noticeError);
    return this.#choosing;
  }

  /** Takes what was chosen, unless that is another by the time it is there; one that does not come leaves what was taken before. @param {number} mine */
  async #take(mine) {
    const { state } = this;
    const choice = this.#choice.value;
    const fetched = choice === SHIPPED && !this.#models.has(SHIPPED);
    let settings;
    try {
      if (fetched) await this.#fetch();
      const opened = this.#models.get(choice);
      if (opened) settings = (await import('./folio/src/fine-tune-settings.js')).fineTuneSettings(opened.config);
    } catch (error) {
      if (mine !== this.#asked) return;
      this.#choice.value = this.#taken;
      throw error;
    }
    if (mine !== this.#asked) return;
    this.#taken = choice;
    if (settings) {
      this.#own ??= new Map(state.own);
      takeConfig(state, settings);
    } else if (this.#own) {
      state.usePreset(String(state.get('preset')), state.preset, this.#own);
      this.#own = null;
    }
    if (fetched) notice('Start lets the model that comes with Folio learn the text that stands here.', { kind: 'ready' });
    this.dispatchEvent(new Event('choice'));
  }

  /** Fetches the model that comes with Folio. */
  async #fetch() {
    const { fetchShipped, forgetShipped } = await import('./shipped.js');
    try {
      const bytes = await fetchShipped();
      const writer = await this.client.open(bytes);
      this.#models.set(SHIPPED, { bytes, config: writer.config });
      await writer.close();
    } catch (error) {
      forgetShipped();
      throw error;
    }
  }

  /** What a new run is made of. @returns {Promise<Source>} */
  async source() {
    const { state, texts } = this;
    await this.#choosing;
    const config = state.config();
    const opened = this.#models.get(this.#choice.value);
    const seconds = secondsOf(state);
    const early = config.tokenizer === 'char' && !opened && !seconds; // its training part is enough to begin
    const text = texts.text ?? (await (early ? texts.begun(1 - Number(config.val_fraction)) : texts.ready));
    if (!opened) return { text, config, seconds };
    delete config.vocab_size; // it follows from the file and the text
    const { bytes } = opened;
    const { usual } = texts;
    const knows = usual && usual.text !== text.text && (await factsOf(bytes)).learnt === fingerprint(usual.text);
    return { text, config, seconds, init: bytes, ...(knows ? { oldText: usual.text } : {}) };
  }
}

/**
 * @param {Uint8Array} bytes of a checkpoint
 * @returns {Promise<{learnt: string|undefined, resumable: boolean}>} learnt: the fingerprint of its text, where the file says; resumable: it holds the
 *   optimizer's state
 */
export async function factsOf(bytes) {
  const { parse } = await import('./folio/src/checkpoint/safetensors.js');
  const { metadata, tensors } = parse(bytes);
  return { learnt: metadata.text, resumable: [...tensors.keys()].some((name) => name.startsWith('exp_avg.')) };
}

/** Shows a config as the settings of the page. @param {State} state @param {Record<string, any>} config */
export function takeConfig(state, config) {
  for (const [name, value] of Object.entries(config)) {
    const row = state.rows.get(name);
    if (row?.core && !row.follows) state.set(name, value);
  }
  if (!state.row('vocab_size').hidden) state.set('vocab_size', Number(config.vocab_size));
}
