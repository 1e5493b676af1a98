// share-dialog.js - what can be passed on: a link to replay the run, with the text and the trained weights where they are small enough, the same
// as a QR code, and the whole page as one file.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';
import { LIMITS, writeLink } from './folio/src/link/link.js';
import { TEXT_LIMIT, packText } from './folio/src/link/packed.js';
import { WEIGHTS_LIMIT, packWeights, packedLength } from './folio/src/link/weights.js';
import { VERSION } from './folio/src/version.js';

import { makeDialog } from './dialog.js';
import { element, say } from './dom.js';
import { bytes, count } from './format.js';
import { pairsOf } from './link.js';
import { announce, notice, noticeError } from './notices.js';
import { LONGEST as QR_LONGEST, drawQr } from './qr.js';
import { saveFile } from './save-file.js';
import { IN_FILE, carried } from './share.js';
import { withSheet } from './sheets.js';
import { inSteps, isAsSet } from './timed.js';

/** @typedef {import('./folio/src/link/link.js').Parts} Packed @typedef {{own?: string, weights?: string}} Large */

/** @type {Dialog|null} */
let dialog = null;

/** @param {import('./share.js').Parts} page @param {HTMLButtonElement} button that has the focus afterwards */
export async function openShare(page, button) {
  await withSheet('css/dialog.css');
  dialog ??= new Dialog(page, button);
  await dialog.open();
}

class Dialog {
  #dialog = makeDialog('share', 'Share');
  #what = element('p', 'share-what', '');
  #link = document.createElement('textarea');
  #length = element('p', 'whisper', '');
  #copy = action('Copy', 'primary', () => this.#copyLink());
  #text = new Choice('with my text', () => this.#pack('own'));
  #weights = new Choice('with the trained weights', () => this.#pack('weights'));
  #code = document.createElement('canvas');
  #noCode = element('p', 'whisper', '');
  #save = action('Download as one HTML file', '', () => this.#saveFile());
  /** What was packed since the dialog was opened. @type {Large} */
  #packed = {};
  /** The digest of the run, once it is done and is what the settings say. @type {string|undefined} */
  #digest;

