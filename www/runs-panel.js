// runs-panel.js - the runs of this visit in a list under the chart, to be named, hidden, deleted and brought back; and the race, which has two of them
// train against each other. Fetched with the first run.

import { byId, element, say } from './dom.js';
import { count } from './format.js';
import { isAbort } from './faults.js';
import { announce, notice, noticeError } from './notices.js';
import { Row } from './runs-row.js';
import { MOST, Runs, differences } from './runs.js';
import { withSheet } from './sheets.js';
import { on, planned } from './training-panel.js';

/** @typedef {import('./runs.js').Entry} Entry @typedef {import('./training-panel.js').TrainingPanel} TrainingPanel */

/** Milliseconds between two showings, so that figures can be read. */
const PERIOD = 200;

export class RunsPanel {
  #runs = new Runs();
  #place = byId('runs', HTMLDivElement);
  #button = byId('race', HTMLButtonElement);
  #list = element('ul', '', '');
  #words = element('p', 'race-words', '');
  /** @type {WeakMap<Entry, Row>} */
  #rows = new WeakMap();
  #waiting = false;
  /** @type {typeof import('./race.js').standing|null} */
  #standing = null;

  /** @param {TrainingPanel} training */
  constructor(training) {
    this.training = training;
    this.session = training.session;
    withSheet('css/runs.css').catch(noticeError);
    this.#list.setAttribute('aria-label', 'Runs');
    this.#place.append(this.#words, this.#list);
    this.#button.addEventListener('click', () => void this.#race().catch(noticeError));
    this.#runs.addEventListener('change', () => this.#soon());
    on(this.#runs, 'gone', (/** @type {Entry} */ { name }) => void notice(`${name} has made room for a new one: the list has ${MOST} runs at most.`));
    this.#runs.follow(this.session);
    this.session.addEventListener('status', () => this.#show());
    this.#show();
  }

  #soon() {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#show();
    }, PERIOD);
  }

  #show() {
    const { entries } = this.#runs;
    const { race } = this.training;
    const main = this.#runs.of(this.session);
    this.#place.hidden = !race && (!entries.length || (entries.length === 1 && entries[0] === main));
    const words = differences(entries.map(({ source }) => source), (name) => this.training.state.rows.get(name)?.label ?? name);
    const rows = entries.map((entry) => this.#row(entry));
    rows.forEach((row, i) => row.show({ main: row.entry === main, words: words[i] }));
    const { children } = this.#list;
    if (rows.length !== children.length || rows.some((row, i) => row.element !== children[i])) this.#list.replaceChildren(...rows.map((row) => row.element));
    this.training.compare(entries.filter((entry) => entry !== main && !entry.hidden));
    this.#button.disabled = !race && (this.session.status === 'idle' || this.session.status === 'opening');
    say(this.#button, race ? 'End race' : 'Race');
    this.#words.hidden = !race;
    if (race) say(this.#words, this.#tell(race));
  }

  /** @param {import('./race.js').Race} race */
  #tell({ a, b, armed }) {
    const [first, second] = [this.#runs.of(a), this.#runs.of(b)];
    if (armed) return `${first?.name ?? 'This run'} keeps its settings. Set here what the other shall have, and press Start.`;
    return (first && second && this.#standing?.(first, second)) || 'The other run begins.';
  }

  /** @param {Entry} entry */
  #row(entry) {
    const row = this.#rows.get(entry) ?? new Row(entry, {
      change: (values) => this.#runs.change(entry, values),
      remove: () => this.#remove(entry),
      goOn: () => void this.#goOn(entry).catch(noticeError),
    });
    this.#rows.set(entry, row);
    return row;
  }

  /** @param {Entry} entry */
  #remove(entry) {
    const at = this.#runs.entries.indexOf(entry);
    this.#runs.remove(entry);
    this.#show();
    const next = this.#runs.entries[at] ?? this.#runs.entries.at(-1);
    if (next && !this.#place.hidden) this.#row(next).focus();
    else byId('start', HTMLButtonElement).focus();
    notice(`${entry.name} is deleted.`, { action: { label: 'Undo', run: () => this.#undo(entry, at) } });
  }

  /** @param {Entry} entry that was deleted @param {number} at */
  #undo(entry, at) {
    if (this.#runs.bringBack(entry, at)) return;
    notice(`The list has ${MOST} runs already. Delete one of them, and ${entry.name} can come back.`, { action: { label: 'Undo', run: () => this.#undo(entry, at) } });
  }

  /** Brings a run back in place of the one that is there, which is put aside. @param {Entry} entry */
  async #goOn(entry) {
    await this.session.pause();
    const shelf = this.#runs.shelf(entry);
    if (!shelf) return;
    await this.training.bringBack(shelf);
    announce(`${entry.name} is back, at step ${count(this.session.step)}.`, true);
    byId('start', HTMLButtonElement).focus();
  }

  /** The button: a race begins, or ends. */
  async #race() {
    const { training, session } = this;
    if (training.race) return training.race.end();
    const { Race, standing } = await import('./race.js');
    await session.pause();
    if (!session.source || training.race) return;
    this.#standing = standing;
    const race = new Race(session);
    training.race = race;
    this.#runs.follow(race.b);
    const other = () => this.#runs.of(race.b)?.name ?? 'The other run';
    on(race.b, 'fault', (/** @type {Error} */ error) => void (isAbort(error) || notice(`${other()}: ${error.message}`, { bad: true })));
    on(race.b, 'note', (/** @type {string} */ note) => void notice(`${other()}: ${note}.`));
    on(race.b, 'planned', (/** @type {import('./folio/src/budget.js').PlanEvent} */ plan) => void notice(`${other()}: ${planned(plan)}`));
    let before = race.status;
    const told = () => {
      if (race.over) training.race = null;
      if (race.status !== before || race.over) training.refresh();
      if (race.status !== before && race.status !== 'training') announce(this.#tell(race), true);
      before = race.status;
      this.#soon();
    };
    race.addEventListener('change', told);
    training.refresh();
    this.#show();
    announce(this.#tell(race), true);
  }
}
