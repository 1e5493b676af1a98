// The Inside section: what it draws is what the package computes of the same model; by keyboard; in words and tables; folded, it asks for nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { load } from '../../wasm/src/folio.js';
import { openRun, openWriter } from '../../wasm/src/run.js';
import { TINY, assertNoFaults, audit, inState, longestTask, ready, setUp, untilNotice } from './page.js';

const site = setUp();
const TEXT = readFileSync(new URL('../../models/mock-shakespeare.txt', import.meta.url), 'utf8');
const PRESET = JSON.parse(readFileSync(new URL('../../models/presets/tiny.json', import.meta.url), 'utf8'));
const FIRST = 'ROMEO:\nBut soft';

const folio = await load();

/** @param {import('./page.js').Page} page */
const open = (page) => page.click('#inside-fold > summary');

/** Until a view is drawn. @param {import('./page.js').Page} page @param {string} view */
const shown = (page, view) => page.waitForSelector(`#view-${view}:not([hidden])`);

/** @param {import('./page.js').Page} page @param {string} view */
async function choose(page, view) {
  await page.click(`#tab-${view}`);
  await shown(page, view);
}

/** The numbers of the table, row by row, and its heads. @param {import('./page.js').Page} page */
async function tableOf(page) {
  if (!(await page.evaluate(() => document.getElementById('inside-table')?.hasAttribute('open')))) await page.click('#inside-table > summary');
  await page.waitForSelector('#inside-table table');
  const rows = await page.locator('#inside-table tbody tr').all();
  return Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
}

/** @param {import('./page.js').Page} page @param {string} view */
const reading = (page, view) => page.textContent(`#view-${view} .inside-reading`);

