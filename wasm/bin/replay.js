/** replay.js - `folio replay`: train what a link from the page says, and compare what comes out. */

import { fingerprint } from '../src/checkpoint/fingerprint.js';
import { FolioError } from '../src/error.js';
import { LIMITS, readLink, shown } from '../src/link/link.js';
import { unpackText } from '../src/link/packed.js';
import { unpackWeights } from '../src/link/weights.js';
import { openRun } from '../src/run.js';
import { hasStrings, toBytes } from '../src/tokenizer/names.js';
import { VERSION } from '../src/version.js';
import { UsageError } from './args.js';
import { ENGINE_OPTIONS, engineWords, loadEngine } from './engine.js';
import { show } from './events.js';
import { about, checkWritable, isOfText, readNamed, usualTexts, writeFile } from './files.js';
import { INTERRUPTED, interrupt } from './interrupt.js';
import { isOfPage, pageFault } from './page-settings.js';
import { DEFAULT_PRESET, chosenSettings, presetNames, readPreset } from './presets.js';
import { Progress, grouped, printable, size } from './progress.js';

/** @typedef {import('../src/link/link.js').Link} Link */

/** Seconds of a link that is for seconds and does not say how many, as the page has them. */
const SECONDS = 60;

/** Characters of an address before its fragment. */
const ADDRESS = 4096;

/** @type {import('./args.js').Command} */
export const replay = {
  doc: 'train what a link says, and compare the weights',
  operand: { value: 'LINK', doc: 'from Share on the page, in quotes; - reads it from standard input' },
  options: {
    data: { value: 'FILE|-', doc: 'the text, UTF-8; -: standard input (default: the one in the link, or the text that comes with Folio)' },
    out: { value: 'FILE', doc: 'save a checkpoint at the end' },
    json: { doc: 'one JSON object a line on stdout: step, eval, plan, moved, diverged, done and replay events' },
    threads: ENGINE_OPTIONS.threads,
  },
  notes: `The settings, the numerics and, if it is short, the text are in the link. Where it has the digest of the run that it was made of, the last
line says whether this one is the same, bit for bit; if not, the exit status is 1.`,
  run: runReplay,
};

