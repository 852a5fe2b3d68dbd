#!/usr/bin/env node
/** The `weft` command. */
import { CommanderError } from 'commander';
import { reportError } from './output.js';
import { program } from './program.js';

async function main(): Promise<number> {
  try {
    await program().parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    return reportError(error, process.stderr);
  }
}

// A reader that has gone (`weft status | head`) is no reason to stop: a search still writes its run directory.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main();
