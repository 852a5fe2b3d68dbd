/** Options of `weft halve`: asynchronous halving, and training of the best. */
import { type Command, Option } from 'commander';
import { number, whole } from './options.js';

/** Options of asynchronous successive halving. */
export const asynchronously = (command: Command): Command =>
  command
    .option('--asha', 'promote a candidate as soon as it is among the best of its rung so far, and train it further')
    .option('--longest <n>', 'with --asha: largest number of epochs of a training', whole(1))
    .option(
      '--parallel <n>',
      'with --asha: number of parallel trainings, if a queue has more workers than this machine',
      whole(1),
    )
    .option('--brackets <n>', 'with --asha: brackets that share the candidates, as in Hyperband', whole(1))
    .addOption(
      new Option(
        '--order <by>',
        'with --asha: how the candidates of a rung are ranked: by their last result (the default) or by what their learning curve predicts',
      ).choices(['last', 'curve']),
    )
    .option(
      '--stop-below <p>',
      'with --asha: stop a candidate whose probability of becoming the best, predicted from its learning curve, is below this',
      number,
    );

/** Options that restrict which candidates may win, and whether the best are trained from scratch. */
export const choosing = (command: Command): Command =>
  command
    .option('--pick <conditions>', 'only networks that meet them can win, for example "parameters<100k"')
    .option('--latency-table <file>', 'latencies of a device for --pick, by weft latency write')
    .option(
      '--retrain-top <k>',
      'train the best k from scratch, each with its hyper-parameters, and test them',
      whole(1),
    );
