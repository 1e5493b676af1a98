// The runs of a visit on the page, and two that race: what is kept of them, what is said of them, and whose turn it is.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { connect } from '../../wasm/src/client.js';
import { SMALL, TEXT } from './text.js';

/** A module of the page, put together. @param {string} name @returns {Promise<any>} */
const ofPage = (name) => import(new URL(`../../build/page/${name}`, import.meta.url).href);
const [{ columns, valueAt }, { History }, { Race, Turns, standing }, { MOST, MOST_BYTES, Runs, differences }, { Session }] = await Promise.all(
  ['curves.js', 'history.js', 'race.js', 'runs.js', 'session.js'].map(ofPage),
);

/** A history of these mean losses, each step of which took so many seconds. @param {number[]} losses @param {number} [seconds] */
function historyOf(losses, seconds = 1) {
  const history = new History();
  losses.forEach((loss, step) => history.addLoss(step, loss, seconds));
  return history;
}

/** What of a column is there. @param {(number|null)[]} column */
const known = (column) => column.filter((value) => value !== null);

/** @typedef {{name: string, slot: number, history: {steps: number[]}}} Entry of runs.js, what is looked at */

const pen = () => ({ prompt: '', tokens: 3, temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 1, stop: '' });
const source = (/** @type {object} */ config = {}) => /** @type {any} */ ({ text: { name: 'a.txt', text: TEXT }, config });

test('a history knows the seconds of its steps, and so does what is made of its facts', () => {
  const history = historyOf([4, 3, 2], 0.5);
  history.addVal(3, 2.5);
  assert.deepEqual(history.times, [0.5, 1, 1.5, 1.5]);
  assert.deepEqual(History.from(JSON.parse(JSON.stringify(history.facts()))).times, history.times);
  assert.deepEqual(history.upTo(2).times, [0.5, 1]);
  const { times, ...old } = history.facts();
  assert.deepEqual(History.from(old).times, [0, 0, 0, 0]);
  assert.equal(times.length, 4);
});

test('curves share the rows of the chart: nothing moves, long ones are thinned, ends are kept', () => {
  const main = historyOf([4, 3, 2]);
  const other = { name: 'b', slot: 0, history: historyOf(Array.from({ length: 1000 }, (_, i) => 5 - i / 1000)) };
  const [x, losses, , , beside] = columns(main, [other], 'steps');
  assert.deepEqual(known(losses), [4, 3, 2]);
  assert.deepEqual(x, [...x].sort((a, b) => a - b));
  assert.equal(x.at(-1), 999);
  const { smooth } = other.history;
  x.forEach((step, row) => beside[row] !== null && assert.equal(beside[row], smooth[step]));
  assert.ok(known(beside).length <= 402);
  assert.deepEqual(columns(main, [], 'seconds')[0], [1, 2, 3]);
  assert.deepEqual([0, 1, 2, 3, 4].map((row) => valueAt([null, 1, null, 2, null], row)), [null, 1, 1, 2, null]);
});

test('what differs is said for each run, in few words', () => {
  const made = differences([source({ n_layer: 6, seed: 1 }), source({ n_layer: 4, seed: 1 })]);
  assert.deepEqual(made, ['n_layer 6', 'n_layer 4']);
  assert.deepEqual(differences([source({ seed: 1 }), source({ seed: 1 })]), ['', '']);
  const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`s${i}`, i]));
  assert.equal(differences([source(many), source()])[0], 's0 0, s1 1, s2 2, s3 3, 3 more');
  const newest = differences([source(), source(many), source({ ...many, s6: 9 })]);
  assert.deepEqual(newest.slice(1), ['s6 6, s0 0, s1 1, s2 2, 3 more', 's6 9, s0 0, s1 1, s2 2, 3 more'], 'what the newest two differ in is seen');
});

/** What Runs needs of a session. @param {any} runs */
function fakeSession(runs) {
  const session = /** @type {any} */ (Object.assign(new EventTarget(), { source: null, history: new History(), step: 0, kept: null }));
  runs.follow(session);
  /** A new run of one step. @param {number} bytes of its checkpoint */
  const begin = (bytes) => {
    const checkpoint = new Uint8Array(bytes);
    Object.assign(session, { source: source(), history: historyOf([4]), step: 1, kept: checkpoint });
    session.dispatchEvent(new Event('step'));
    session.dispatchEvent(new CustomEvent('kept', { detail: { step: 1 } }));
  };
  return { session, begin };
}

