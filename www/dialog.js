// dialog.js - a dialog over the page, named by its heading. Escape, its Close and a click beside it close it.

import { element } from './dom.js';

/**
 * @param {string} name its class, with which the id of its heading begins
 * @param {string} words of its heading
 */
export function makeDialog(name, words) {
  const whole = element('dialog', name, '');
  const inside = element('div', 'dialog-inside', ''); // covers all of it: a click on the dialog itself is one beside it
  const title = element('h2', '', words);
  const close = element('button', 'quiet', 'Close');
  title.id = `${name}-title`;
  whole.setAttribute('aria-labelledby', title.id);
  close.type = 'button';
  close.addEventListener('click', () => whole.close());
  whole.addEventListener('click', ({ target }) => target === whole && whole.close());
  whole.append(inside);
  document.body.append(whole);
  return { whole, inside, title, close };
}
