/**
 * Successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943): many candidates are trained for a few epochs, the
 * best of them for more, and so on, until one is left. Each rung trains from scratch, so that the learning-rate
 * schedule of every training is complete; with a factor of 3 this costs at most half as much again as continuing would.
 */
import { WeftError } from '../errors.js';
import { type Hyperparameters } from './hyperparameters/index.js';

export interface HalvingOptions {
  /** Candidates of the first rung. */
  readonly candidates: number;
  /** One in this many is promoted to the next rung, where it is trained this many times longer. */
  readonly factor: number;
  /** Epochs of the first rung. */
  readonly epochs: number;
}

export interface Rung {
  readonly epochs: number;
  readonly candidates: number;
}

export interface Placed {
  readonly architecture: string;
  /** The values it was trained with, if hyper-parameters are searched too. */
  readonly hyperparameters?: Hyperparameters;
  /** Higher is better. */
  readonly score: number;
}

export interface RungResult extends Rung {
  /** Best first. */
  readonly ranking: readonly Placed[];
}

/** The longest training of a halving, in epochs: more would not end, and soon not be counted exactly. */
const MOST_EPOCHS = 1_000_000;

/** Throws WeftError('config') if the longest training has more epochs than any halving can do. */
export function requireEpochs(longest: number): void {
  if (longest > MOST_EPOCHS)
    throw new WeftError(
      'config',
      `the longest training of this halving would have ${longest} epochs, more than ${MOST_EPOCHS}`,
      'begin with fewer epochs (--first), or use fewer candidates or a smaller factor',
    );
}

/** How many candidates each rung trains, and for how long; the last rung trains at least one. */
export function rungsOf({ candidates, factor, epochs }: HalvingOptions): Rung[] {
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;
  if (!whole(candidates, 1) || !whole(factor, 2) || !whole(epochs, 1))
    throw new WeftError(
      'config',
      `successive halving of ${candidates} candidates by ${factor} from ${epochs} epochs`,
      'use at least 1 candidate, a factor of at least 2 and 1 epoch',
    );
  const rungs: Rung[] = [];
  for (let count = candidates, length = epochs; count >= 1; count = Math.floor(count / factor), length *= factor)
    rungs.push({ candidates: count, epochs: length });
  requireEpochs(rungs.at(-1)!.epochs);
  return rungs;
}

/**
 * Runs the rungs on these distinct candidates (text encodings). All trainings of a rung are requested at once, so that
 * the evaluator can run them in parallel; equal scores are ordered by the text, so that the order of finishing does not
 * matter.
 */
export async function successiveHalving(
  candidates: readonly string[],
  options: Omit<HalvingOptions, 'candidates'>,
  evaluate: (architecture: string, epochs: number) => Promise<number>,
  onRung: (result: RungResult) => void = () => {},
): Promise<RungResult[]> {
  const results: RungResult[] = [];
  let alive = candidates;
  for (const rung of rungsOf({ ...options, candidates: candidates.length })) {
    alive = alive.slice(0, rung.candidates);
    const scores = await Promise.all(alive.map((architecture) => evaluate(architecture, rung.epochs)));
    const ranking = alive
      .map((architecture, i) => ({ architecture, score: scores[i]! }))
      .sort((a, b) => b.score - a.score || (a.architecture < b.architecture ? -1 : 1));
    const result = { ...rung, ranking };
    results.push(result);
    onRung(result);
    alive = ranking.map(({ architecture }) => architecture);
  }
  return results;
}

/** A candidate where it was trained longest. */
export interface Standing extends Placed {
  readonly epochs: number;
}

/**
 * Every candidate of all rounds where it was trained longest; those that were trained longest first, and of these the
 * best.
 */
export function standingsOf(rounds: readonly (readonly RungResult[])[]): Standing[] {
  const found = new Map<string, Standing>();
  for (const rungs of rounds)
    for (const { epochs, ranking } of rungs)
      for (const placed of ranking) {
        const key = JSON.stringify([placed.architecture, placed.hyperparameters]);
        if ((found.get(key)?.epochs ?? 0) < epochs) found.set(key, { ...placed, epochs });
      }
  return [...found.values()].sort((a, b) => b.epochs - a.epochs || b.score - a.score);
}
