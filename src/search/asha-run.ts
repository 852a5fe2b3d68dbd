/**
 * Runs asynchronous successive halving with several trainings at a time, done elsewhere; only the order in which they
 * finish has to be recorded.
 */
import { WeftError } from '../errors.js';
import { type Asha, type Trained, type Training } from './asha.js';

/** A training that has finished, in the order of finishing. */
export interface AshaStep extends Trained {
  readonly candidate: string;
  readonly rung: number;
  /** Why it has no score. */
  readonly failure?: string;
}

export interface RunAshaOptions {
  /** Number of trainings at a time. */
  readonly parallel: number;
  /** The record of an earlier attempt; its decisions are repeated without any training. */
  readonly recorded?: readonly AshaStep[];
  /** Called for every training that finishes after that, before any decision depends on it. */
  readonly onStep?: (step: AshaStep, training: Training) => void;
}

/**
 * Runs the trainings that `asha` decides on, `parallel` of them at a time, until there is nothing more to do. An error
 * from `train` ends it: a training that fails should return a score of -Infinity, so that the others continue. With one
 * at a time the decisions follow from the results; with more, from the order in which they arrive, and the record of
 * `onStep` calls reproduces them. Throws WeftError('run') for a record of other trainings.
 */
export async function runAsha(
  asha: Asha,
  train: (training: Training) => Promise<Trained & { readonly failure?: string }>,
  { parallel, recorded = [], onStep = () => undefined }: RunAshaOptions,
): Promise<void> {
  const open = new Map<string, Training>();
  const fill = (): Training[] => {
    const begun: Training[] = [];
    while (open.size < parallel) {
      const training = asha.next();
      if (!training) break;
      open.set(keyOf(training), training);
      begun.push(training);
    }
    return begun;
  };
  const finish = (step: AshaStep, index?: number): Training => {
    const training = open.get(keyOf(step));
    if (!training)
      throw new WeftError(
        'run',
        `the record of finished trainings does not match: number ${(index ?? 0) + 1} is ${step.candidate}, which was not being trained`,
        'the record was changed or belongs to other candidates: start in another folder (--out)',
      );
    open.delete(keyOf(step));
    return training;
  };
  fill();
  for (const [index, step] of recorded.entries()) {
    asha.finish(finish(step, index), step);
    fill();
  }
  const arrivals = arrivalsOf<AshaStep>();
  const begin = (training: Training): void => {
    const { candidate, rung } = training;
    arrivals.expect(train(training).then((trained) => ({ candidate, rung, ...trained })));
  };
  [...open.values()].forEach(begin);
  while (open.size > 0) {
    const step = await arrivals.next();
    const training = finish(step);
    onStep(step, training);
    asha.finish(training, step);
    fill().forEach(begin);
  }
}

const keyOf = ({ candidate, rung }: Pick<AshaStep, 'candidate' | 'rung'>): string => `${rung} ${candidate}`;

/** Results in the order in which they arrive; a failure is thrown to the next call of `next`. */
function arrivalsOf<T>(): { expect(result: Promise<T>): void; next(): Promise<T> } {
  const ready: Promise<T>[] = [];
  let wake = (): void => undefined;
  return {
    expect(result) {
      const arrive = (): void => {
        ready.push(result);
        wake();
      };
      result.then(arrive, arrive);
    },
    async next() {
      while (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return ready.shift()!;
    },
  };
}