test('a run of the page and the same one here: attention, lens, embeddings, positions, norms', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=30&eval_interval=10`);
  await ready(page);
  await open(page);
  await page.waitForSelector('#inside-lend:not([hidden])');
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForSelector('#inside-fold[data-step="30"]');
  await shown(page, 'attention');

  const run = openRun(folio, { text: TEXT, config: { ...PRESET, max_iters: 30, eval_interval: 10 } });
  let norm = 0;
  for await (const event of run.train()) if (event.event === 'step') norm = event.grad_norm;
  const { model, tokenizer } = run.parts;
  const inspector = await folio.inspector(model);
  const look = inspector.look(tokenizer, FIRST);
  const n = look.ids.length;
  const { n_layer, n_head, n_embd, block_size } = model.config;

  for (const [layer, head] of [[0, 0], [n_layer - 1, n_head - 1]]) {
    await page.selectOption('#inside-layer', { value: String(layer) });
    await page.selectOption('#inside-head', { value: String(head) });
    const rows = await tableOf(page);
    assert.equal(rows.length, n);
    rows.forEach(([, ...cells], q) => assert.equal(cells.length, q + 1));
    rows.forEach(([, ...cells], q) => cells.forEach((cell, k) => {
      assert.equal(cell, (100 * look.attention[((layer * n_head + head) * n + q) * n + k]).toFixed(1), `layer ${layer}, head ${head}, ${q} to ${k}`);
    }));
  }

  await choose(page, 'lens');
  const top = look.lens.length / (n_layer + 1) / n;
  for (const [q, [, ...cells]] of (await tableOf(page)).entries()) {
    cells.forEach((cell, layer) => {
      const at = (layer * n + q) * top;
      const wanted = [0, 1, 2].map((i) => (100 * look.lens[at + i]).toFixed(1));
      assert.deepEqual([...cell.matchAll(/ (\d+\.\d)(?=,|$)/g)].map(([, p]) => p), wanted, `${q}, layer ${layer}: ${cell}`);
    });
  }
  assert.equal(await page.locator('.inside-layers > li').count(), n_layer + 1);

  await choose(page, 'embeddings');
  const { points, count } = inspector.embeddings(tokenizer);
  const stood = await tableOf(page);
  assert.equal(stood.length, count);
  stood.forEach(([, ...place], id) => place.forEach((value, axis) => {
    assert.ok(Math.abs(Math.abs(Number(value)) - Math.abs(points[2 * id + axis])) < 1e-4);
  }));

  await choose(page, 'positions');
  const { similarity } = inspector.positions();
  const [zero, one] = await tableOf(page);
  assert.deepEqual([zero[0], zero[1], one[0]], ['0', '1.000', '1']);
  if (similarity) {
    const mean = Array.from({ length: block_size - 1 }, (_, i) => similarity[(i + 1) * block_size + i]).reduce((a, b) => a + b) / (block_size - 1);
    assert.equal(one[1], mean.toFixed(3));
  }

  await choose(page, 'norms');
  const rows = await tableOf(page);
  const looked = rows.map(([step]) => Number(step));
  assert.deepEqual(looked, [...new Set(looked)].sort((a, b) => a - b));
  assert.equal(looked.at(-1), 30);
  const last = rows.at(-1)?.slice(1).map(Number) ?? [];
  const layers = n_layer + 1 + Number(model.tensors().some(({ name }) => /^(ln_f|lm_head)/.test(name)));
  assert.ok(rows.length >= 3 && rows.every((row) => row.length === 1 + layers + 3 * n_layer));
  assert.ok(Math.abs(Math.hypot(...last.slice(0, layers)) - norm) < 0.02 * norm, `${last} give ${norm}`);
  assert.ok(last.every((value) => value > 0) && n_embd > 0);
  inspector.close();
  run.close();
  assertNoFaults(page);
});

test('without a run, the model that comes with Folio: by keyboard, in words, under axe, at every width', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t);
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await ready(page);
  await page.waitForFunction(() => !(/** @type {HTMLButtonElement} */ (document.getElementById('shortcuts')).disabled));
  assert.ok(!asked.some((url) => /inside-panel|folio-inspect/.test(url)), 'nothing is fetched before it is opened');
  await page.focus('#inside-fold > summary');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#inside-lend:not([hidden])');
  await page.focus('#inside-lend');
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype;
    const opened = (/** @type {any} */ (globalThis).opened = /** @type {string[]} */ ([]));
    Worker.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ transfer) {
      if (message.op === 'writer.open') opened.push(message.op);
      return postMessage.call(this, message, transfer);
    };
    const again = () => document.getElementById('inside-lend')?.click();
    document.getElementById('inside-lend')?.addEventListener('click', () => setTimeout(again), { once: true });
  });
  await page.keyboard.press('Enter');
  await shown(page, 'attention');
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).opened.length), 1, 'pressed twice it comes once');
  assert.match(`${await page.textContent('#inside-words')}`, /^The model that comes with Folio after 5,000 steps/);

  const writer = openWriter(folio, new Uint8Array(readFileSync(new URL('../../models/shakespeare-char/model.safetensors', import.meta.url))));
  const inspector = await folio.inspector(writer.model);
  const look = inspector.look(writer.tokenizer, FIRST);
  const n = look.ids.length;
  await page.focus('#inside-strip [aria-selected=true]');
  await page.keyboard.press('Home');
  assert.match(`${await reading(page, 'attention')}`, /^Layer 1, head 1: “R” at 1 takes 100% from itself\.$/);
  await page.keyboard.press('ArrowRight');
  const second = look.attention.subarray(n, n + 2);
  assert.match(`${await reading(page, 'attention')}`, new RegExp(`“O” at 2 takes ${(100 * Math.max(...second)).toFixed(0)}%`));

  await page.focus('#tab-attention');
  await page.keyboard.press('ArrowRight');
  await shown(page, 'lens');
  const layers = writer.model.config.n_layer;
  const at = (layers * n + 1) * 8;
  const said = `Behind “O” at 2, after block ${layers}: “${look.texts[look.lensIds[at]]}” with ${(100 * look.lens[at]).toFixed(0)}%.`;
  assert.equal(await reading(page, 'lens'), said);
  await page.keyboard.press('ArrowRight');
  await shown(page, 'embeddings');
  await page.focus('#view-embeddings canvas');
  const before = await reading(page, 'embeddings');
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await reading(page, 'embeddings'), before);

  for (const view of ['attention', 'lens', 'embeddings', 'positions', 'norms']) {
    await choose(page, view);
    await tableOf(page);
    for (const width of view === 'attention' ? [1440, 1024, 390] : [390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(60);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${view}, ${width} px`);
    }
    assert.deepEqual(await audit(page, '#inside'), [], view);
  }
  inspector.close();
  writer.close();
  assertNoFaults(page);
});

