// inside-panel.js - the Inside section: whose model is looked into, at which text, and by which of the five views. Each look is asked for when what
// it depends on has changed: the text, the model while it trains, the view. Nothing is asked while the section is folded.

import { byId, element, say } from './dom.js';
import { isAbort, isDeath } from './faults.js';
import { count } from './format.js';
import { table } from './inside-canvas.js';
import { AttentionView } from './inside-attention.js';
import { EmbeddingsView } from './inside-embeddings.js';
import { LensView, nameOf } from './inside-lens.js';
import { NormsView } from './inside-norms.js';
import { PositionsView } from './inside-positions.js';
import { Throttle } from './inside-throttle.js';
import { fetchShipped, forgetShipped } from './shipped.js';
import { spoken } from './tokens.js';
import { on } from './training-panel.js';

/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./folio/src/remote.js').RemoteInspector} Inspector
 * @typedef {import('./folio/src/remote.js').RemoteWriter} Writer
 * @typedef {import('./folio/src/inspect.js').Look} Look
 * @typedef {Omit<Look, 'texts'> & {config: {n_layer: number, n_head: number, causal: boolean}, texts: string[], names: string[],
 *   tokens: HTMLElement[],
 *   lensTexts: Record<number, string>}} Seen what was seen of a text; texts, names and tokens: what each token is, how it is drawn, and its element
 * @typedef {{step: number, norms: Promise<import('./folio/src/norms.js').Norms|null>}} Asked
 */

/** Tokens that are looked at: as many as a matrix has room for. */
const MOST = 48;
/** Characters that the field takes: more than so many tokens have. */
const LONGEST = 2000;
/** Milliseconds after the last key. */
const PAUSE = 150;
/** What is looked at until somebody types, and how much of the learned text where that cannot be spelt. */
const FIRST = 'ROMEO:\nBut soft';
const BEGINNING = 24;

const VIEWS = [['attention', 'Attention'], ['lens', 'Layer by layer'], ['embeddings', 'Embeddings'], ['positions', 'Positions'], ['norms', 'Norms']];

/** @param {string[]} view */
const tabOf = ([key, title]) => `<button type="button" role="tab" class="quiet" id="tab-${key}" aria-controls="view-${key}">${title}</button>`;

/** @param {string[]} view */
const viewOf = ([key]) => `<div class="inside-view-${key} inside-view" role="tabpanel" id="view-${key}" aria-labelledby="tab-${key}" hidden></div>`;

const MARKUP = `
  <div class="inside-top">
    <div class="field"><label for="inside-text">A text to look at</label>
      <textarea id="inside-text" rows="2" maxlength="${LONGEST}" spellcheck="false" dir="auto" aria-describedby="inside-words inside-fault"></textarea></div>
    <div class="inside-whose">
      <p class="status" id="inside-words"></p>
      <p class="fault" id="inside-fault" role="alert" hidden></p>
      <button type="button" id="inside-lend" hidden>Look into the model that comes with Folio</button>
    </div>
  </div>
  <div class="inside-tabs" role="tablist" aria-label="What to look at">${VIEWS.map(tabOf).join('')}</div>
  <div class="inside-strip" id="inside-strip" hidden><canvas aria-hidden="true"></canvas>
    <div class="inside-tokens" role="listbox" aria-orientation="horizontal"
      aria-label="The tokens of the text; the arrow keys go from one to the next"></div></div>
  ${VIEWS.map(viewOf).join('')}
  <details class="more" id="inside-table" hidden><summary>As a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="What is drawn, as a table, scrolls"></div></details>`;

