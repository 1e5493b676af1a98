/**
 * worker.js - owns the objects of one module and does what client.js asks. connection.js describes the envelope of a message; MESSAGES below
 * is every message there is: op -> what it does with its arguments. An async generator is a stream, anything else one answer.
 * Objects stay here; the client knows them by number (`ref`), which is that of the message that made them: its abort closes them, even one that
 * comes after the answer, since whoever aborts is given nothing. Typed arrays in answers are copies and change hands.
 */

import { FolioError, flatten } from './error.js';
import { encodeAll, load } from './folio.js';
import { finished, paced } from './pace.js';
import { workerPort } from './platform.js';
import { concatIds } from './tokenizer.js';

/** Events that may be on their way before the reader has taken one. */
const AHEAD = 4;

/** @type {import('./folio.js').Folio} */
let folio;
/** @type {Map<number, any>} */
const objects = new Map();
/** The share of the time that training works in. */
let effort = 1;

/** @param {{ref: number}} args @returns {any} */
function get({ ref }) {
  if (objects.has(ref)) return objects.get(ref);
  throw new FolioError('CLOSED', 'use', 'this object was closed and cannot be used any more');
}

/** Keeps an object and tells what the client should know of it. @param {Task} task that made it @param {object} object @param {Record<string, unknown>} [facts] */
function keep({ id }, object, facts = {}) {
  objects.set(id, object);
  return { ref: id, ...facts };
}

/** @param {number} ref */
function close(ref) {
  objects.get(ref)?.close();
  objects.delete(ref);
}

/** @param {Task} task @param {Tokenizer} tokenizer */
const keepTokenizer = (task, tokenizer) => {
  const { kind, vocabSize, split, special } = tokenizer;
  return keep(task, tokenizer, { kind, vocabSize, split, special });
};

/** Learns a vocabulary, telling how far it is, and last what the client should know of the tokenizer. @param {any} args @param {Task} task @returns {AsyncGenerator<any, void, void>} */
async function* learning({ kind, text, options }, task) {
  const { signal } = task;
  const work = text instanceof Blob ? folio.tokenizer.trainStream(kind, text, { ...options, signal }) : paced(folio.tokenizer.training(kind, text, options), { signal });
  for (;;) {
    const { done, value } = await work.next();
    if (done) return yield { event: 'learnt', ...keepTokenizer(task, /** @type {Tokenizer} */ (value)) };
    yield value;
  }
}

/** @param {Tokenizer} tokenizer @param {string | Uint8Array | Blob} text @param {any} options @param {AbortSignal} signal */
async function encode(tokenizer, text, options, signal) {
  if (text instanceof Blob) return (await encodeAll(tokenizer, text, { signal })).ids;
  const parts = [];
  for await (const ids of paced(tokenizer.encodeParts(text, options), { signal })) parts.push(ids);
  return concatIds(parts);
}

/** @typedef {{id: number, signal: AbortSignal}} Task id: of the message */
/** @typedef {import('./tokenizer.js').Tokenizer} Tokenizer */
/** @typedef {import('./dataset.js').Dataset} Dataset */
/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./trainer.js').Trainer} Trainer */
/** @typedef {import('./trainer.js').Evaluator} Evaluator */
/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./writer.js').Writer} Writer */