  /** @param {import('./share.js').Parts} page @param {HTMLButtonElement} button */
  constructor(page, button) {
    this.page = page;
    const { whole, inside, title, close } = this.#dialog;
    const label = element('label', '', 'Link');
    label.setAttribute('for', 'share-link');
    Object.assign(this.#link, { id: 'share-link', rows: 5, readOnly: true, spellcheck: false });
    this.#link.addEventListener('focus', () => this.#link.select());
    this.#code.setAttribute('role', 'img');
    this.#code.setAttribute('aria-label', 'The link as a QR code');
    const head = group('head', title, close);
    const link = group('share-link', label, this.#link, group('row', this.#copy, this.#length));
    const choices = group('share-choices', this.#text.whole, this.#weights.whole);
    const code = group('share-code', this.#code, this.#noCode);
    const about = element('p', 'whisper', 'The page with all of this in one file: it trains from a disk, without a network.');
    const file = group('share-file', this.#save, about);
    file.hidden = Boolean(carried());
    inside.append(head, this.#what, group('share-body', group('', link, choices), code), file);
    whole.addEventListener('close', () => button.focus());
  }

  async open() {
    const { session, state, texts } = this.page;
    this.#packed = {};
    const { run, source } = session;
    const whole = session.status === 'done' && session.replayable && texts.text === source?.text;
    this.#digest = run && whole && isAsSet(state, run.config) ? await run.digest() : undefined;
    this.#offer();
    await this.#refresh();
    this.#dialog.whole.showModal();
    this.#copy.focus();
  }

  /** What there is to go with the link, and how large it is. */
  #offer() {
    const { session, texts } = this.page;
    const { text } = texts;
    const own = Boolean(text?.fingerprint);
    const longest = IN_FILE * TEXT_LIMIT;
    if (!own || !text) this.#text.offer(false, 'you have brought none');
    else if (text.text.length > longest) this.#text.offer(false, `${bytes(text.text.length)}; at most ${bytes(longest)} fit into the file`);
    else this.#text.offer(true, bytes(text.text.length));
    const parameters = session.run?.parameters ?? 0;
    if (!parameters || !session.step) this.#weights.offer(false, 'nothing is trained yet');
    else if (parameters > (IN_FILE * WEIGHTS_LIMIT) / 1.1) this.#weights.offer(false, `${count(parameters)} parameters are too many`);
    else this.#weights.offer(true, `about ${bytes(packedLength(parameters))}, rounded to 8 bits`);
    this.#text.box.checked = own && !this.#text.box.disabled;
    this.#weights.box.checked = false;
    if (this.#text.box.checked) void this.#pack('own');
  }

  /** Packs what was asked for, once. @param {'own'|'weights'} what */
  async #pack(what) {
    const choice = what === 'own' ? this.#text : this.#weights;
    try {
      if (choice.box.checked) await (this.#packed[what] ? undefined : this.#packing(what));
      const length = this.#packed[what]?.length ?? 0;
      const large = `${bytes(length)}: into the file alone, the link takes ${bytes(LIMITS[what])}`;
      if (length) choice.note(length <= LIMITS[what] ? bytes(length) : large);
    } catch (error) {
      choice.box.checked = false;
      noticeError(error);
    }
    await this.#refresh();
  }

  /** @param {'own'|'weights'} what */
  async #packing(what) {
    const { session, texts } = this.page;
    if (what === 'own') this.#packed.own = await packText(texts.text?.text ?? '');
    else if (session.run) this.#packed.weights = await packWeights(await session.run.checkpoint({ optimizer: false }));
  }

  /** What was asked for and is packed. @returns {Large} */
  #large() {
    const { own, weights } = this.#packed;
    return { ...(own && this.#text.box.checked ? { own } : {}), ...(weights && this.#weights.box.checked ? { weights } : {}) };
  }

  /** The fragment that says what is set, with the parts that fit. @param {Large} [large] */
  #fragment(large = this.#large()) {
    const { state, texts, client, session } = this.page;
    const set = pairsOf(state).filter(([name]) => name !== 'text' && !state.row(name).hidden);
    const settings = this.#digest && session.config ? inSteps(set, state, session.config) : set;
    /** @type {Packed} */
    const parts = { text: texts.text ? fingerprint(texts.text.text) : undefined };
    if (this.#digest) Object.assign(parts, { digest: this.#digest, numerics: client.info.numerics, folio: VERSION });
    for (const name of /** @type {const} */ (['own', 'weights'])) if ((large[name]?.length ?? Infinity) <= LIMITS[name]) parts[name] = large[name];
    return { link: writeLink(settings, parts), parts };
  }

  async #refresh() {
    const { link, parts } = this.#fragment();
    const whole = location.href.replace(/#.*/s, '') + link;
    this.#link.value = whole;
    say(this.#length, `${count(whole.length)} characters`);
    say(this.#what, this.#words(parts));
    const drawn = whole.length <= QR_LONGEST;
    this.#code.hidden = !drawn;
    if (drawn) drawQr(this.#code, whole);
    say(this.#noCode, drawn ? 'For a phone' : `Too long for a QR code, which takes ${count(QR_LONGEST)} characters.`);
  }

  /** @param {Packed} parts */
  #words({ own, digest, weights }) {
    const { session, state, texts } = this.page;
    const words = ['All that is set is in the link, the seed with it: whoever opens it can train the same model, and sees first how long that takes.'];
    if (digest) words.push('It has the digest of your weights too, so that theirs can be compared with them, bit for bit.');
    else if (session.run && !session.replayable) words.push('Your run goes on from another model, which is not in it.');
    if (texts.text?.fingerprint && !own) words.push('Your text is not in it: they have to bring the same one.');
    const as = session.config && isAsSet(state, session.config);
    if (weights) words.push(as ? 'The model can write at once.' : 'The model can write at once; it was trained with other settings than those that are in the link now.');
    return words.join(' ');
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.#link.value);
      say(this.#copy, 'Copied');
      announce('The link is copied.', true);
      setTimeout(() => say(this.#copy, 'Copy'), 2000);
    } catch {
      this.#link.focus();
      announce('The browser does not let the page copy; the link is selected.', true);
    }
  }

  async #saveFile() {
    this.#save.disabled = true;
    try {
      const large = this.#large();
      await saveFile(this.#fragment({}).link, large);
      this.#dialog.whole.close();
      notice('folio.html is being downloaded: open it from a disk, and it trains without a network.');
    } catch (error) {
      this.#dialog.whole.close();
      noticeError(error);
    }
    this.#save.disabled = false;
  }
}

/** A check box with what it costs behind it. */
class Choice {
  box = document.createElement('input');
  #note = element('span', 'whisper', '');
  whole = element('div', 'check', '');

  /** @param {string} words @param {() => unknown} changed */
  constructor(words, changed) {
    this.box.type = 'checkbox';
    this.box.id = `share-${words.replaceAll(' ', '-')}`;
    const label = element('label', '', words);
    label.htmlFor = this.box.id;
    this.#note.id = `${this.box.id}-note`;
    this.box.setAttribute('aria-describedby', this.#note.id);
    this.whole.append(this.box, label, this.#note);
    this.box.addEventListener('change', () => void changed());
  }

  /** @param {boolean} possible @param {string} words */
  offer(possible, words) {
    this.box.disabled = !possible;
    this.note(words);
  }

  /** @param {string} words */
  note(words) {
    say(this.#note, words);
  }
}

/** @param {string} className @param {...Node} parts */
function group(className, ...parts) {
  const made = element('div', className, '');
  made.append(...parts);
  return made;
}

/** @param {string} words @param {string} className @param {() => unknown} run */
function action(words, className, run) {
  const made = element('button', className, words);
  made.type = 'button';
  made.addEventListener('click', () => void run());
  return made;
}
