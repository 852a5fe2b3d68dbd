/** One command line from its words to its exit code. */
import { CommanderError } from 'commander';
import { withOverrideNamed } from './name-override.js';
import { reportError } from './output.js';
import { program } from './program.js';

/** Runs `weft ARGS` in this process; returns the exit code after reporting any error. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let overrides: readonly string[] | undefined;
  try {
    await program()
      .hook('preAction', (_weft, command) => {
        overrides = command.opts<{ set?: string[] }>().set;
      })
      .parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    return reportError(withOverrideNamed(error, overrides), process.stderr);
  }
}
