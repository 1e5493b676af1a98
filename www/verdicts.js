// verdicts.js - tells what judgement.js finds, each thing once for a run.

import { judge } from './judgement.js';
import { notice } from './notices.js';
import { on } from './training-panel.js';

/** Steps between two judgements. */
const EVERY = 20;

/** @param {import('./session.js').Session} session */
export function tellVerdicts(session) {
  /** What was told of each run. @type {WeakMap<object, Set<string>>} */
  const told = new WeakMap();
  const look = () => {
    const { source, history, step, maxSteps, config, baselines } = session;
    if (!source || !config || session.status !== 'training') return;
    const { warmup_iters, batch_size, block_size, gradient_accumulation_steps, vocab_size } = /** @type {Record<string, number>} */ (config);
    const seen = (step * batch_size * block_size * gradient_accumulation_steps) / vocab_size;
    const found = judge(history, { step, maxSteps, warmup: warmup_iters, unigram: baselines?.unigram.val_loss ?? null, seen });
    if (!found) return;
    const known = told.get(source) ?? new Set();
    told.set(source, known);
    if (known.has(found.name)) return;
    known.add(found.name);
    notice(found.words);
  };
  on(session, 'eval', look);
  on(session, 'step', ({ step }) => step % EVERY === 0 && look());
}
