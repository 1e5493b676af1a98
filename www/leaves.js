// leaves.js - what is to be seen of the writing: the leaf, an earlier one beside it, what is told of a token, and the strip of samples.
// Fetched with the first sample.

import { byId, say } from './dom.js';
import { count, loss } from './format.js';
import { SHADES, Leaf, canShade, shade } from './leaf.js';
import { Reading } from './leaf-reading.js';
import { remembered, remember } from './remembered.js';
import { Strip } from './strip.js';

/** @typedef {import('./session.js').Session} Session @typedef {import('./history.js').Sample} Sample */
/** @typedef {import('./leaf.js').Sheet & {by: string, done: boolean}} Lent what a model wrote that is not the reader's; by: whose it is, in words */

export class Leaves {
  #caption = byId('sample-caption', HTMLElement);
  #captions = { earlier: byId('earlier-caption', HTMLElement), later: byId('later-caption', HTMLElement) };
  #compare = byId('compare-leaves', HTMLButtonElement);
  /** @type {Sample|null} an earlier one that the reader is looking at */
  #chosen = null;
  /** @type {Sample|Lent|null} the newest */
  #newest = null;
  /** Whether two stand side by side, once the reader has said; until then they do where a model that knew another text learns. @type {boolean|null} */
  #wanted = null;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    const reading = (this.reading = new Reading());
    const leaf = (/** @type {string} */ box, /** @type {string} */ page) =>
      new Leaf(byId(box, HTMLElement), byId(page, HTMLElement), (token, typed) => reading.show(token, typed));
    this.later = leaf('leaf', 'sample');
    this.earlier = leaf('leaf-earlier', 'sample-earlier');
    this.strip = new Strip((sample) => this.#choose(sample));
    this.#compare.addEventListener('click', () => {
      this.#wanted = !this.comparing;
      this.draw();
    });
    this.#offerShades();
  }

  /** Whether two leaves stand side by side. */
  get comparing() {
    return this.session.history.samples.length > 1 && !this.#isLent && (this.#wanted ?? this.session.tuned);
  }

  get #isLent() {
    return this.#newest !== null && 'by' in this.#newest;
  }

  #offerShades() {
    const button = byId('shade', HTMLButtonElement);
    const key = byId('shades', HTMLElement);
    let on = remembered('shade') !== 'off';
    const show = () => {
      shade(on);
      button.setAttribute('aria-pressed', String(on));
      key.hidden = !on;
    };
    key.querySelectorAll('i').forEach((swatch, i) => (swatch.title = i ? `below ${100 * SHADES[i - 1]}%` : `${100 * SHADES[0]}% and more`));
    button.hidden = !canShade;
    button.addEventListener('click', () => {
      remember('shade', (on = !on) ? 'on' : 'off');
      show();
    });
    if (canShade) show();
    else key.hidden = true;
  }

  /** Another history, with its samples. */
  begin() {
    this.#chosen = null;
    this.#wanted = null;
    this.#newest = this.session.history.samples.at(-1) ?? null;
    this.draw();
  }

  /** What is being written, or was written last. @param {Sample|Lent} sheet @param {boolean} asked by the reader, who then wants to see it */
  show(sheet, asked) {
    const before = this.#newest;
    this.#newest = sheet;
    if (asked && before !== sheet) this.#chosen = null;
    if (before !== sheet || sheet.done) this.draw();
    else if (!this.#chosen || this.comparing) this.later.show(sheet);
    if (sheet.done) for (const leaf of [this.later, this.earlier]) leaf.flush();
  }

  /** @param {Sample} sample */
  #choose(sample) {
    this.#chosen = sample === this.#newest ? null : sample;
    this.draw();
  }

  /** All that is seen, as it is now. */
  draw() {
    const { history } = this.session;
    const both = this.comparing;
    const newest = this.#newest;
    const first = both ? this.#chosen ?? history.samples[0] : null;
    const shown = both ? newest : this.#chosen ?? newest;
    byId('writing', HTMLElement).classList.toggle('comparing', both);
    byId('earlier', HTMLElement).hidden = !both;
    byId('reading', HTMLElement).hidden = !shown;
    this.#captions.later.hidden = !both;
    this.#compare.setAttribute('aria-pressed', String(both));
    this.earlier.show(first);
    this.later.show(shown);
    byId('sample', HTMLElement).classList.toggle('writing', shown?.done === false);
    this.reading.rest(shown?.done === false ? undefined : shown?.tokens?.at(-1), shown !== null && !shown.tokens);
    if (first) say(this.#captions.earlier, this.#words(first));
    if (both && shown && 'step' in shown) say(this.#captions.later, this.#words(shown));
    if (shown) say(this.#caption, 'by' in shown ? shown.by : both ? 'An earlier sample beside the newest' : this.#words(shown));
    this.strip.draw(history, this.#isLent ? undefined : this.#chosen ?? (both ? first ?? undefined : history.samples.at(-1)));
  }

  /** When a sample was written. @param {Sample} sample */
  #words({ step, asked }) {
    const before = this.session.tuned ? 'Before it learns this text' : 'Untrained';
    const steps = step === 1 ? 'After one step' : step ? `After ${count(step)} steps` : before;
    const reached = this.comparing ? this.session.history.lossAt(step) : null;
    return `${steps}${asked ? ', as you asked' : ''}${reached === null ? '' : ` · loss ${loss(reached)}`}`;
  }
}
