/**
 * How the command is invoked where its hints are read: `weft` if it is installed globally, `npx weft` in a clone or a
 * project.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const FILES = process.platform === 'win32' ? ['weft.cmd', 'weft.exe'] : ['weft'];
/** npx adds it to the path only for the programs that it starts. */
const LOCAL = /[\\/]node_modules[\\/]\.bin[\\/]?$/;

/** What the user has to type for `weft`. */
export function invocation(path = process.env['PATH'] ?? ''): 'weft' | 'npx weft' {
  const folders = path.split(delimiter).filter((folder) => folder !== '' && !LOCAL.test(folder));
  return folders.some((folder) => FILES.some((file) => existsSync(join(folder, file)))) ? 'weft' : 'npx weft';
}

/** All commands, so that prose about weft is not changed; a test compares the list with the command line. */
export const COMMANDS: readonly string[] = (
  'search resume status ui derive train halve worker queue evaluate predict sharpness export report convert rank ' +
  'forgetting spaces optimizers preconditioners proxies study list init doctor setup specialize compare diff conflicts recipes latency'
).split(' ');

const COMMAND = new RegExp(`(?<![\\w/.-])(?<!npx )weft (?=(?:${COMMANDS.join('|')})\\b)`, 'g');

/** The text with every command in it as it has to be typed here. */
export function asTyped(text: string, command = invocation()): string {
  return command === 'weft' ? text : text.replace(COMMAND, `${command} `);
}
