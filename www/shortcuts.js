// shortcuts.js - single keys for what the buttons do, and the sheet that lists them. THE table below is both. They do nothing while somebody types or
// holds another key, and can be switched off in the sheet. Ctrl+Enter in the prompt is no single key, and always counts.

import { makeDialog } from './dialog.js';
import { byId, element } from './dom.js';
import { noticeError } from './notices.js';
import { remember, remembered } from './remembered.js';
import { withSheet } from './sheets.js';

/**
 * @typedef {object} Shortcut
 * @property {string[]} keys as KeyboardEvent.key has them
 * @property {string} words
 * @property {string} id what it presses, or what gets the focus where one can type into it
 * @property {boolean} [there] it counts where the focus is in that, which sees to it itself
 */

/** Enter alone is a new line of the prompt. */
const WRITES = 'Ctrl+Enter';

/** @type {Shortcut[]} */
const SHORTCUTS = [
  { keys: ['s', ' '], words: 'start, pause, go on', id: 'start' },
  { keys: ['n'], words: 'the next step alone', id: 'step' },
  { keys: ['r'], words: 'reset the run', id: 'reset' },
  { keys: ['w'], words: 'let it write', id: 'write' },
  { keys: ['/'], words: 'to the prompt', id: 'prompt' },
  { keys: [WRITES], words: 'in the prompt: let it write', id: 'prompt', there: true },
  { keys: ['l'], words: 'share it: a link, a file', id: 'share' },
  { keys: ['+', '-', '0'], words: 'in the chart: nearer, farther, all', id: 'chart', there: true },
  { keys: ['t'], words: 'light or dark', id: 'theme' },
  { keys: ['?'], words: 'this sheet', id: 'shortcuts' },
];

/** How a key is written where it is none that shows itself. @type {Record<string, string>} */
const NAMES = { ' ': 'Space' };

/** Whether they count, by the name it is remembered under. */
const KEY = 'shortcuts';
const OFF = 'off';

export function takeKeys() {
  let on = remembered(KEY) !== OFF;
  /** @type {HTMLDialogElement | undefined} */
  let sheet;
  const button = byId('shortcuts', HTMLButtonElement);
  button.disabled = false;
  button.addEventListener('click', async () => {
    await Promise.all(['css/dialog.css', 'css/sheet.css'].map(withSheet)).catch(noticeError);
    sheet ??= makeSheet(on, (now) => remember(KEY, (on = now) ? 'on' : OFF));
    sheet.showModal();
  });
  byId('prompt', HTMLTextAreaElement).addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    event.preventDefault();
    press('write');
  });
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    const shortcut = SHORTCUTS.find(({ keys, there }) => !there && keys.includes(key.length === 1 ? key.toLowerCase() : key));
    if (!shortcut || event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!on && shortcut.id !== 'shortcuts') return;
    if (document.querySelector('dialog[open]') || isTaken(key, target)) return;
    event.preventDefault();
    press(shortcut.id);
  });
}

/** Whether the key means something where the focus is: in a field, and space on all that can be pressed. @param {string} key @param {EventTarget | null} target */
function isTaken(key, target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('input:not([type=checkbox], [type=file]), textarea, select')) return true;
  return key === ' ' && target !== document.body;
}

/** @param {string} id */
function press(id) {
  const target = document.getElementById(id);
  if (target instanceof HTMLTextAreaElement) target.focus();
  else target?.click();
}

/** @param {boolean} on @param {(on: boolean) => void} choose @returns {HTMLDialogElement} */
function makeSheet(on, choose) {
  const { whole, inside, title, close } = makeDialog('sheet', 'Keys');
  const list = element('dl', 'keys', '');
  for (const { keys, words, id } of SHORTCUTS) {
    if (!document.getElementById(id)) continue;
    const term = element('dt', '', '');
    keys.forEach((key, i) => term.append(i ? ' or ' : '', element('kbd', '', NAMES[key] ?? key)));
    const row = element('div', '', '');
    row.append(term, element('dd', '', words));
    list.append(row);
  }
  const check = element('input', '', '');
  Object.assign(check, { type: 'checkbox', id: 'shortcuts-on', checked: on });
  check.addEventListener('change', () => choose(check.checked));
  const label = element('label', '', 'Single keys do this');
  label.htmlFor = check.id;
  const field = element('div', 'field check', '');
  field.append(check, label);
  close.autofocus = true;
  const foot = element('div', 'sheet-foot', '');
  foot.append(field, close);
  inside.append(title, list, foot);
  return whole;
}
