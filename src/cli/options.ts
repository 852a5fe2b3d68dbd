/** Options that several commands have, and the values that they take. */
import { type Command, InvalidArgumentError, Option } from 'commander';

const BACKENDS = ['gpu', 'native', 'wasm', 'cpu'];

/** What is held, or started, at the same time, and how many of it at most. */
const MOST = { architectures: 100_000, processes: 1024, ports: 65_535 } as const;

/** A whole number of at least `least`, of things of which there may be so many at most; what else is typed is refused with the name of the option. */
export const whole =
  (least: number, of?: keyof typeof MOST) =>
  (text: string): number => {
    const value = number(text);
    const most = of === undefined ? Infinity : MOST[of];
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `It must be a whole number of at least ${least}${of === undefined ? '' : ` and at most ${most}`}.`,
    );
  };

/** A finite number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** What computes. */
export const backend = (): Option =>
  new Option('--backend <name>', 'TensorFlow.js backend; the best that loads by default').choices(BACKENDS);
/** Options of a command that has its trainings done by many processes. */
export const onMany = (command: Command): Command =>
  command
    .addOption(
      new Option('--executor <name>', 'where the trainings run: processes of this machine, or a queue').choices([
        'local',
        'queue',
      ]),
    )
    .option(
      '--queue <folder|url>',
      'a queue that survives everything: a folder, or postgres://… for many machines (or WEFT_QUEUE)',
    )
    .option(
      '--workers <n>',
      'trainings at a time on this machine; one per processor by default, none where a database is shared',
      whole(0, 'processes'),
    )
    .option('--threads <n>', 'threads of each training; part of what its result depends on', whole(1, 'processes'))
    .option('--results <folder>', 'where results are kept: what is there is never done again', 'runs/jobs');
/** What a command that reads a run may load beside it; `data` describes where its data lies now. */
export const onRun = (command: Command, data?: string): Command => {
  if (data !== undefined) command.option('--data <name|path>', data);
  return command
    .option(
      '--file <path...>',
      'files of your own (spaces, optimizers, data, …) that may be loaded where the run names them',
    )
    .option('--trust', 'load whatever code the run names: it runs as you');
};
export const MOVED = 'where the data of the run lies now, if it was moved; its content must be the same';
export const allowChangedEnvironment = (): Option =>
  new Option(
    '--allow-changed-environment',
    'go on although threads, versions or the machine are others than before; recorded, because the numbers differ',
  );
export const json = (): Option => new Option('--json', 'one JSON object per line instead of words, for programs');
