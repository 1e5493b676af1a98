// waiting.js - what the page still waits for, in words, where it takes long: the status line tells until a run has something to tell.

import { byId, say } from './dom.js';
import { announce } from './notices.js';

/** Milliseconds that nobody asks about. */
const SOON = 700;

/** What is late. @type {Set<string>} */
const late = new Set();

/** @param {string} what @param {Promise<unknown>} arriving */
export function tellWhileLate(what, arriving) {
  const timer = setTimeout(() => {
    late.add(what);
    show();
    announce(idleWords(), true);
  }, SOON);
  const over = () => {
    clearTimeout(timer);
    if (late.delete(what)) show();
  };
  arriving.then(over, over);
}

let estimate = '';
let fault = '';

/** How long it will take. @param {string} words '' while nobody knows @param {string} [why] it cannot begin */
export function tellEstimate(words, why = '') {
  estimate = words;
  fault = why;
  show();
}

function show() {
  if ((document.body.dataset.status ?? 'idle') === 'idle') say(byId('status', HTMLElement), idleWords());
}

/** The status line while there is no run. */
export function idleWords() {
  if (late.size) return `Waiting for ${[...late].join(' and ')}…`;
  if (!document.body.dataset.status) return 'Loading…';
  if (fault) return `Not ready: ${fault}.`;
  return estimate ? `Ready when you are: ${estimate}.` : 'Ready when you are.';
}
