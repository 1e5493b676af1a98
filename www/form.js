// form.js - a field for every row of the table: it shows the state, changes it, and says what is wrong with what was typed.

import { element } from './dom.js';
import { readValue } from './settings.js';

/** Takes back what was said of the field that was left last. */
let forget = () => {};

/** @typedef {import('./settings.js').Row} Row @typedef {import('./state.js').State} State */

/**
 * Fills each element with data-fields="place" with the fields of the rows of that place.
 * @param {State} state
 */
export function buildFields(state) {
  for (const container of document.querySelectorAll('[data-fields]')) {
    const place = /** @type {HTMLElement} */ (container).dataset.fields;
    const rows = [...state.rows.values()].filter((row) => row.place === place);
    container.replaceChildren(...rows.map((row) => field(row, state)));
  }
}

/** @param {Row} row @param {State} state @returns {HTMLElement} */
function field(row, state) {
  const id = `f-${row.name}`;
  const control = row.kind === 'enum' ? choice(row) : input(row);
  control.id = id;
  control.name = row.name;
  control.setAttribute('aria-describedby', `${id}-doc ${id}-fault`);
  const label = element('label', '', row.label);
  label.htmlFor = id;
  const doc = element('span', 'doc', `${row.label}: ${row.doc}`);
  doc.id = `${id}-doc`;
  const fault = element('span', 'fault', '');
  fault.id = `${id}-fault`;
  fault.hidden = true;
  const whole = element('div', row.kind === 'bool' ? 'field check' : 'field', '');
  whole.append(...(row.kind === 'bool' ? [control, label] : [label, control]), doc, fault);
  bindControl(control, fault, row, state);
  const hide = () => (whole.hidden = Boolean(state.row(row.name).hidden));
  state.addEventListener('change', hide);
  hide();
  return whole;
}

/**
 * Ties a control to a setting.
 * @param {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} control
 * @param {HTMLElement} fault where to say what is wrong; hidden while nothing is
 * @param {Row} row
 * @param {State} state
 */
export function bindControl(control, fault, row, state) {
  const isCheck = control instanceof HTMLInputElement && control.type === 'checkbox';
  const shown = () => (isCheck ? String(control.checked) : control.value);
  const say = (/** @type {string} */ words) => {
    fault.hidden = !words;
    if (fault.textContent !== words) fault.textContent = words;
    control.setAttribute('aria-invalid', String(Boolean(words)));
  };
  const show = () => {
    const value = state.get(row.name);
    const now = state.row(row.name);
    const read = readValue(now, shown());
    if (control instanceof HTMLInputElement && control.type === 'number') Object.assign(control, { min: String(now.min), max: String(now.max) });
    // What is being typed stays as it is typed, if it means the same.
    if ('value' in read && read.value === value) return say('');
    if ('fault' in read && document.activeElement === control) return say(`${row.label} ${read.fault}.`);
    if (isCheck) control.checked = Boolean(value);
    else control.value = String(value);
    say('');
  };
  control.addEventListener('input', () => {
    forget();
    const read = readValue(state.row(row.name), shown());
    if ('fault' in read) return say(`${row.label} ${read.fault}.`);
    say('');
    state.set(row.name, read.value);
  });
  /** What it was when the typing began. */
  let before = state.get(row.name);
  control.addEventListener('focus', () => (before = state.get(row.name)));
  control.addEventListener('blur', () => {
    const read = readValue(state.row(row.name), shown());
    // The first digits of a number that cannot be were taken as they were typed: none of it counts, and why stands there until the next change.
    if ('fault' in read) state.set(row.name, before);
    show();
    if (!('fault' in read)) return;
    say(`${row.label} ${read.fault}.`);
    forget = () => say('');
  });
  state.addEventListener('change', show);
  show();
}

/** @param {Row} row */
function choice(row) {
  const select = document.createElement('select');
  select.append(...row.choices.map((name) => new Option(name, name)));
  return select;
}

/** @param {Row} row */
function input(row) {
  const control = document.createElement('input');
  control.autocomplete = 'off';
  if (row.kind === 'bool') {
    control.type = 'checkbox';
  } else if (row.kind === 'int') {
    Object.assign(control, { type: 'number', min: String(row.min), max: String(row.max), step: '1', inputMode: 'numeric' });
  } else if (row.kind === 'text') {
    Object.assign(control, { type: 'text', spellcheck: false, maxLength: row.max });
  } else {
    // Not type=number: 3e-4 stays as it was typed.
    Object.assign(control, { type: 'text', inputMode: 'decimal', spellcheck: false });
  }
  return control;
}
