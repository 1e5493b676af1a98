// Passing a run on: the dialog, what a link that carries a run does before a click and after it, and the page as one file.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { readLink, writeLink } from '../../wasm/src/link/link.js';
import { pack, packText, unpackText } from '../../wasm/src/link/packed.js';
import { FOLIO } from '../node/command.js';
import { launchFirefox } from './engines.js';
import { SITE, TINY, assertNoFaults, audit, figure, inState, notices, paste, ready, setUp, untilNotice } from './page.js';

const site = setUp();
const folder = mkdtempSync(join(tmpdir(), 'folio-share-'));
after(() => rmSync(folder, { recursive: true }));

const OWN = 'the cat sat on the mat and the dog sat on the log. café!\n'.repeat(40);

/** A tiny run of an own text, done. @param {import('node:test').TestContext} t @param {string} [settings] @param {string} [own] */
async function done(t, settings = '&max_iters=30', own = OWN) {
  const page = await site.open(t, TINY + settings, { permissions: ['clipboard-read', 'clipboard-write'] });
  await ready(page);
  if (own) {
    await paste(page, own);
  }
  await page.click('#start');
  await inState(page, 'done');
  return page;
}

/** Opens the dialog. @param {import('./page.js').Page} page */
async function share(page) {
  await page.click('#share');
  await page.waitForSelector('dialog.share[open]');
}

const link = (/** @type {import('./page.js').Page} */ page) => page.inputValue('#share-link');

/** Until a link has what it should have. @param {import('./page.js').Page} page @param {string} what */
const untilIn = (page, what) => page.waitForFunction((part) => /** @type {HTMLTextAreaElement} */ (document.getElementById('share-link'))?.value.includes(part), what);

/** Decompressors that are made before the first part is taken, to see what the engine does with bytes behind the end (packed.js). */
const PROBE = 1;

/** Counts the decompressors that a page makes, from before its first script on. @param {import('./page.js').Page} page */
async function countUnpacking(page) {
  await page.addInitScript(() => {
    const scope = /** @type {any} */ (globalThis);
    scope.unpackings = 0;
    scope.DecompressionStream = class extends DecompressionStream {
      constructor(/** @type {any} */ format) {
        super(format);
        scope.unpackings++;
      }
    };
  });
  await page.reload();
}

const unpackings = (/** @type {import('./page.js').Page} */ page) => page.evaluate(() => /** @type {any} */ (globalThis).unpackings);

test('a run is passed on: link, text, weights, QR code; the other page writes and trains at a click, to the same bits', { timeout: 60_000 }, async (t) => {
  const page = await done(t);
  await share(page);
  await untilIn(page, '&own=');
  const first = await link(page);
  const { version, settings, parts } = readLink(first.slice(first.indexOf('#')));
  assert.deepEqual([version, Object.fromEntries(settings)], [1, { preset: 'tiny', max_iters: '30' }]);
  assert.deepEqual([parts.numerics, /^[0-9a-f]{64}$/.test(`${parts.digest}`), await unpackText(`${parts.own}`, parts.text)], ['exact', true, OWN]);
  assert.equal(await page.textContent('dialog .share-link .whisper'), `${first.length} characters`);
  assert.ok(await page.locator('dialog canvas').evaluate((/** @type {HTMLCanvasElement} */ { width, height }) => width > 40 && width === height), 'a QR code');
  assert.deepEqual(await audit(page), []);
  await page.check('text=with the trained weights');
  await untilIn(page, '&weights=');
  assert.ok(await page.isHidden('dialog canvas'));
  await page.click('dialog .primary');
  await page.waitForSelector('dialog .primary:has-text("Copied")');
  const whole = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(whole, await link(page));
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'share');

  await share(page);
  const { x, y } = (await page.locator('dialog.share').boundingBox()) ?? { x: 0, y: 0 };
  await page.mouse.click(x + 4, y + 4);
  assert.ok(await page.isVisible('dialog.share'), 'a click on its margin is none beside it');
  await page.mouse.click(x - 4, y + 4);
  assert.ok(await page.isHidden('dialog.share'));
  assertNoFaults(page);

  const other = await site.open(t, whole.slice(whole.indexOf('#')));
  await countUnpacking(other);
  await ready(other);
  assert.match(`${await other.textContent('#arrival p')}`, /^The text of the link, 2,280 characters\. 2 layers, 2\d\.\d k parameters, 30 steps of 256 tokens: about \d+ s here\. At the end the weights are compared/);
  assert.deepEqual([await other.getAttribute('body', 'data-status'), await unpackings(other)], ['idle', PROBE + 1], 'the text alone is unpacked');
  assert.deepEqual(await audit(other), []);
  await other.click('text=Let it write');
  await other.waitForFunction(() => /30 steps/.test(document.getElementById('sample-caption')?.textContent ?? '') && document.querySelector('#write:not([aria-disabled])'));
  assert.match(`${await other.textContent('#sample-caption')}`, /^By the model of the link: 2\d,\d+ parameters, 30 steps/);
  assert.ok(`${await other.textContent('#sample')}`.length > 100);
  assert.equal(await unpackings(other), PROBE + 2);
  await other.click('text=Replay it');
  await other.waitForSelector('.arrival-verdict:not([hidden])');
  assert.equal(await other.textContent('.arrival-verdict'), 'The same, bit for bit, as the run of the sender.');
  assert.equal(other.url(), whole, 'the address still is the link');
  await other.reload({ waitUntil: 'commit' });
  await other.click('#start');
  await other.waitForSelector('.arrival-verdict:not([hidden])');
  assert.match(`${await other.textContent('.arrival-verdict')}`, /^The same/, 'a click that comes before the text waits for it');
  await other.reload();
  await ready(other);
  assert.equal(await other.textContent('#text-name'), 'The text of the link');
  await other.fill('#f-n_layer', '3');
  await other.waitForFunction(() => location.hash.includes('n_layer=3') && !location.hash.includes('weights'));
  await other.waitForFunction(() => /3 layers.* no longer what the link says/.test(document.querySelector('#arrival p')?.textContent ?? ''));
  assertNoFaults(other);
});