export class InsidePanel {
  #fold = byId('inside-fold', HTMLDetailsElement);
  /** @type {Writer|null} a run, or the model that comes with Folio */
  #of = null;
  /** @type {Inspector|null} */
  #inspector = null;
  /** @type {Writer|null} the model that comes with Folio */
  #lent = null;
  #view = 'attention';
  #token = 0;
  /** @type {Seen|null} */
  #seen = null;
  /** @type {import('./folio/src/inspect.js').Embeddings|null} */
  #plane = null;
  /** @type {import('./folio/src/inspect.js').Positions|null} */
  #places = null;
  #typed = false;
  #busy = false;
  #again = false;
  /** Ends the look that is under way, when nobody waits for what it finds. */
  #stale = new AbortController();
  #throttle = new Throttle();
  /** Gradients that belong to the next look. @type {Asked|null} */
  #norms = null;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    byId('inside', HTMLElement).querySelector('.inside-place')?.insertAdjacentHTML('beforeend', MARKUP);
    this.field = byId('inside-text', HTMLTextAreaElement);
    this.strip = byId('inside-strip', HTMLElement);
    this.list = /** @type {HTMLElement} */ (this.strip.querySelector('[role=listbox]'));
    this.field.value = FIRST;
    const place = (/** @type {string} */ key) => byId(`view-${key}`, HTMLElement);
    const choose = (/** @type {number} */ token) => this.#choose(token);
    this.attention = new AttentionView(place('attention'), /** @type {HTMLCanvasElement} */ (this.strip.querySelector('canvas')), choose);
    this.lens = new LensView(place('lens'), choose);
    this.embeddings = new EmbeddingsView(place('embeddings'));
    this.positions = new PositionsView(place('positions'));
    this.norms = new NormsView(place('norms'));
    place('attention').addEventListener('pick', () => this.#fillTable());
    this.#takeTabs();
    this.#takeTokens();
    this.#follow();
    this.#show('attention', false);
    void this.#refresh();
  }