/** @type {Record<string, (args: any, task: Task) => any>} */
const MESSAGES = {
  // the module
  'load': async ({ options }) => {
    folio = await load(options);
    return { info: folio.info(), settings: folio.settings };
  },
  'info': () => folio.info(),
  'effort': ({ share }) => void (effort = share),
  'config': ({ partial }) => folio.config(partial),
  'memory': ({ partial }) => folio.memory(partial),
  'layout': ({ partial }) => folio.layout(partial),
  'speed': ({ partial }) => folio.bench.speed(folio.config(partial)),
  'close': (args) => close(args.ref),

  // a run: a model learning a text
  'run.prepare': async () => {
    folio.startThreads();
    await import('./run.js');
  },
  'run.open': async ({ options }, task) => {
    const { openRun } = await import('./run.js');
    const run = openRun(folio, options);
    const { nTrain, tokens } = run.parts.dataset;
    const facts = { config: run.config, parameters: run.parameters, vocabSize: run.parts.tokenizer.vocabSize, flops: folio.bench.flops(run.config).total };
    return keep(task, run, { ...facts, trainTokens: nTrain, valTokens: tokens - nTrain, step: run.step, notes: run.notes });
  },
  'run.complete': (args) => /** @type {Run} */ (get(args)).complete(args.text),
  'run.train': (args, { signal }) => /** @type {Run} */ (get(args)).train({ hold: () => hold(signal), share: () => effort, ...args.options, signal }),
  'run.plan': (args, { signal }) => /** @type {Run} */ (get(args)).plan({ hold: () => hold(signal), ...args.options, signal }),
  'run.evaluate': (args, { signal }) => foreground(() => /** @type {Run} */ (get(args)).evaluate({ ...args.options, signal })),
  'run.baselines': (args, { signal }) => /** @type {Run} */ (get(args)).baselines({ ...args.options, signal }),
  'run.checkpoint': (args) => /** @type {Run} */ (get(args)).checkpoint(args.options),
  'run.digest': (args) => /** @type {Run} */ (get(args)).parts.model.digest(),
  'run.generate': (args, { signal }) => writing(/** @type {Run} */ (get(args)).writer.generate({ ...args.options, signal })),

  // a writer: a model from a file
  'writer.open': async ({ bytes }, task) => {
    const { openWriter } = await import('./run.js');
    const writer = openWriter(folio, bytes);
    const { config, parameters } = writer.model;
    return keep(task, writer, { config, parameters, vocabSize: writer.tokenizer.vocabSize, step: writer.step });
  },
  'writer.generate': (args, { signal }) => writing(/** @type {Writer} */ (get(args)).generate({ ...args.options, signal })),
  'writer.digest': (args) => /** @type {Writer} */ (get(args)).digest(),

  // a look into the model of a run or a writer
  'inspector.open': async (args, task) => {
    const of = get(args);
    const { model, tokenizer } = /** @type {Writer} */ (of.writer ?? of);
    const trainer = of.parts?.trainer;
    const [inspector, { normPieces }] = await Promise.all([folio.inspector(model), import('./norms.js')]);
    function* norms() {
      return trainer ? yield* normPieces(model, trainer) : null;
    }
    return keep(task, { of, inspector, tokenizer, norms, last: null, close: () => inspector.close() }, { config: model.config });
  },
  'inspector.look': (args, { signal }) => look(get(args), signal, ({ inspector, tokenizer }) => inspector.lookPieces(tokenizer, args.text, args.options)),
  'inspector.embeddings': (args, { signal }) => look(get(args), signal, ({ inspector, tokenizer }) => inspector.embeddingPieces(tokenizer, args.options)),
  'inspector.positions': (args, { signal }) => look(get(args), signal, ({ inspector }) => inspector.positionPieces()),
  'inspector.norms': (args, { signal }) => foreground(() => finished(get(args).norms(), { signal })),

  // the parts, one by one
  'tokenizer.train': (args, task) => learning(args, task),
  'tokenizer.load': ({ json }, task) => keepTokenizer(task, folio.tokenizer.load(json)),
  'tokenizer.ranks': ({ file, options }, task) => keepTokenizer(task, folio.tokenizer.ranks(file, options)),
  'tokenizer.encode': (args, { signal }) => encode(get(args), args.text, args.options, signal),
  'tokenizer.decode': (args) => /** @type {Tokenizer} */ (get(args)).decode(args.ids),
  'tokenizer.decodeBytes': (args) => /** @type {Tokenizer} */ (get(args)).decodeBytes(args.ids),
  'tokenizer.offsets': (args) => /** @type {Tokenizer} */ (get(args)).offsets(args.text, args.ids),
  'tokenizer.toRanks': (args) => /** @type {Tokenizer} */ (get(args)).toRanks(args.form),
  'tokenizer.toHuggingFace': (args) => /** @type {Tokenizer} */ (get(args)).toHuggingFace(),
  'tokenizer.toJSON': (args) => /** @type {Tokenizer} */ (get(args)).toJSON(),
  'dataset.create': ({ partial, ids }, task) => {
    const dataset = folio.dataset(partial, ids);
    const { tokens, nTrain, windows, batches, valWindows, batchSize, blockSize, vocabSize } = dataset;
    return keep(task, dataset, { tokens, nTrain, windows, batches, valWindows, batchSize, blockSize, vocabSize });
  },
  'dataset.batch': (args) => /** @type {Dataset} */ (get(args)).batch(args.index),
  'dataset.valBatch': (args) => /** @type {Dataset} */ (get(args)).valBatch(args.first, args.count),
  'dataset.baselines': async (args, { signal }) => finished(await /** @type {Dataset} */ (get(args)).baselinePieces(args.options), { signal }),
  'model.create': ({ partial }, task) => {
    const model = folio.model(partial);
    return keep(task, model, { config: model.config, parameters: model.parameters });
  },
  'model.params': (args) => /** @type {Model} */ (get(args)).params.slice(),
  'model.setParams': (args) => /** @type {Model} */ (get(args)).setParams(args.floats),
  'model.logits': (args) => /** @type {Model} */ (get(args)).logits(args.ids, args.B, args.T),
  'model.generate': (args, { signal }) => writing(paced(/** @type {Model} */ (get(args)).generate(args.options), { signal })),
  'model.digest': (args) => /** @type {Model} */ (get(args)).digest(),
  'trainer.create': (args, task) => {
    const trainer = folio.trainer(get(args.model), get(args.dataset), args.partial);
    return keep(task, trainer, { config: trainer.config, step: trainer.step });
  },
  'trainer.stepOnce': (args) => /** @type {Trainer} */ (get(args)).stepOnce(),
  'trainer.setStep': (args) => void (/** @type {Trainer} */ (get(args)).step = args.step),
  'evaluator.create': (args, task) => {
    const evaluator = folio.evaluator(get(args.model), get(args.dataset));
    return keep(task, evaluator, { windows: evaluator.windows });
  },
  'evaluator.evaluate': (args, { signal }) => foreground(() => finished(/** @type {Evaluator} */ (get(args)).pieces(args.options), { signal })),
};

