#!/usr/bin/env node
/** The `weft` command. */
import { outputFailed } from './output.js';
import { runCommandLine } from './run.js';

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => outputFailed(error, process.stderr));

process.exitCode = await runCommandLine(process.argv.slice(2));
