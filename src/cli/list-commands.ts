/** `weft list`, and the commands of earlier versions that list parts of one kind. */
import { type Command } from 'commander';
import { json } from './options.js';

/** Adds them to the command line. */
export function addListCommands(weft: Command): void {
  weft
    .command('list')
    .description(
      'list everything that can be chosen by name: the kinds, the parts of one kind, or the options of one part',
    )
    .argument(
      '[kind]',
      'spaces, controllers, optimizers, preconditioners, regularizers, objectives, proxies, predictors, studies or data',
    )
    .argument('[name|file]', 'one of them in detail')
    .addOption(json())
    .action(async (kind, name, options) => (await import('./commands/list.js')).list(kind, name, options));
  // The names of earlier versions.
  weft
    .command('spaces', { hidden: true })
    .description('list the search spaces and controllers, with their options')
    .argument('[name|file]', 'one space or controller in detail')
    .addOption(json())
    .action(async (name, options) => (await import('./commands/list.js')).spaces(name, options));
  for (const kind of ['optimizers', 'preconditioners', 'proxies'])
    weft
      .command(kind, { hidden: true })
      .description(`the same as weft list ${kind}`)
      .addOption(json())
      .action(async (options) => (await import('./commands/list.js')).list(kind, undefined, options));
}
