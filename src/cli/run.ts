/** One command line from its words to its exit code. */
import { CommanderError } from 'commander';
import { reportError } from './output.js';
import { program } from './program.js';

/** Runs `weft ARGS` in this process; returns the exit code after reporting any error. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    return reportError(error, process.stderr);
  }
}
