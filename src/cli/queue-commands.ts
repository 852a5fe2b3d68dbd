/** `weft worker` and `weft queue`. */
import { type Command } from 'commander';
import { json, whole } from './options.js';

/** Adds them to the command line. */
export function addQueueCommands(weft: Command): void {
  weft
    .command('worker')
    .description('do the jobs of a queue, on any machine that can reach it')
    .option('--queue <folder|url>', 'the queue: postgres://user@host/database, or a folder (or WEFT_QUEUE)')
    .option('--slots <n>', 'number of parallel jobs; one per processor by default', whole(1, 'processes'))
    .option('--results <folder>', 'folder in which jobs are done and their weights are kept', 'runs/jobs')
    .option('--file <path...>', 'your own files (spaces, optimizers, data, …) that jobs may load; no others are loaded')
    .option('--until-empty', 'end when there is nothing left to do')
    .addOption(json())
    .action(async (options) => (await import('./commands/queue.js')).worker(options));

  const queue = weft.command('queue').description('inspect a queue of jobs');
  queue
    .command('status')
    .description('show jobs, workers and failures')
    .option('--queue <folder|url>', 'the queue (or WEFT_QUEUE)')
    .addOption(json())
    .action(async (options) => (await import('./commands/queue.js')).queueStatus(options));
  queue
    .command('retry')
    .description('send failed jobs back to the queue, all or one')
    .argument('[key]', 'the beginning of its key, as printed by status')
    .option('--queue <folder|url>', 'the queue (or WEFT_QUEUE)')
    .addOption(json())
    .action(async (key, options) => (await import('./commands/queue.js')).queueRetry(key, options));
}
