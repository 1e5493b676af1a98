// arrival.js - a link that carries a run: what it will do, and how long that takes here, before anything of it is done; and at the end, whether
// the weights are the sender's.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';
import { TEXT_LIMIT, unpackText } from './folio/src/link/packed.js';
import { WEIGHTS_LIMIT, unpackWeights } from './folio/src/link/weights.js';
import { VERSION } from './folio/src/version.js';

import { byId, element, say } from './dom.js';
import { estimate, estimateWords } from './estimate.js';
import { count, short } from './format.js';
import { announce, noticeError } from './notices.js';
import { IN_FILE, carried } from './share.js';
import { makeText } from './text.js';
import { secondsOf } from './timed.js';
import { on } from './training-panel.js';

/** @typedef {import('./share.js').Parts} Parts */

const room = () => (carried() ? IN_FILE : 1);

const OTHER_TEXT = "The sender's run learnt another text, which the link does not carry";

/** The text that a link carries. @param {Parts['link']['parts']} parts */
export async function textOf({ own = '', text }) {
  return makeText('The text of the link', await unpackText(own, text, room() * TEXT_LIMIT));
}

export class Arrival {
  #card = element('section', 'arrival', '');
  #facts = element('p', '', '');
  #verdict = element('p', 'arrival-verdict', '');
  #replay = button('Replay it', 'primary');
  #write = button('Let it write', '');
  /** The settings that the link means. */
  #config;
  /** Fingerprints of texts that were seen. @type {WeakMap<import('./text.js').Text, string>} */
  #prints = new WeakMap();

  /** @param {Parts} page */
  constructor(page) {
    this.page = page;
    const { state, session, texts, address, training } = page;
    address.keep();
    this.#config = state.config();
    const close = button('Dismiss', 'quiet');
    const title = element('h2', '', 'A run came with this link');
    title.id = 'arrival-title';
    this.#card.id = 'arrival';
    this.#card.setAttribute('aria-labelledby', title.id);
    this.#verdict.hidden = true;
    const words = element('div', 'arrival-words', '');
    words.append(title, this.#facts, this.#verdict);
    const row = element('div', 'row', '');
    row.append(this.#replay, this.#write, close);
    this.#card.append(words, row);
    this.#replay.addEventListener('click', () => void training.go());
    this.#write.addEventListener('click', () => void this.#lend());
    close.addEventListener('click', () => {
      this.#card.remove();
      byId('training', HTMLElement).focus();
    });
    on(session, 'status', () => void this.#status().catch(noticeError));
    const refresh = () => session.status === 'idle' && void this.#describe().catch(noticeError);
    state.addEventListener('change', refresh);
    texts.addEventListener('text', refresh);
  }

  async show() {
    await this.#describe();
    document.querySelector('main')?.before(this.#card);
    await this.#status();
  }

  /** What will be done: nothing of it is done for this but a look at how fast the worker is. */
  async #describe() {
    const { client, state, texts, link } = this.page;
    const { text } = texts;
    if (!text) return say(this.#facts, 'The text has not arrived, so there is nothing to learn yet.');
    const { n_layer } = state.config();
    const estimated = await estimate(client, state, text);
    const { parameters, batch, steps } = estimated;
    const takes = estimateWords(estimated, state);
    const { numerics } = client.info;
    const work = secondsOf(state) === undefined ? `${count(steps)} steps` : 'steps';
    const words = [
      `${text.name}, ${count(text.characters)} characters.`,
      `${count(Number(n_layer))} layers, ${short(parameters)} parameters, ${work} of ${count(batch)} tokens: ${takes}.`,
    ];
    const { digest, numerics: theirs = 'exact' } = link.parts;
    say(this.#replay, this.#same() && this.#sameText() ? 'Replay it' : 'Start');
    if (!this.#same()) words.push('That is no longer what the link says.');
    else if (!this.#sameText()) words.push(`${OTHER_TEXT}: bring the same one, and you get the same run.`);
    else if (digest && theirs === numerics) words.push("At the end the weights are compared with the sender's, bit for bit.");
    else if (digest) words.push(`The sender's run had ${theirs} numerics, this page has ${numerics}: the weights will differ in their last bits.`);
    say(this.#facts, words.join(' '));
  }

  /** The settings still are the link's. @param {Record<string, unknown>} [config] */
  #same(config = this.page.state.config()) {
    return Object.entries(this.#config).every(([key, value]) => config[key] === value);
  }

  #sameText(text = this.page.texts.text) {
    const { parts } = this.page.link;
    if (parts.text === undefined || !text) return parts.text === undefined;
    const print = this.#prints.get(text) ?? fingerprint(text.text);
    this.#prints.set(text, print);
    return print === parts.text;
  }

  async #status() {
    const { session } = this.page;
    const { status } = session;
    this.#replay.hidden = status !== 'idle';
    this.#write.hidden = status !== 'idle' || !this.page.link.parts.weights;
    if (status === 'training' || status === 'idle') this.#conclude('');
    if (status === 'done') await this.#compare();
  }

  /** Once the run is done, and if it is the link's. */
  async #compare() {
    const { session, link, client } = this.page;
    const { digest: expected, folio, numerics: theirs = 'exact' } = link.parts;
    const { run, source } = session;
    if (!expected || !run || !source || !session.replayable || !this.#same(run.config)) return;
    const digest = await run.digest();
    const same = digest === expected;
    const why = () => {
      if (!this.#sameText(source.text)) return 'It has learnt another text.';
      if (folio !== undefined && folio !== VERSION) return `The link was made by Folio ${folio}; this is ${VERSION}.`;
      if (theirs === 'fast' || client.info.numerics === 'fast') return 'Fast numerics differ from processor to processor.';
      return 'The link was changed on its way, or one of the two machines miscalculates.';
    };
    const [here, there] = [digest, expected].map((hex) => hex.slice(0, 12));
    const other = `It differs from the run of the sender: the digest of its weights begins with ${here}, not with ${there}.`;
    const words = same ? 'The same, bit for bit, as the run of the sender.' : `${other} ${why()}`;
    this.#verdict.classList.toggle('differs', !same);
    this.#conclude(words);
    announce(words, true);
  }

  /** Says how it ended, in place of what was to come. @param {string} words '' while nobody knows */
  #conclude(words) {
    say(this.#verdict, words);
    this.#verdict.hidden = !words;
    this.#facts.hidden = Boolean(words);
  }

  /** The model of the link writes; it is unpacked now, and not before. */
  async #lend() {
    const { link, client, writing } = this.page;
    const { weights = '' } = link.parts;
    await writing.lend({
      name: 'the model of the link',
      fetch: () => unpackWeights(weights, (config) => client.layout(config), room() * WEIGHTS_LIMIT),
      forget: () => {},
    });
  }
}

/** @param {string} words @param {string} className */
function button(words, className) {
  const made = element('button', className, words);
  made.type = 'button';
  return made;
}
