// faults.js - errors that are not faults of the run: a pause, and the death of a worker that the session sees to.

/** Whether it was wanted. @param {unknown} error */
export const isAbort = (error) => error instanceof Error && error.name === 'AbortError';

/** @param {unknown} error */
export const isDeath = (error) => error instanceof Error && 'code' in error && error.code === 'WORKER_DIED';

/** Lets nothing pass but an abort; for `catch`. @param {unknown} error */
export function orAbort(error) {
  if (!isAbort(error)) throw error;
}

/** Resolves with an abort. @param {AbortSignal} signal */
export const aborted = (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));

/** Whether a prompt has something in it that the model cannot spell. @param {unknown} error @returns {error is Error} */
export const isUnspelled = (error) => error instanceof Error && 'code' in error && ['UNKNOWN_CHAR', 'UNKNOWN_WORD'].includes(String(error.code));
