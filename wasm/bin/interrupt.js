/** interrupt.js - Ctrl-C: the first asks the work to stop and save, the second does not wait. */

const controller = new AbortController();

/** What every command listens to. */
export const interrupt = { signal: controller.signal };

/** The exit code of a program that was interrupted, as shells have it. */
export const INTERRUPTED = 130;

process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(INTERRUPTED);
  controller.abort();
});