test('at most six runs, of different slots; the oldest goes', () => {
  const runs = new Runs();
  const { session, begin } = fakeSession(runs);
  for (let i = 0; i < MOST + 2; i++) begin(8);
  assert.deepEqual(runs.entries.map((/** @type {Entry} */ { name }) => name), [3, 4, 5, 6, 7, 8].map((n) => `Run ${n}`));
  assert.equal(new Set(runs.entries.map((/** @type {Entry} */ { slot }) => slot)).size, MOST);
  assert.equal(runs.of(session)?.name, 'Run 8');
  const [oldest] = runs.entries;
  runs.remove(oldest);
  assert.ok(runs.bringBack(oldest, 0));
  assert.equal(runs.entries[0], oldest);
});

test('what has no room is told; a run that was deleted waits for room, and is the same when it is trained again', () => {
  const runs = new Runs();
  /** @type {string[]} */
  const gone = [];
  runs.addEventListener('gone', (/** @type {CustomEvent<Entry>} */ event) => gone.push(event.detail.name));
  const { session, begin } = fakeSession(runs);
  for (let i = 0; i < MOST + 1; i++) begin(8);
  assert.deepEqual(gone, ['Run 1']);
  const [deleted] = runs.entries;
  runs.remove(deleted);
  begin(8);
  assert.equal(runs.bringBack(deleted, 0), false);
  assert.equal(runs.entries.length, MOST);
  assert.deepEqual(gone, ['Run 1'], 'nothing else goes for it');
  runs.remove(runs.entries[0]);
  Object.assign(session, { source: { ...deleted.source }, history: deleted.history });
  session.dispatchEvent(new Event('history'));
  assert.equal(runs.of(session), deleted);
  assert.ok(runs.bringBack(deleted, 0));
  assert.equal(runs.entries.filter((/** @type {Entry} */ entry) => entry === deleted).length, 1);
});

test('checkpoints of runs put aside have a limit in bytes; curves stay, and a run that is back is the same entry', () => {
  const runs = new Runs();
  const { session, begin } = fakeSession(runs);
  for (let i = 0; i < 3; i++) begin(MOST_BYTES * 0.6);
  begin(8);
  assert.deepEqual(runs.entries.map((/** @type {Entry} */ entry) => runs.shelf(entry) !== null), [false, false, true, true]);
  assert.ok(runs.entries.every((/** @type {Entry} */ { history }) => history.steps.length === 1));
  const back = runs.entries[2];
  const shelf = runs.shelf(back);
  Object.assign(session, { source: { ...back.source }, history: shelf?.history });
  session.dispatchEvent(new Event('history'));
  assert.equal(runs.of(session), back);
  assert.equal(runs.entries.length, 4);
});

test('the one behind has its turn first, then each a stretch; who stops gives the turn away', async () => {
  const [a, b] = [{ status: 'training', step: 25 }, { status: 'training', step: 0 }];
  const turns = new Turns([a, b]);
  const { signal } = new AbortController();
  const first = turns.take(a, signal);
  assert.equal(await turns.take(b, signal), 25);
  b.step = 25;
  const second = turns.take(b, signal);
  assert.equal(await first, 35);
  a.step = 30;
  a.status = 'paused';
  turns.look();
  assert.equal(await second, 35);
  await assert.rejects(turns.take(b, AbortSignal.abort()), { name: 'AbortError' });
});

