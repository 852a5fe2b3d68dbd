/** `weft latency`. */
import { type Command } from 'commander';
import { json, whole } from './options.js';

/** Options that select the space. */
const onSpace = (command: Command): Command =>
  command
    .option('-r, --recipe <name>', 'a recipe for space and data')
    .option('-c, --config <file>', 'a YAML configuration')
    .option('--space <name|file>', 'search space')
    .option('--data <name|path>', 'data')
    .option('--set <field=value...>', 'any other field of the configuration')
    .addOption(json());

/** Adds it to the command line. */
export function addLatencyCommands(weft: Command): void {
  const latency = weft.command('latency').description('measure the operations of a space on another device');
  onSpace(latency.command('write'))
    .description('write a script for Node and a page for browsers that measure them there')
    .option(
      '--networks <n>',
      'number of whole networks to measure too, with which sums of operations are compared',
      whole(0, 'architectures'),
      20,
    )
    .option('--out <folder>', 'the folder', 'latency')
    .action(async (options) => (await import('./commands/latency.js')).writeLatency(options));
  onSpace(latency.command('show'))
    .description('what was measured, and how far the sums of operations are from whole networks')
    .argument('<file>', 'what the script or the page has saved')
    .action(async (file, options) => (await import('./commands/latency.js')).showLatency(file, options));
}
