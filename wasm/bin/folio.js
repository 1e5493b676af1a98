#!/usr/bin/env node
/** folio.js - the command line. Exit codes: 0 done, 1 it failed, 2 it was called wrongly, 130 it was interrupted. */

import { FolioError } from '../src/error.js';
import { VERSION } from '../src/version.js';
import { UsageError, helpText, parseOptions } from './args.js';
import { bench } from './bench.js';
import { evaluate } from './eval.js';
import { exportModel } from './export.js';
import { info } from './info.js';
import { INTERRUPTED, interrupt } from './interrupt.js';
import { meant } from './near.js';
import { printable } from './progress.js';
import { replay } from './replay.js';
import { sample } from './sample.js';
import { tokenize } from './tokenize.js';
import { train } from './train.js';
import { widthOf } from './wrap.js';

/** @type {Record<string, import('./args.js').Command>} */
const COMMANDS = { train, replay, sample, eval: evaluate, export: exportModel, tokenize, info, bench };

function overview() {
  const lines = Object.entries(COMMANDS).map(([name, { doc }]) => `  folio ${name.padEnd(8)}  ${doc}`);
  return [`folio ${VERSION} - train a GPT on the processor you have`, '', ...lines, '', '`folio help COMMAND` tells its options, `folio --version` the version.'].join('\n');
}

/** @param {string} word */
const isHelp = (word) => word === '--help' || word === '-h';

/** The command that was named, to say how it is called. @type {string | undefined} */
let called;

/** @param {string} name */
function find(name) {
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command '${name}'; ${meant(name, Object.keys(COMMANDS))}`);
  called = name;
  return COMMANDS[name];
}

/** @param {string} name */
function help(name) {
  console.log(helpText(name, find(name), widthOf(process.stdout)));
  return 0;
}

/** @param {string[]} argv @returns {Promise<number>} */
async function main([name, ...rest]) {
  if (name === undefined || isHelp(name) || name === 'help') {
    const [about] = rest.filter((word) => !isHelp(word));
    if (about !== undefined) return help(about);
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    console.log(VERSION);
    return 0;
  }
  const command = find(name);
  if (rest.some(isHelp)) return help(name);
  return command.run(parseOptions(command, rest, COMMANDS));
}

/** @param {unknown} error @returns {number} */
function report(error) {
  if (interrupt.signal.aborted) return INTERRUPTED;
  const known = error instanceof FolioError || error instanceof UsageError;
  console.error(known ? `folio: ${printable(error.message)}` : error);
  if (error instanceof UsageError) console.error(`\`folio ${called ? `${called} --help` : '--help'}\` tells how it is called.`);
  return error instanceof UsageError ? 2 : 1;
}

// A reader that has seen enough, as in `folio sample | head`, is no failure.
process.stdout.on('error', (error) => process.exit(/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2)).catch(report);