test('how two stand is said at equal steps and after equal seconds', () => {
  const [a, b] = [historyOf([4, 3, 2, 1], 1), historyOf([4, 2], 3)];
  const of = (/** @type {string} */ name, /** @type {object} */ history, /** @type {object} */ config = {}) => ({ name, history, source: source(config) });
  const words = standing(of('A', a), of('B', b));
  assert.match(words, /^Mean loss at 2 steps: B is 0\.\d{3} lower\. After 4\.0 s of training each: A is \d\.\d{3} lower\.$/);
  assert.match(standing(of('A', a), of('B', a)), /both are equal.*both are equal/);
  assert.equal(standing(of('A', a), of('B', new History())), '');
  assert.equal(standing(of('A', a), of('B', b, { tokenizer: 'bpe' })), 'The tokens of the two are different: their losses cannot be compared.');
  const other = { name: 'B', history: b, source: { ...source(), text: { name: 'b.txt', text: 'another' } } };
  assert.match(standing(of('A', a), other), /^The two learn different texts: .* cannot be compared\.$/);
});

const client = await connect({ abortAfter: 5000 });
after(() => client.close());

test('a race of equal settings has curves equal to the bit, of different ones not; pause and end act on both', { timeout: 60_000 }, async () => {
  const config = { ...SMALL, max_iters: 60, eval_interval: 20 };
  /** @param {object} other settings of B */
  const race = async (other) => {
    const a = new Session(client, pen);
    await a.open(source(config));
    await a.train(15);
    const match = new Race(a);
    let apart = 0;
    match.b.addEventListener('step', () => match.b.step > 25 && (apart = Math.max(apart, Math.abs(a.step - match.b.step))));
    assert.ok(match.armed);
    await match.start(async () => source({ ...config, ...other }));
    await new Promise((resolve) => match.b.addEventListener('step', resolve, { once: true }));
    await match.pause();
    assert.deepEqual([a.status, match.b.status], ['paused', 'paused']);
    await match.start(async () => assert.fail('B is there already'));
    while (match.status !== 'done') await new Promise((resolve) => match.addEventListener('change', resolve, { once: true }));
    const histories = [a.history, match.b.history];
    assert.ok(apart <= 10, `${apart} steps apart`);
    await match.end();
    assert.deepEqual([a.status, match.b.status], ['done', 'idle']);
    await a.reset();
    return histories.map(({ steps, losses, smooth, vals }) => ({ steps, losses, smooth, vals }));
  };
  const [a, b] = await race({});
  assert.equal(known(a.losses).length, 60);
  assert.deepEqual(b.losses, a.losses);
  const [c, d] = await race({ learning_rate: 0.02 });
  assert.deepEqual(c.losses, a.losses);
  assert.notDeepEqual(d.losses, c.losses);
});

test('a race whose other run has diverged is over when the first is done', { timeout: 60_000 }, async () => {
  const config = { ...SMALL, max_iters: 40, eval_interval: 0 };
  const a = new Session(client, pen);
  await a.open(source(config));
  const match = new Race(a);
  await match.start(async () => source({ ...config, learning_rate: 10, warmup_iters: 0 }));
  while (a.status !== 'done') await new Promise((resolve) => match.addEventListener('change', resolve, { once: true }));
  assert.deepEqual([match.b.status, match.b.diverged, match.status], ['paused', true, 'done']);
  await match.end();
  await a.reset();
});

test('a race that ends while the other run is being opened leaves both as they were; the other is opened once', { timeout: 60_000 }, async () => {
  const config = { ...SMALL, max_iters: 400, eval_interval: 0 };
  const a = new Session(client, pen);
  await a.open(source(config));
  await a.train(3);
  const first = new Race(a);
  const starting = first.start(async () => source(config));
  await Promise.resolve();
  await first.end();
  await starting;
  assert.deepEqual([a.status, a.step, first.b.status], ['paused', 3, 'idle']);
  const second = new Race(a);
  let asked = 0;
  const once = async () => (asked++, source(config));
  await Promise.all([second.start(once), second.start(once)]);
  assert.equal(asked, 1);
  await second.end();
  await a.reset();
});

