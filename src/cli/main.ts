#!/usr/bin/env node
/** The `weft` command. */
import { outputFailed } from './output.js';
import { runCommandLine } from './run.js';

// TensorFlow.js calls a kernel through a dozen functions: the user's own line is to be among those that are kept.
Error.stackTraceLimit = 50;

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => outputFailed(error, process.stderr));

process.exitCode = await runCommandLine(process.argv.slice(2));