test('without an own text and before a run the link has the settings; a long text and a large model say why they stay', async (t) => {
  const page = await site.open(t, '#n_layer=3');
  await ready(page);
  await share(page);
  assert.match(await link(page), /#v=1&n_layer=3&text=[0-9a-f]{8}-\d+$/);
  assert.deepEqual(await page.locator('dialog .check input').evaluateAll((boxes) => boxes.map((box) => /** @type {HTMLInputElement} */ (box).disabled)), [true, true]);
  assert.match((await page.locator('dialog .check .whisper').allTextContents()).join('; '), /you have brought none; nothing is trained yet/);
  await page.keyboard.press('Escape');
  let own = '';
  for (let i = 0; i < 3000; i++) own += `${(i * 7919) % 104729} `;
  await paste(page, own);
  await share(page);
  await page.waitForFunction(() => /the link takes/.test(document.querySelector('dialog .check .whisper')?.textContent ?? ''));
  assert.ok(!(await link(page)).includes('own='));
  assert.match(`${await page.textContent('dialog .share-what')}`, /Your text is not in it/);
  assertNoFaults(page);
});

test('a run that goes on from a file is no run of its settings alone: its link has no digest', async (t) => {
  const page = await done(t, '&max_iters=5', '');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  await page.setInputFiles('#checkpoint-file', { name: 'mine.safetensors', mimeType: 'application/octet-stream', buffer: await readFile(`${await download.path()}`) });
  await untilNotice(page, /mine\.safetensors is open: 5 steps/);
  await share(page);
  assert.ok(!(await link(page)).includes('digest='));
  assert.match(`${await page.textContent('dialog .share-what')}`, /Your run goes on from another model/);
  assertNoFaults(page);
});

test('weights that are not the sender\'s are told of, with what it can mean', async (t) => {
  const own = await packText(OWN);
  const settings = /** @type {[string, unknown][]} */ ([['preset', 'tiny'], ['max_iters', 5]]);
  for (const [parts, words] of /** @type {[import('../../wasm/src/link/link.js').Parts, RegExp][]} */ ([
    [{ own, digest: 'ab'.repeat(32), folio: '9.0.1' }, /^It differs .* begins with [0-9a-f]{12}, not with abababababab\. The link was made by Folio 9\.0\.1; this is /],
    [{ text: '00000000-12', digest: 'ab'.repeat(32) }, /It has learnt another text\.$/],
  ])) {
    const page = await site.open(t, writeLink(settings, parts));
    await ready(page);
    if (parts.text) assert.match(`${await page.textContent('#arrival p')}`, /learnt another text, which the link does not carry/);
    assert.equal(await page.textContent('#arrival .primary'), parts.text ? 'Start' : 'Replay it');
    await page.click('#arrival .primary');
    await page.waitForSelector('.arrival-verdict.differs:not([hidden])');
    assert.match(`${await page.textContent('.arrival-verdict')}`, words);
    assertNoFaults(page);
  }
});

test('nothing heavy without a click: a giant model, bombs, a damaged text', async (t) => {
  const zeros = new Uint8Array(3e7);
  const giant = /** @type {[string, unknown][]} */ ([['n_layer', 96], ['n_embd', 8192], ['n_head', 64], ['block_size', 4096], ['batch_size', 1024], ['max_iters', 1e9]]);
  const page = await site.open(t, writeLink(giant, { weights: await pack(zeros) }));
  await countUnpacking(page);
  await ready(page);
  assert.match(`${await page.textContent('#arrival p')}`, /96 layers.*more than fits in here/);
  assert.deepEqual([await page.getAttribute('body', 'data-status'), await unpackings(page)], ['idle', 0]);
  await page.click('text=Let it write');
  await untilNotice(page, /longer than the 1048576 bytes that are unpacked/);
  const bomb = await site.open(t, writeLink([['preset', 'tiny']], { own: await pack(zeros.subarray(0, 4e6)) }));
  await ready(bomb);
  assert.match((await notices(bomb)).join(), /longer than the 1048576 bytes/);
  assert.match(`${await bomb.textContent('#text-name')}`, /Shakespeare/);
  const damaged = await site.open(t, writeLink([['preset', 'tiny']], { own: (await packText(OWN)).slice(0, 40) }));
  await ready(damaged);
  assert.match((await notices(damaged)).join(), /cannot be decompressed/);
  await damaged.click('#start');
  await inState(damaged, 'done');
  for (const each of [page, bomb, damaged]) assertNoFaults(each);
});

test('the page as one file trains from a disk, without a network, to the same bits', { timeout: 60_000 }, async (t) => {
  const page = await done(t, '&max_iters=25&seed=3', `${OWN}${'the text of a file may be long. '.repeat(30)}`);
  await share(page);
  await page.check('text=with the trained weights');
  await untilIn(page, '&weights=');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Download as one HTML file')]);
  const file = join(folder, 'folio.html');
  await download.saveAs(file);
  assertNoFaults(page);
  const context = await site.browser.newContext({ offline: true });
  t.after(() => context.close());
  const alone = await context.newPage();
  const troubles = /** @type {string[]} */ ([]);
  alone.on('pageerror', (error) => troubles.push(error.message));
  alone.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  alone.on('request', (request) => /^(file|blob|data):/.test(request.url()) || troubles.push(request.url()));
  await alone.goto(pathToFileURL(file).href);
  await alone.waitForSelector('body[data-ready]');
  assert.match(`${await alone.textContent('#arrival p')}`, /^The text of the link, 3,240 characters/);
  assert.equal(await alone.inputValue('#f-seed'), '3');
  await alone.click('text=Let it write');
  await alone.waitForFunction(() => /By the model of the link/.test(document.getElementById('sample-caption')?.textContent ?? '') && document.querySelector('#write:not([aria-disabled])'));
  await alone.click('#start');
  await alone.waitForSelector('.arrival-verdict:not([hidden])');
  assert.match(`${await alone.textContent('.arrival-verdict')}`, /^The same, bit for bit/);
  assert.equal(await figure(/** @type {any} */ (alone), 'val-loss'), await figure(page, 'val-loss'));
  await alone.selectOption('#f-preset', 'nanogpt-cpu');
  await alone.waitForFunction(() => /** @type {HTMLInputElement} */ (document.getElementById('f-n_layer')).value === '4');
  await alone.goto(`${pathToFileURL(`${SITE}/folio.html`).href}#preset=tiny&max_iters=12`);
  await alone.waitForSelector('body[data-ready]');
  assert.match(`${await alone.textContent('#text-name')}`, /Shakespeare/, 'the text that comes with the page is in it too');
  await alone.click('#start');
  await alone.waitForSelector('body[data-status=done]');
  assert.deepEqual(troubles, []);
});

test('a link made in Chromium replays in Firefox and under Node to the same digest', { timeout: 60_000 }, async (t) => {
  const page = await done(t, '&max_iters=15&n_embd=16');
  await share(page);
  await untilIn(page, '&own=');
  const whole = await link(page);
  const node = new Promise((resolve) => execFile(process.execPath, [FOLIO, 'replay', whole], (error, stdout) => resolve([error?.code ?? 0, stdout])));
  const firefox = await launchFirefox();
  t.after(() => firefox.close());
  const other = await firefox.newPage();
  await other.goto(whole);
  await other.waitForSelector('#arrival');
  await other.waitForSelector('body[data-ready]');
  await other.evaluate(() => document.querySelector('#arrival button')?.dispatchEvent(new Event('click')));
  await other.waitForSelector('.arrival-verdict:not([hidden])');
  assert.match(`${await other.$eval('.arrival-verdict', (element) => element.textContent)}`, /^The same, bit for bit/);
  const [code, stdout] = /** @type {[number, string]} */ (await node);
  assert.deepEqual([code, /\nthe same, bit for bit\n$/.test(stdout)], [0, true], stdout);
});
