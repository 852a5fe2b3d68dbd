/** `weft worker` and `weft queue`. */
import { type Command } from 'commander';
import { json, whole } from './options.js';

/** Adds them to the command line. */
export function addQueueCommands(weft: Command): void {
  weft
    .command('worker')
    .description('do the jobs of a queue, on any machine that reaches it')
    .option('--queue <folder|url>', 'the queue: postgres://user@host/database, or a folder (or WEFT_QUEUE)')
    .option('--slots <n>', 'jobs at a time; one per processor by default', whole(1, 'processes'))
    .option('--results <folder>', 'where jobs are worked on and their weights stay', 'runs/jobs')
    .option(
      '--file <path...>',
      'files of your own (spaces, optimizers, data, …) that jobs may load; nothing else is loaded',
    )
    .option('--until-empty', 'end when there is nothing to do')
    .addOption(json())
    .action(async (options) => (await import('./commands/queue.js')).worker(options));

  const queue = weft.command('queue').description('look into a queue of jobs');
  queue
    .command('status')
    .description('jobs, workers and failures')
    .option('--queue <folder|url>', 'the queue (or WEFT_QUEUE)')
    .addOption(json())
    .action(async (options) => (await import('./commands/queue.js')).queueStatus(options));
  queue
    .command('retry')
    .description('send failed jobs back, all or one')
    .argument('[key]', 'the beginning of its key, as status prints it')
    .option('--queue <folder|url>', 'the queue (or WEFT_QUEUE)')
    .addOption(json())
    .action(async (key, options) => (await import('./commands/queue.js')).queueRetry(key, options));
}