test('a race whose other run cannot be put aside has ended all the same, and says what failed', { timeout: 60_000 }, async () => {
  const config = { ...SMALL, max_iters: 20, eval_interval: 0 };
  const a = new Session(client, pen);
  await a.open(source(config));
  /** One that both have trained in, and whose B gives no checkpoint. */
  const race = async () => {
    const match = new Race(a);
    await match.start(async () => source(config));
    while (match.status !== 'done') await new Promise((resolve) => match.addEventListener('change', resolve, { once: true }));
    match.b.run.checkpoint = () => Promise.reject(new Error('there is no room'));
    const over = new Promise((resolve) => match.addEventListener('change', () => match.over && resolve(undefined)));
    return { match, over };
  };
  const first = await race();
  await assert.rejects(first.match.end(), /no room/);
  await first.over;
  const second = await race();
  const fault = new Promise((resolve) => second.match.b.addEventListener('fault', resolve, { once: true }));
  await a.open(source(config));
  assert.match((await fault).detail.message, /no room/);
  await second.over;
  await a.train();
  assert.equal(a.status, 'done');
  await a.reset();
});

test('opening, training and putting aside, all at once and again: no fault, and one run is left', { timeout: 60_000 }, async () => {
  const session = new Session(client, pen);
  /** @type {string[]} */
  const faults = [];
  session.addEventListener('fault', (/** @type {CustomEvent<Error>} */ event) => faults.push(event.detail.message));
  const open = () => session.open(source({ ...SMALL, max_iters: 40, eval_interval: 0 })).then(() => session.train());
  await Promise.all([open(), open(), open()]);
  assert.deepEqual([session.status, session.step], ['done', 40]);
  assert.deepEqual([...session.history.steps].sort((a, b) => a - b), session.history.steps);
  await open();
  const resetting = session.reset();
  for (let i = 0; i < 20; i++) await Promise.resolve().then(() => session.train()); // an impatient reader
  const shelf = await resetting;
  assert.deepEqual([session.status, session.run, shelf?.step], ['idle', null, 40]);
  assert.deepEqual(faults, []);
});

test('a run that diverged and goes on has each step once', { timeout: 60_000 }, async () => {
  const session = new Session(client, pen);
  await session.open(source({ ...SMALL, learning_rate: 1, max_iters: 60, eval_interval: 0 }));
  /** @type {string[]} */
  const faults = [];
  session.addEventListener('fault', (/** @type {CustomEvent<Error>} */ event) => faults.push(event.detail.message));
  await session.train();
  assert.match(faults[0], /has diverged/);
  assert.ok(session.history.reached > session.step);
  const { reached } = session.history;
  await session.train();
  const { steps } = session.history;
  assert.equal(session.history.reached, reached);
  assert.deepEqual([...new Set(steps)].sort((a, b) => a - b), steps);
  await session.reset();
});

test('a run is put aside, or another opened, while its worker dies: one after the other, and nothing is lost', { timeout: 60_000 }, async () => {
  const session = new Session(client, pen);
  const config = { ...SMALL, max_iters: 40, eval_interval: 0 };
  await session.open(source(config));
  await session.train(30);
  const once = (/** @type {string} */ type) => new Promise((resolve) => session.addEventListener(type, resolve, { once: true }));
  const recovered = once('recovered');
  const opening = once('status');
  client.kill();
  await opening;
  const shelf = await session.reset();
  await recovered;
  assert.deepEqual([session.status, session.run, shelf?.step], ['idle', null, 30]);
  await session.restore(shelf);
  client.kill();
  await session.open(source({ ...config, seed: 5 }));
  const { run } = session;
  await session.train(10);
  assert.deepEqual([session.status, session.step, session.run === run, session.source?.config.seed], ['paused', 10, true, 5]);
  await session.reset();
});

test('both runs of a race survive the death of their worker', { timeout: 60_000 }, async () => {
  const a = new Session(client, pen);
  const config = { ...SMALL, max_iters: 400, eval_interval: 0 };
  await a.open(source(config));
  const match = new Race(a);
  await match.start(async () => source({ ...config, seed: 5 }));
  while (match.b.step < 20) await new Promise((resolve) => match.b.addEventListener('step', resolve, { once: true }));
  const recovered = [a, match.b].map((session) => new Promise((resolve) => session.addEventListener('recovered', resolve, { once: true })));
  client.kill();
  await Promise.all(recovered);
  await new Promise((resolve) => match.b.addEventListener('step', resolve, { once: true }));
  await match.end();
  assert.equal(a.status, 'paused');
});
