// inside.js - the section that looks into the model: what it needs is fetched when it is opened for the first time.

import { byId } from './dom.js';
import { noticeError } from './notices.js';
import { withSheet } from './sheets.js';

/** @param {import('./session.js').Session} session */
export function offerInside(session) {
  const fold = byId('inside-fold', HTMLDetailsElement);
  let asked = false;
  const open = async () => {
    if (asked || !fold.open) return;
    asked = true;
    try {
      const [{ InsidePanel }] = await Promise.all([import('./inside-panel.js'), withSheet('css/inside.css')]);
      new InsidePanel(session);
    } catch (error) {
      asked = false;
      noticeError(error);
    }
  };
  fold.addEventListener('toggle', open);
  void open();
}
