// faults.js - errors that are not faults of the run: a pause, and the death of a worker that the session sees to.

/** Whether it was wanted. @param {unknown} error */
export const isAbort = (error) => error instanceof Error && error.name === 'AbortError';

/** @param {unknown} error */
export const isDeath = (error) => error instanceof Error && 'code' in error && error.code === 'WORKER_DIED';

/** Lets nothing pass but an abort; for `catch`. @param {unknown} error */
export function orAbort(error) {
  if (!isAbort(error)) throw error;
}
