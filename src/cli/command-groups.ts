/** The headings under which `weft --help` lists the commands, and the help of a command its options. */
import { type Command, type Help } from 'commander';

const HELP = 'This machine:';
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Search and train:': ['search', 'resume', 'derive', 'train', 'halve', 'specialize'],
  'Use a network:': ['predict', 'evaluate', 'export'],
  'Look at runs:': ['status', 'ui', 'report', 'compare', 'diff', 'convert'],
  'Measure:': ['rank', 'forgetting', 'conflicts', 'sharpness', 'latency', 'study'],
  'Use many machines:': ['worker', 'queue'],
  'Find and write parts:': ['recipes', 'list', 'init'],
  [HELP]: ['doctor', 'setup'],
};

/** The headings of the options that several commands share; a command's own come first, under "Options:". */
export const HEADINGS = { many: 'Several processes or machines:', run: 'What the run needs:' } as const;
const ORDER = ['Options:', ...Object.keys(GROUPS), ...Object.values(HEADINGS)];

/** Puts every command under its heading; commands added later have none. */
export function groupCommands(weft: Command): void {
  for (const [heading, names] of Object.entries(GROUPS))
    for (const name of names) weft.commands.find((command) => command.name() === name)?.helpGroup(heading);
  weft.commandsGroup(HELP).helpCommand('help [command]', 'display help for command');
}

/**
 * For `configureHelp`: headings appear in the order of the table, not of the command definitions; empty ones are not
 * shown.
 */
export const groupItems: Help['groupItems'] = (_items, visible, groupOf) => {
  const groups = new Map(ORDER.map((heading) => [heading, [] as typeof visible]));
  for (const item of visible) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return groups;
};

/** After an error in its arguments or options, each command refers to its own help, not to the list of all commands. */
export function referToOwnHelp(above: Command, path = above.name()): void {
  for (const command of above.commands) {
    const name = `${path} ${command.name()}`;
    const listed = command.commands.length > 0 ? 'commands' : 'arguments and options';
    command.showHelpAfterError(`(${name} --help lists its ${listed})`);
    referToOwnHelp(command, name);
  }
}
