/** Options shared by several commands, and the parsers of their values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { HEADINGS } from './command-groups.js';

const BACKENDS = ['gpu', 'native', 'wasm', 'cpu'];

/** Objects held, or processes started, simultaneously, and their maximum number. */
const MOST = { architectures: 100_000, processes: 1024, ports: 65_535 } as const;

/**
 * An integer of at least `least`, with the maximum for its kind; other input is rejected with the name of the option.
 */
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

/** The backend. */
export const backend = (): Option =>
  new Option('--backend <name>', 'TensorFlow.js backend; by default the best one that loads').choices(BACKENDS);
/** An option that the help shows under a heading of its own. */
const under = (heading: string, flags: string, description: string): Option =>
  new Option(flags, description).helpGroup(heading);

/** Options of a command whose trainings run in many processes. */
export const onMany = (command: Command): Command => {
  const { many } = HEADINGS;
  return command
    .addOption(
      under(many, '--executor <name>', 'where the trainings run: processes of this machine, or a queue').choices([
        'local',
        'queue',
      ]),
    )
    .addOption(
      under(
        many,
        '--queue <folder|url>',
        'a persistent queue: a folder, or postgres://… for many machines (or WEFT_QUEUE)',
      ),
    )
    .addOption(
      under(
        many,
        '--workers <n>',
        'number of parallel trainings on this machine; by default one per processor, and none with a shared database',
      ).argParser(whole(0, 'processes')),
    )
    .addOption(
      under(many, '--threads <n>', 'threads of each training; the result depends on their number').argParser(
        whole(1, 'processes'),
      ),
    )
    .addOption(
      under(many, '--results <folder>', 'folder of results; jobs that have a result there are not repeated').default(
        'runs/jobs',
      ),
    );
};
/** Code and data that a command reading a run may also load; `data` describes the location of its data. */
export const onRun = (command: Command, data?: string): Command => {
  const { run } = HEADINGS;
  if (data !== undefined) command.addOption(under(run, '--data <name|path>', data));
  return command
    .addOption(
      under(
        run,
        '--file <path...>',
        'your own files (spaces, optimizers, data, …) that may be loaded if the run names them',
      ),
    )
    .addOption(under(run, '--trust', 'load whatever code the run names; it runs with your permissions'));
};
export const MOVED = "new place of the run's data, if it was moved; its content must be the same";
export const allowChangedEnvironment = (): Option =>
  new Option(
    '--allow-changed-environment',
    'continue although the number of threads, versions or the machine have changed; this is recorded, because the numbers will differ',
  );
export const json = (): Option => new Option('--json', 'print one JSON object per line, for programs');

/** The kinds of parts that `weft init --kind` writes. */
export const OWN_KINDS = [
  'space',
  'controller',
  'operation',
  'optimizer',
  'preconditioner',
  'regularizer',
  'objective',
  'proxy',
  'data',
  'study',
  'chapter',
];