test('a text that cannot be spelt is told; a long one is cut; a new run takes the place of what is looked into', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=20`);
  await ready(page);
  await open(page);
  await page.click('#inside-lend');
  await shown(page, 'attention');
  await page.fill('#inside-text', 'But 你好');
  await page.waitForSelector('#inside-fault:not([hidden])');
  assert.match(`${await page.textContent('#inside-fault')}`, /character/);
  await page.fill('#inside-text', 'x'.repeat(60));
  await page.waitForFunction(() => document.querySelectorAll('#inside-strip [role=option]').length === 48);
  assert.ok(await page.isHidden('#inside-fault'));
  assert.match(`${await page.textContent('#inside-words')}`, /the first 48 tokens/);
  await page.focus('#inside-text');
  await page.keyboard.press('Control+a');
  const longest = await longestTask(site.browser, page, async () => {
    await page.keyboard.insertText('But soft '.repeat(330_000));
    await page.waitForFunction(() => document.getElementById('inside-words')?.textContent?.includes('characters'));
  });
  assert.match(`${await page.textContent('#inside-words')}`, /It looks at the first 48 tokens, and the field takes 2,000 characters\.$/);
  assert.ok((await page.inputValue('#inside-text')).length <= 2000);
  t.diagnostic(`measured: three megabytes: the longest task took ${longest.toFixed(0)} ms of the processor`);
  assert.ok(longest < 500, `the page stood still for ${longest} ms`);
  await page.click('#start');
  await inState(page, 'done');
  await page.waitForFunction(() => document.getElementById('inside-words')?.textContent?.startsWith('Your model after 20 steps'));
  await page.click('#reset');
  await inState(page, 'idle');
  await page.waitForSelector('#inside-lend:not([hidden])');
  assertNoFaults(page);
});

test('it follows a run without evaluations, at most a fortieth of the time; it survives its worker; folded it asks for nothing', { timeout: 60_000 }, async (t) => {
  const page = await site.open(t, `${TINY}&max_iters=100000&eval_interval=0`);
  await page.addInitScript(() => {
    const sent = (/** @type {any} */ (globalThis).sent = /** @type {string[]} */ ([]));
    const looks = (/** @type {any} */ (globalThis).looks = /** @type {{id: number, began: number, took: number}[]} */ ([]));
    const workers = (/** @type {any} */ (globalThis).workers = /** @type {Worker[]} */ ([]));
    // On the page's clock each look takes 5 ms, however slow the machine is.
    const real = performance.now.bind(performance);
    let behind = 0;
    let stopped = 0;
    performance.now = () => (stopped || real()) - behind;
    globalThis.Worker = class extends Worker {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        super(url, options);
        workers.push(this);
        this.addEventListener('message', ({ data }) => {
          const look = looks.find(({ id, took }) => id === data.id && !took);
          if (!look) return;
          look.took = 5;
          behind += real() - stopped - look.took;
          stopped = 0;
        });
      }

      /** @param {any} message @param {any} [transfer] */
      postMessage(message, transfer) {
        if (message?.op) sent.push(message.op);
        if (message?.op === 'inspector.look') {
          looks.push({ id: message.id, began: performance.now(), took: 0 });
          stopped = real();
        }
        super.postMessage(message, transfer);
      }
    };
  });
  await page.reload();
  await ready(page);
  const sent = () => page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (globalThis).sent));
  const looks = async () => (await sent()).filter((op) => op.startsWith('inspector.')).length;
  await page.click('#start');
  await page.waitForFunction(() => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > 250);
  assert.equal(await looks(), 0);
  await open(page);
  for (let i = 0, step = 250; i < 5; i++, step = Number(await page.getAttribute('#inside-fold', 'data-step'))) {
    await page.waitForFunction((before) => Number(document.getElementById('inside-fold')?.dataset.step) > before, step);
  }
  await open(page);
  /** @type {{began: number, took: number}[]} */
  const seen = await page.evaluate(() => /** @type {any} */ (globalThis).looks);
  const last = seen.pop();
  const share = seen.reduce((sum, { took }) => sum + took, 0) / (Number(last?.began) - seen[0].began);
  assert.ok(seen.length >= 4 && share <= 1 / 40, `${seen.length} looks took ${share} of the time`);
  const folded = await looks();
  const at = Number(await page.getAttribute('#progress', 'aria-valuenow'));
  await page.waitForFunction((n) => Number(document.getElementById('progress')?.getAttribute('aria-valuenow')) > n + 400, at);
  assert.equal(await looks(), folded);
  await page.click('#start');
  await inState(page, 'paused');
  await open(page);
  await shown(page, 'attention');
  await page.evaluate(() => {
    for (const worker of /** @type {any} */ (globalThis).workers) worker.dispatchEvent(new ErrorEvent('error', { message: 'gone' }));
  });
  await untilNotice(page, /The worker stopped at step/);
  await inState(page, 'paused');
  await page.fill('#inside-text', 'But soft');
  await page.waitForFunction(() => document.querySelectorAll('#inside-strip [role=option]').length === 8);
  assert.ok(await page.isHidden('#inside-fault'));
});