  get #isOpen() {
    return this.#fold.open;
  }

  /** What makes a look out of date. */
  #follow() {
    const { session } = this;
    let timer = 0;
    this.field.addEventListener('input', () => {
      this.#typed = true;
      clearTimeout(timer);
      timer = window.setTimeout(() => void this.#anew(), PAUSE);
    });
    this.#fold.addEventListener('toggle', () => void this.#anew());
    byId('inside-lend', HTMLButtonElement).addEventListener('click', () => void this.#lend());
    byId('inside-table', HTMLDetailsElement).addEventListener('toggle', () => this.#fillTable());
    on(session, 'eval', () => this.#look());
    on(session, 'step', () => this.#look(false));
    on(session, 'history', () => {
      if (!this.session.history.steps.length) this.norms.clear();
      void this.#refresh();
    });
    on(session, 'status', (/** @type {string} */ status) => void (['paused', 'done', 'idle'].includes(status) && this.#look()));
    document.addEventListener('themechange', () => this.#draw());
    let width = this.#fold.clientWidth;
    new ResizeObserver(() => {
      if (this.#fold.clientWidth === width) return;
      width = this.#fold.clientWidth;
      this.#draw();
    }).observe(this.#fold);
  }

  /** Gradients are asked for before the session trains on, when they are those of the last step. @param {boolean} [evaluated] or it trains on already */
  #look(evaluated = true) {
    if (!this.#isOpen) return;
    const { status, step } = this.session;
    if (status === 'training' && !this.#throttle.isDue({ step, evaluated })) return;
    if (evaluated && this.#inspector && this.#of === this.session.run) this.#norms = { step: this.session.step, norms: this.#inspector.norms().catch(() => null) };
    void this.#refresh();
  }

  #takeTabs() {
    const tabs = VIEWS.map(([key]) => byId(`tab-${key}`, HTMLButtonElement));
    tabs.forEach((tab, i) => {
      tab.addEventListener('click', () => this.#show(VIEWS[i][0]));
      tab.addEventListener('keydown', ({ key }) => {
        const n = tabs.length;
        const to = { ArrowRight: (i + 1) % n, ArrowLeft: (i + n - 1) % n, Home: 0, End: n - 1 }[key];
        if (to === undefined) return;
        this.#show(VIEWS[to][0]);
        tabs[to].focus();
      });
    });
  }

  /** @param {string} view */
  #show(view, ask = true) {
    this.#view = view;
    for (const [key] of VIEWS) {
      const tab = byId(`tab-${key}`, HTMLButtonElement);
      tab.setAttribute('aria-selected', String(key === view));
      tab.tabIndex = key === view ? 0 : -1;
    }
    if (ask) void this.#anew();
  }

  #takeTokens() {
    const index = (/** @type {EventTarget|null} */ target) => this.#seen?.tokens.indexOf(/** @type {HTMLElement} */ (target)) ?? -1;
    this.list.addEventListener('click', ({ target }) => this.#choose(index(target), true));
    this.list.addEventListener('keydown', (event) => {
      const last = (this.#seen?.tokens.length ?? 1) - 1;
      const to = { ArrowRight: this.#token + 1, ArrowLeft: this.#token - 1, Home: 0, End: last }[event.key];
      if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.#choose(Math.max(0, Math.min(last, to)), true);
    });
  }

  /** @param {number} token */
  #choose(token, focus = false) {
    const tokens = this.#seen?.tokens ?? [];
    if (!tokens[token]) return;
    tokens.forEach((item, i) => {
      item.tabIndex = i === token ? 0 : -1;
      item.setAttribute('aria-selected', String(i === token));
    });
    this.#token = token;
    if (focus) tokens[token].focus();
    this.#draw();
  }

  /** Looks at something else than before. */
  #anew() {
    this.#stale.abort();
    return this.#refresh();
  }

  /** Looks, and looks again if something has changed meanwhile. */
  async #refresh() {
    if (!this.#isOpen) return;
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      this.#stale = new AbortController();
      this.#throttle.begin();
      const before = this.#of;
      try {
        const inspector = await this.#open();
        this.#throttle.begin(); // to open is no part of a look
        await this.#see(inspector, this.#stale.signal);
        this.#tell('');
      } catch (error) {
        // With the run goes what looks into it; the session tells of that, and its next status brings a look at the next one.
        const told = !isAbort(error) && !isDeath(error) && this.#of === before;
        if (told) this.#tell(error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error));
      }
      this.#throttle.end();
    }
    this.#busy = false;
  }

  /** @param {Inspector|null} inspector @param {AbortSignal} signal */
  async #see(inspector, signal) {
    byId('inside-lend', HTMLButtonElement).hidden = Boolean(inspector);
    if (!inspector) return this.#nothing();
    const view = this.#view;
    const asked = this.#norms;
    this.#norms = null;
    let step = 0;
    if (['attention', 'lens', 'norms'].includes(view) || asked) step = await this.#seeText(inspector, asked, signal);
    if (view === 'embeddings') ({ step } = this.#plane = await inspector.embeddings({ signal }));
    if (view === 'positions') ({ step } = this.#places = await inspector.positions({ signal }));
    this.#whose(step);
    if (view !== this.#view) return; // another has been chosen meanwhile, and is asked for next
    this.#reveal();
    this.#draw();
  }

  /** The steps behind the model. @param {Inspector} inspector @param {Asked|null} asked @param {AbortSignal} signal */
  async #seeText(inspector, asked, signal) {
    const look = await this.#lookAt(inspector, signal);
    this.#take(look, inspector);
    const norms = await asked?.norms;
    const n = look.ids.length;
    const { n_layer } = inspector.config;
    /** Over the positions, of what the look tells of each. @param {number} layer @param {number} kind */
    const mean = (layer, kind) => Math.hypot(...look.norms.subarray((layer * 3 + kind) * n, (layer * 3 + kind + 1) * n)) / Math.sqrt(n);
    const each = (/** @type {number} */ kind) => Array.from({ length: Number(n_layer) }, (_, layer) => mean(layer, kind));
    const gradients = norms ? [...norms.gradients] : null;
    this.norms.add({ step: asked?.step ?? look.step, layers: norms?.names ?? [], gradients, activations: each(2), attention: each(0), mlp: each(1) });
    return look.step;
  }

  /** Until somebody types, a text that the vocabulary can spell. @param {Inspector} inspector @param {AbortSignal} signal */
  async #lookAt(inspector, signal) {
    const text = () => this.field.value.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, ''); // without half a character
    const look = () => inspector.look(text(), { most: MOST, signal });
    try {
      return await look();
    } catch (error) {
      const learned = this.session.source?.text.text;
      if (isAbort(error) || this.#typed || !learned || this.field.value !== FIRST) throw error;
      this.field.value = [...learned.slice(0, 400).trimStart()].slice(0, BEGINNING).join('');
      return look();
    }
  }

  /** @param {Look} look @param {Inspector} inspector */
  #take({ texts: lensTexts, ...look }, inspector) {
    const texts = Array.from(look.ids, (id) => lensTexts[id]);
    const names = texts.map(nameOf);
    const same = this.#seen && names.join('\0') === this.#seen.names.join('\0');
    const tokens = same && this.#seen ? this.#seen.tokens : names.map((name, i) => this.#item(name, texts[i]));
    const { n_layer, n_head, causal } = inspector.config;
    this.#seen = { ...look, config: { n_layer: Number(n_layer), n_head: Number(n_head), causal: Boolean(causal) }, texts, names, tokens, lensTexts };
    if (same) return;
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...tokens);
    this.#token = tokens.length - 1;
    tokens.forEach((item, i) => {
      item.tabIndex = i === this.#token ? 0 : -1;
      item.setAttribute('aria-selected', String(i === this.#token));
    });
    if (focused) tokens[this.#token].focus();
  }

  /** @param {string} name @param {string} text */
  #item(name, text) {
    const item = element('span', '', name);
    item.setAttribute('role', 'option');
    item.setAttribute('aria-label', spoken(text));
    return item;
  }

  /** The chosen view, and the text's tokens above those that are about it. */
  #reveal() {
    for (const [key] of VIEWS) byId(`view-${key}`, HTMLElement).hidden = key !== this.#view;
    const about = this.#view === 'attention' || this.#view === 'lens';
    this.strip.hidden = !about;
    this.strip.classList.toggle('arcs', this.#view === 'attention');
    byId('inside-table', HTMLDetailsElement).hidden = false;
  }

  #draw() {
    if (!this.#isOpen || byId(`view-${this.#view}`, HTMLElement).hidden) return;
    if (this.#view === 'norms') this.norms.show();
    if (this.#view === 'embeddings' && this.#plane) this.embeddings.show(this.#plane);
    if (this.#view === 'positions' && this.#places) this.positions.show(this.#places);
    if (this.#view === 'attention' && this.#seen) this.attention.show(this.#seen, this.#token);
    if (this.#view === 'lens' && this.#seen) this.lens.show(this.#seen, this.#token);
    this.#fillTable();
  }

  /** Only where it is open: it may be large. */
  #fillTable() {
    const more = byId('inside-table', HTMLDetailsElement);
    const place = /** @type {HTMLElement} */ (more.querySelector('.scroll'));
    if (!more.open || more.hidden) return place.replaceChildren();
    const { attention, lens, embeddings, positions, norms } = this;
    const view = { attention, lens, embeddings, positions, norms }[this.#view];
    place.replaceChildren(view ? view.table() : table('', [], []));
  }

  /** The inspector of the model that there is: the run's, or one that was lent. @returns {Promise<Inspector|null>} */
  async #open() {
    const of = this.session.run ?? this.#lent;
    if (of === this.#of && this.#inspector?.line.alive) return this.#inspector;
    const [old, lent] = [this.#inspector, this.#lent];
    this.#inspector = null;
    this.#of = of;
    if (this.session.run) this.#lent = null;
    await old?.close().catch(() => {});
    if (this.session.run) await lent?.close().catch(() => {});
    if (!of?.line.alive) {
      this.#lent = null;
      return null;
    }
    this.norms.clear();
    this.#plane = this.#places = null;
    this.#inspector = await of.inspector();
    return this.#inspector;
  }

  /** Fetches the model that comes with Folio. */
  async #lend() {
    const button = byId('inside-lend', HTMLButtonElement);
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    try {
      say(byId('inside-words', HTMLElement), 'Fetching the model that comes with Folio…');
      const bytes = await fetchShipped();
      this.#lent = await this.session.client.open(bytes);
      await this.#refresh();
      this.field.focus();
    } catch (error) {
      forgetShipped();
      this.#tell(error instanceof Error ? error.message : String(error));
    }
    button.removeAttribute('aria-disabled');
  }

  #nothing() {
    for (const [key] of VIEWS) byId(`view-${key}`, HTMLElement).hidden = true;
    this.strip.hidden = true;
    byId('inside-table', HTMLDetailsElement).hidden = true;
    say(byId('inside-words', HTMLElement), 'There is no model yet. Start trains one, and this follows it.');
  }

  /** Whose model it is, and how much of the text is looked at. @param {number} steps behind it */
  #whose(steps) {
    const whose = this.#of === this.session.run ? 'Your model' : 'The model that comes with Folio';
    const most = this.field.value.length >= LONGEST - 1 ? `, and the field takes ${count(LONGEST)} characters` : '';
    const cut = this.#seen?.cut ? ` It looks at the first ${this.#seen.ids.length} tokens${most}.` : '';
    say(byId('inside-words', HTMLElement), `${whose} after ${count(steps)} ${steps === 1 ? 'step' : 'steps'}.${cut}`);
    this.#fold.dataset.step = String(steps);
  }

  /** @param {string} fault */
  #tell(fault) {
    const place = byId('inside-fault', HTMLElement);
    say(place, fault);
    place.hidden = !fault;
    if (fault) this.field.setAttribute('aria-invalid', 'true');
    else this.field.removeAttribute('aria-invalid');
  }
}