// ---- training waits while somebody writes or judges: the model must not change under them ----

let busy = 0;
/** @type {Set<() => void>} */
const waiting = new Set();

/** What training has to wait for, if anything. @param {AbortSignal} signal ends the wait too @returns {Promise<void> | undefined} */
function hold(signal) {
  if (!busy) return undefined;
  return new Promise((resolve) => {
    waiting.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function release() {
  if (--busy) return;
  for (const resolve of waiting) resolve();
  waiting.clear();
}

/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function foreground(work) {
  busy++;
  try {
    return await work();
  } finally {
    release();
  }
}

/** @template T @param {AsyncGenerator<T, void, void>} stream */
async function* writing(stream) {
  busy++;
  try {
    yield* stream;
  } finally {
    release();
  }
}

/**
 * @typedef {{of: Run | Writer, inspector: import('./inspect.js').Inspector, tokenizer: Tokenizer, last: Promise<unknown> | null}} Looker last: looks
 *   that are under way
 */

/**
 * One look after the other: they share memory. An abort does not wait for those before. With what is found go the steps behind the model.
 * @template {object} T @param {Looker} looker @param {AbortSignal} signal @param {(looker: Looker) => Generator<undefined, T, void>} pieces
 * @returns {Promise<T & {step: number}>}
 */
function look(looker, signal, pieces) {
  const before = looker.last;
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  const work = async () => ({ step: looker.of.step, ...(await finished(pieces(looker), { signal })) });
  const now = Promise.race([before, aborted]).then(() => foreground(work));
  looker.last = Promise.allSettled([before, now]).then(() => {}); // and keeps none of what they found
  return now;
}

// ---- the line to the client ----

/** What is under way: how to stop it, how many events it may still send, what to call when it may send more. */
class Work {
  /** @param {number} id */
  constructor(id) {
    this.id = id;
  }

  controller = new AbortController();
  signal = this.controller.signal;
  credit = AHEAD;
  wake = () => {};
}

/** @type {Map<number, Work>} */
const works = new Map();

/**
 * @param {import('./platform.js').Port} port
 * @param {{id: number, op: string, args: any}} message
 */
async function answer(port, { id, op, args }) {
  const work = new Work(id);
  works.set(id, work);
  try {
    const result = MESSAGES[op](args, work);
    if (result?.[Symbol.asyncIterator]) {
      await send(port, id, work, result);
      port.post({ id });
    } else {
      const value = await result;
      port.post({ id, value }, buffers(value));
    }
  } catch (error) {
    port.post({ id, error: flatten(error) });
    if (folio && !folio.alive) port.post({ fatal: flatten(error).message });
  } finally {
    works.delete(id);
    if (work.signal.aborted) close(id);
  }
}

/**
 * @param {import('./platform.js').Port} port
 * @param {number} id
 * @param {Work} work
 * @param {AsyncGenerator<unknown, void, void>} stream
 */
async function send(port, id, work, stream) {
  for await (const event of stream) {
    port.post({ id, event });
    work.credit--;
    while (work.credit <= 0 && !work.signal.aborted) await new Promise((resolve) => (work.wake = () => resolve(undefined)));
    work.signal.throwIfAborted();
  }
}

/** The memory of an answer's typed arrays. @param {any} value @returns {ArrayBuffer[]} */
function buffers(value) {
  if (value === null || typeof value !== 'object') return [];
  const parts = ArrayBuffer.isView(value) ? [value] : Object.values(value);
  return parts.filter((part) => ArrayBuffer.isView(part)).map((part) => /** @type {ArrayBuffer} */ (part.buffer));
}

void workerPort().then((port) => port.listen((message) => {
  const work = works.get(message.abort ?? message.more);
  if (message.op) void answer(port, message);
  else if (work && message.more) {
    work.credit++;
    work.wake();
  } else if (work) {
    work.controller.abort();
    work.wake();
  } else if (message.abort) close(message.abort);
}));
