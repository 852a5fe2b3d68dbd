/**
 * How the command is called where its hints are read: `weft` where it is installed for everyone, `npx weft` in a clone
 * or a project.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const FILES = process.platform === 'win32' ? ['weft.cmd', 'weft.exe'] : ['weft'];
/** npx puts it on the path for the programs that it starts, and only for them. */
const LOCAL = /[\\/]node_modules[\\/]\.bin[\\/]?$/;

/** What a person has to type for `weft`. */
export function invocation(path = process.env['PATH'] ?? ''): 'weft' | 'npx weft' {
  const folders = path.split(delimiter).filter((folder) => folder !== '' && !LOCAL.test(folder));
  return folders.some((folder) => FILES.some((file) => existsSync(join(folder, file)))) ? 'weft' : 'npx weft';
}

/** Every command, so that prose about weft is not changed; a test compares the list with the command line. */
export const COMMANDS: readonly string[] = (
  'search resume status ui derive train halve worker queue evaluate predict sharpness export report convert rank ' +
  'forgetting spaces optimizers preconditioners proxies study list init doctor setup specialize compare diff conflicts recipes latency'
).split(' ');

const COMMAND = new RegExp(`(?<![\\w/.-])(?<!npx )weft (?=(?:${COMMANDS.join('|')})\\b)`, 'g');

/** The text with every command that it names as it has to be typed here. */
export function asTyped(text: string, command = invocation()): string {
  return command === 'weft' ? text : text.replace(COMMAND, `${command} `);
}
