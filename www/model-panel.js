// model-panel.js - the size of the model as it is set now, before anything is started.

import { byId, say } from './dom.js';
import { bytes, count, short } from './format.js';

/**
 * @typedef {import('./folio/src/client.js').Client} Client
 * @typedef {import('./state.js').State} State
 */

export class ModelPanel {
  #asked = 0;

  /** @param {Client} client @param {State} state @param {import('./token-panel.js').TokenPanel} tokens */
  constructor(client, state, tokens) {
    this.client = client;
    this.state = state;
    this.tokens = tokens;
    const refresh = () => void this.#refresh();
    state.addEventListener('change', refresh);
    tokens.addEventListener('vocabulary', refresh);
    refresh();
  }

  async #refresh() {
    const mine = ++this.#asked;
    const vocab = this.tokens.vocabSize;
    const config = { ...(vocab ? { vocab_size: vocab } : {}), ...this.state.config() };
    let fault = '';
    let size;
    try {
      size = await this.client.memory(config);
      if (size.total_bytes > size.limit_bytes) {
        fault = `MEMORY: training this model takes ${bytes(size.total_bytes)}; the engine can have ${bytes(size.limit_bytes)}.`;
      }
    } catch (error) {
      fault = error instanceof Error ? `${'code' in error ? `${error.code}: ` : ''}${error.message}` : String(error);
    }
    if (mine !== this.#asked) return; // a later change is being answered
    const place = byId('model-fault', HTMLElement);
    say(place, fault);
    place.hidden = !fault;
    say(byId('model-parameters', HTMLElement), size ? (size.parameters < 1e5 ? count(size.parameters) : short(size.parameters)) : '–');
    say(byId('model-weights', HTMLElement), size ? bytes(4 * size.parameters) : '–');
    say(byId('model-memory', HTMLElement), size ? bytes(size.total_bytes) : '–');
    say(byId('model-gist', HTMLElement), size ? `${this.state.get('n_layer')} layers, ${short(size.parameters)} parameters` : 'needs another look');
  }
}
