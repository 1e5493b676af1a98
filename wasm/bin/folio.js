#!/usr/bin/env node
/** folio.js - the command line. Exit codes: 0 done, 1 it failed, 2 it was called wrongly, 130 it was interrupted. */

import { FolioError } from '../src/error.js';
import { nearest } from '../src/settings.js';
import { VERSION } from '../src/version.js';
import { UsageError, helpText, parseOptions } from './args.js';
import { bench } from './bench.js';
import { evaluate } from './eval.js';
import { exportModel } from './export.js';
import { info } from './info.js';
import { INTERRUPTED, interrupt } from './interrupt.js';
import { printable } from './progress.js';
import { replay } from './replay.js';
import { sample } from './sample.js';
import { tokenize } from './tokenize.js';
import { train } from './train.js';

/** @type {Record<string, import('./args.js').Command>} */
const COMMANDS = { train, replay, sample, eval: evaluate, export: exportModel, tokenize, info, bench };

function overview() {
  const lines = Object.entries(COMMANDS).map(([name, { doc }]) => `  folio ${name.padEnd(8)}  ${doc}`);
  return [`folio ${VERSION} - train a GPT on the processor you have`, '', ...lines, '', '`folio COMMAND --help` tells the options.'].join('\n');
}

/** @param {string} word */
const isHelp = (word) => word === '--help' || word === '-h';

/** @param {string[]} argv @returns {Promise<number>} */
async function main([name, ...rest]) {
  if (name === undefined || isHelp(name) || name === 'help') {
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    console.log(VERSION);
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const near = nearest(name, Object.keys(COMMANDS));
    throw new UsageError(`there is no command '${name}'${near ? `; did you mean '${near}'?` : ''}`);
  }
  const command = COMMANDS[name];
  if (rest.some(isHelp)) {
    console.log(helpText(name, command));
    return 0;
  }
  return command.run(parseOptions(command, rest));
}

/** @param {unknown} error @returns {number} */
function report(error) {
  if (interrupt.signal.aborted) return INTERRUPTED;
  const known = error instanceof FolioError || error instanceof UsageError;
  console.error(known ? `folio: ${printable(error.message)}` : error);
  if (error instanceof UsageError) console.error('`folio --help` and `folio COMMAND --help` tell how it is called.');
  return error instanceof UsageError ? 2 : 1;
}

// A reader that has seen enough, as in `folio sample | head`, is no failure.
process.stdout.on('error', (error) => process.exit(/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2)).catch(report);
