// files.js - checkpoints as files: one to have, and one to go on with, chosen or dropped; and texts that are dropped.

import { fingerprint } from './folio/src/checkpoint/fingerprint.js';

import { byId } from './dom.js';
import { download } from './download.js';
import { takeDrops } from './drop.js';
import { bytes as size, count } from './format.js';
import { notice, noticeError } from './notices.js';
import { factsOf, takeConfig } from './start-panel.js';

/** Bytes of the longest checkpoint that is read, as on the command line: the module's memory has no room for a longer one beside its model. */
const LONGEST = 2 ** 31 - 1;

/**
 * @param {import('./session.js').Session} session @param {import('./state.js').State} state
 * @param {import('./text-panel.js').TextPanel} texts @param {import('./start-panel.js').StartPanel} starts
 */
export function keepFiles(session, state, texts, starts) {
  byId('download', HTMLButtonElement).addEventListener('click', async () => {
    try {
      const bytes = await session.checkpoint();
      if (bytes) download(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]), `folio-step-${session.step}.safetensors`);
    } catch (error) {
      noticeError(error);
    }
  });
  /** Whether the file's training goes on with this text. @param {import('./text.js').Text} text @param {Uint8Array} bytes */
  const resume = async (text, bytes) => {
    try {
      await session.open({ text, config: {}, opened: true }, bytes);
      return true;
    } catch (error) {
      noticeError(error);
      return false;
    }
  };
  const open = async (/** @type {File} */ file) => {
    try {
      if (file.size > LONGEST) throw new Error(`${file.name} has ${size(file.size)}; a checkpoint of at most ${size(LONGEST)} can be opened in a tab`);
      const text = texts.text ?? (await texts.ready);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const writer = await session.client.open(bytes);
      const { config, step, parameters } = writer;
      await writer.close();
      const of = `${file.name} is open: ${count(step)} steps, ${count(parameters)} parameters.`;
      const { learnt, resumable } = await factsOf(bytes);
      const other = learnt !== undefined && learnt !== fingerprint(text.text);
      const resumed = resumable && !other && (await resume(text, bytes));
      if (resumed) takeConfig(state, config);
      await starts.offer(file.name, { bytes, config }, !resumed);
      notice(resumed ? of : `${of} Start lets it learn the text that stands here${other ? ', which is another than it has learnt' : ''}.`, { kind: 'ready' });
    } catch (error) {
      noticeError(error);
    }
  };
  const input = byId('checkpoint-file', HTMLInputElement);
  const chosen = () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (file) void open(file);
  };
  input.addEventListener('change', chosen);
  chosen(); // it may have been faster
  takeDrops({ text: (file) => void texts.takeFile(file), checkpoint: (file) => void open(file) });
}