/** @param {import('./args.js').Options} options */
async function runReplay({ operand, data, out, json, threads }) {
  if (operand === undefined) throw new UsageError('name a link: folio replay LINK');
  const { settings, parts } = await linkOf(operand);
  const timed = settings.get('for') === 'seconds';
  const ignored = checkPage(settings, ['for', 'numerics', ...(timed ? ['budget'] : [])]);
  if (out) checkWritable(out);
  const folio = await loadEngine({ numerics: parts.numerics ?? (settings.get('numerics') === 'fast' ? 'fast' : undefined), threads });
  const config = configOf(folio, settings);
  if (parts.weights !== undefined) ignored.push(...(await faultOfWeights(folio, parts.weights)));
  for (const fault of ignored) console.error(printable(`not needed here, but wrong in the link: ${fault}`));
  const budget = timed ? Number(settings.get('budget') ?? SECONDS) : undefined;
  const { path, text } = await textOf(parts, data, Boolean(settings.get('text')));
  const run = about(path, () => openRun(folio, { text, config }), isOfText);
  const progress = new Progress(json ? process.stderr : process.stdout, 0, run.config.max_iters);
  progress.line(`text: ${path}, ${size(text.length)}, ${run.config.vocab_size} tokens in the vocabulary`);
  const { total_bytes } = folio.memory(run.config);
  progress.line(`model: ${grouped(run.parameters)} parameters, ${size(total_bytes)} of memory; ${budget === undefined ? `${run.config.max_iters} steps` : `as many steps as fit into ${budget} s`}`);
  progress.line(`engine: ${engineWords(folio.info())}`);
  const { signal } = interrupt;
  const save = () => out && writeFile(out, run.checkpoint());
  try {
    for await (const event of run.train({ budget, signal })) {
      if (json) console.log(JSON.stringify(event));
      else show(progress, event);
      if (event.event !== 'done') continue;
      save();
      return verdict(event, parts, { json, numerics: folio.info().numerics });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    save();
    progress.end();
    console.error(`interrupted after ${run.step} steps${out ? `; saved to ${out}` : ''}`);
  }
  return INTERRUPTED;
}

/**
 * Tells whether the weights are the sender's.
 * @param {import('../src/run.js').DoneEvent} done
 * @param {import('../src/link/link.js').Parts} parts
 * @param {{json: boolean, numerics: string}} how
 */
function verdict({ digest, stopped }, { digest: expected, folio, numerics = 'exact' }, how) {
  const same = expected === undefined ? null : digest === expected;
  if (how.json) console.log(JSON.stringify({ event: 'replay', digest, expected: expected ?? null, same }));
  else if (same === null) console.log('the link has no digest to compare with');
  else if (same) console.log('the same, bit for bit');
  else {
    console.log(`it differs: the digest of the link is ${expected}`);
    const why = [
      ...(folio !== undefined && folio !== VERSION ? [`the link was made by Folio ${folio}, this is ${VERSION}`] : []),
      ...(numerics === 'fast' || how.numerics === 'fast' ? ['fast numerics differ from processor to processor'] : []),
    ];
    console.log(why.length ? why.join('; ') : 'the sender\'s run had another text or other settings than the link says, or the link was changed');
  }
  return same === false || stopped === 'diverged' ? 1 : 0;
}

/** @param {string} operand @returns {Promise<Link>} with nothing wrong in it: a run without one of its settings is another run */
async function linkOf(operand) {
  const address = operand === '-' ? await standardInput() : operand;
  const at = address.indexOf('#');
  if (at < 0) throw new UsageError(`the link '${shown(address)}' has no # with settings behind it; in a shell it stands in quotes`);
  const link = readLink(address.slice(at));
  const [fault] = link.refused ? [link.refused] : link.faults;
  if (fault) throw new UsageError(`the link cannot be replayed: ${fault}`);
  return link;
}

/**
 * Looks at the settings that only the page has.
 * @param {Map<string, string>} settings
 * @param {string[]} needed fails where one of these is wrong
 * @returns {string[]} what is wrong with the others, in words
 */
function checkPage(settings, needed) {
  const faults = [];
  for (const [name, value] of settings) {
    const fault = pageFault(name, value);
    if (fault && needed.includes(name)) throw new UsageError(`the link cannot be replayed: ${fault}`);
    if (fault) faults.push(fault);
  }
  return faults;
}

/** What is wrong with the weights of a link, which are there to write with at once. @param {import('../src/folio.js').Folio} folio @param {string} packed @returns {Promise<string[]>} */
const faultOfWeights = (folio, packed) => unpackWeights(packed, (config) => folio.layout(config)).then(() => [], (error) => {
  if (error instanceof FolioError) return [`weights: ${error.message}`];
  throw error;
});

async function standardInput() {
  const most = ADDRESS + LIMITS.settings + LIMITS.own + LIMITS.weights;
  let address = '';
  for await (const part of process.stdin.setEncoding('utf8')) {
    address += part;
    if (address.length > most) throw new UsageError(`standard input has more than ${most} characters, which no link has`);
  }
  return address.trim();
}

/**
 * The settings of the core that a link means, as the page understands it.
 * @param {import('../src/folio.js').Folio} folio
 * @param {Map<string, string>} settings
 */
function configOf(folio, settings) {
  const preset = settings.get('preset') ?? DEFAULT_PRESET;
  if (!presetNames().includes(preset)) throw new UsageError(`the link names the preset '${shown(preset)}'; known: ${presetNames().join(', ')}`);
  const base = readPreset(preset);
  const kind = settings.get('tokenizer') ?? base.tokenizer ?? 'char';
  const others = ['preset', 'text', ...(hasStrings(/** @type {any} */ (kind)) ? [] : ['vocab_size'])];
  const set = [...settings].filter(([name]) => !others.includes(name) && !isOfPage(name)).map(([name, value]) => `${name}=${value}`);
  return chosenSettings(folio, { set }, base);
}

/**
 * The text of a link: its own, the one that is named, or of those that come with Folio the one with the link's fingerprint.
 * @param {import('../src/link/link.js').Parts} parts
 * @param {string | undefined} data
 * @param {boolean} other a link of version 0 says that it was another text than the one that comes with Folio
 * @returns {Promise<{path: string, text: Uint8Array}>}
 */
async function textOf({ own, text: expected }, data, other) {
  if (own !== undefined && data === undefined) return { path: 'the one in the link', text: toBytes(await unpackText(own, expected).catch(refuseText)) };
  if (other && data === undefined) {
    throw new UsageError('the link was made with a text of its own, which it does not carry: name it with --data FILE');
  }
  const found = (data === undefined ? usualTexts() : [data]).map((path) => ({ path, text: decoded(path) }));
  const right = found.find(({ text }) => expected === undefined || fingerprint(text) === expected);
  if (right) return right;
  const here = found.map(({ path, text }) => `${path} has ${fingerprint(text)}`).join(', ');
  throw new FolioError('LINK', 'replay', `the link's run learnt another text, with the fingerprint ${expected}; ${here}; name it with --data FILE`);
}

/** @param {unknown} error @returns {never} */
function refuseText(error) {
  throw error instanceof FolioError ? new UsageError(`the link cannot be replayed: the text in the link: ${error.message}`) : error;
}

/** A file as the page reads it: UTF-8, a mark of the order of bytes at its beginning left out. @param {string} path */
function decoded(path) {
  const bytes = readNamed(path);
  try {
    return toBytes(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new FolioError('UTF8', 'read', `${path} is not UTF-8 text, as the page's texts are`);
  }
}
