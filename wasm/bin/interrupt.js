/** interrupt.js - Ctrl-C: the first asks the work to stop and save, the second does not wait. */

const controller = new AbortController();

/** What every command listens to. */
export const interrupt = { signal: controller.signal };

/** The exit code of a program that was interrupted, as shells have it. */
export const INTERRUPTED = 130;

function stop() {
  if (controller.signal.aborted) process.exit(INTERRUPTED);
  controller.abort();
}

process.on('SIGINT', stop);

/**
 * Work that waits without hearing: Ctrl-C ends the program there, as it would without this file.
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
export function deaf(work) {
  process.off('SIGINT', stop);
  try {
    return work();
  } finally {
    process.on('SIGINT', stop);
  }
}
