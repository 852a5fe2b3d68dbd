/**
 * Asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm
 * 2): a free worker continues a candidate that is among the best 1/η of those that have finished its rung so far, or
 * begins a new one if there is none. No candidate waits for a rung to be complete. Several brackets, which start with
 * longer trainings, make it asynchronous Hyperband.
 */
import { WeftError } from '../errors.js';
import { fitLearningCurve, type LearningCurve } from '../predictors/learning-curve.js';
import { smallestOf } from '../statistics/extremes.js';
import { requireEpochs } from './halving.js';

export interface AshaOptions {
  /** η: one in this many is promoted, and is trained this many times longer. */
  readonly factor: number;
  /** Epochs of the first rung. */
  readonly first: number;
  /** Maximum number of epochs of a rung. */
  readonly longest: number;
  /** How many brackets share the candidates; the second begins with the second rung, and so on. */
  readonly brackets?: number;
  /**
   * How candidates of a rung are ordered: by their last result, or by the extrapolation of their learning curves.
   * Default `last`.
   */
  readonly order?: 'last' | 'curve';
  /**
   * Stops a candidate if, by its learning curve, the probability that it ends above the best value of any other is
   * below this; none by default.
   */
  readonly stopBelow?: number;
}

/** The next training to run. */
export interface Training {
  readonly candidate: string;
  /** Counted from 0 in every bracket: rung k trains first·η^k epochs. */
  readonly rung: number;
  readonly bracket: number;
  readonly epochs: number;
}

/** The result of a training. */
export interface Trained {
  /** Higher is better; -Infinity for one that has failed or diverged. */
  readonly score: number;
  /** Losses or error rates after each epoch so far; less is better. */
  readonly curve: readonly number[];
  /** Standard error of the values of the curve, as far as it is known. */
  readonly noise?: number;
}

export interface Asha {
  /** Epochs of each rung. */
  readonly rungs: readonly number[];
  /** What a free worker should do next; undefined if there is nothing until a running training finishes. */
  next(): Training | undefined;
  /** Records the result of a training that `next` returned. */
  finish(training: Training, trained: Trained): void;
  /** All that have finished a rung, of all brackets, best first by score. */
  ranking(rung: number): readonly { readonly candidate: string; readonly score: number }[];
  /** Those that were stopped by their learning curves, in order. */
  readonly stopped: readonly Stopped[];
}

export interface Stopped {
  readonly candidate: string;
  /** The last one that it has finished. */
  readonly rung: number;
  /** Estimated probability that it would have ended above the best value of the others. */
  readonly chance: number;
}

interface Finished {
  readonly candidate: string;
  readonly score: number;
  /** The value that decides which candidates are promoted. */
  readonly place: number;
  /** The last value of its curve; Infinity if there is none. */
  readonly value: number;
  readonly curve: LearningCurve | undefined;
}

/**
 * The decisions about these distinct candidates, which are started in this order. They depend only on the order in
 * which results arrive: the same order gives the same decisions. Throws WeftError('config') for settings under which no
 * candidate would be promoted.
 */
export function createAsha(candidates: readonly string[], options: AshaOptions): Asha {
  const { factor, order = 'last', stopBelow = 0 } = options;
  const rungs = rungEpochs(options, candidates.length);
  const shares = bracketShares(candidates.length, options, rungs.length);
  const waiting = shares.map(({ from, to }) => candidates.slice(from, to));
  const finished = shares.map(() => rungs.map((): Finished[] => []));
  const settled = shares.map(() => rungs.map(() => new Set<string>()));
  const stopped: Stopped[] = [];
  const last = rungs.length - 1;
  const isFitted = order === 'curve' || stopBelow > 0;
  let turn = 0;

  const training = (candidate: string, bracket: number, rung: number): Training => ({
    candidate,
    bracket,
    rung,
    epochs: rungs[rung]!,
  });
  /** Whether it is promoted; reported once for each. */
  const isWorthIt = (one: Finished, rung: number): boolean => {
    if (!one.curve || stopBelow === 0) return true;
    const others = finished.flat(2).filter(({ candidate }) => candidate !== one.candidate);
    const best = smallestOf(others.map(({ value }) => value));
    const chance = one.curve.chanceBelow(rungs[last]!, best);
    if (!(chance < stopBelow)) return true;
    stopped.push({ candidate: one.candidate, rung, chance });
    return false;
  };
  const promotion = (bracket: number): Training | undefined => {
    for (let rung = last - 1; rung >= bracket; rung--) {
      const done = finished[bracket]![rung]!;
      for (const one of done.slice(0, Math.floor(done.length / factor))) {
        const seen = settled[bracket]![rung]!;
        if (seen.has(one.candidate) || one.score === -Infinity) continue;
        seen.add(one.candidate);
        if (isWorthIt(one, rung)) return training(one.candidate, bracket, rung + 1);
      }
    }
    return undefined;
  };

  return {
    rungs,
    stopped,
    next() {
      // Brackets take turns, so that all of them progress at the same time.
      const round = shares.map((_, i) => (turn + i) % shares.length);
      for (const bracket of round) {
        const fresh = (): Training | undefined => {
          const candidate = waiting[bracket]!.shift();
          return candidate === undefined ? undefined : training(candidate, bracket, bracket);
        };
        const found = promotion(bracket) ?? fresh();
        if (!found) continue;
        turn = (bracket + 1) % shares.length;
        return found;
      }
      return undefined;
    },
    finish({ candidate, bracket, rung }, { score, curve: values, noise }) {
      const curve = isFitted && score !== -Infinity ? fitLearningCurve(values, noise) : undefined;
      const place = curve && order === 'curve' ? -curve.at(rungs[last]!) : score;
      const value = score === -Infinity ? Infinity : (values.at(-1) ?? Infinity);
      const done = finished[bracket]![rung]!;
      done.push({ candidate, score, place, value, curve });
      // Ties are broken by the text, not by who came first.
      done.sort((a, b) => descending(a.place, b.place) || (a.candidate < b.candidate ? -1 : 1));
    },
    ranking: (rung) =>
      finished
        .flatMap((bracket) => bracket[rung]!)
        .sort((a, b) => descending(a.score, b.score) || (a.candidate < b.candidate ? -1 : 1))
        .map(({ candidate, score }) => ({ candidate, score })),
  };
}

/** Two of -Infinity are equal. */
const descending = (a: number, b: number): number => (a === b ? 0 : b - a);

/** Epochs of each rung: first·η^k, up to the longest. */
function rungEpochs(
  { factor, first, longest, brackets = 1, stopBelow = 0 }: AshaOptions,
  candidates: number,
): number[] {
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;
  const refuse = (what: string, remedy: string): never => {
    throw new WeftError('config', `asynchronous successive halving ${what}`, remedy);
  };
  if (!whole(factor, 2))
    refuse(`by a factor of ${factor}`, 'use a whole number of at least 2: one of that many candidates is promoted');
  if (!whole(first, 1)) refuse(`from ${first} epochs`, 'the first rung needs at least 1 epoch');
  if (!whole(candidates, factor))
    refuse(
      `of ${candidates} candidates by ${factor} promotes no candidate`,
      `use at least ${factor} candidates, or a smaller factor`,
    );
  requireEpochs(longest);
  if (!(Number.isInteger(longest) && longest >= first * factor))
    refuse(
      `from ${first} to ${longest} epochs by ${factor} has only one rung, so no candidate can be promoted`,
      `train the best for at least ${first * factor} epochs`,
    );
  const rungs: number[] = [];
  for (let epochs = first; epochs <= longest; epochs *= factor) rungs.push(epochs);
  if (!whole(brackets, 1) || brackets > rungs.length)
    refuse(`in ${brackets} brackets with ${rungs.length} rungs`, `use 1 to ${rungs.length} brackets`);
  if (!(stopBelow >= 0 && stopBelow < 1))
    refuse(`that stops below a probability of ${stopBelow}`, 'use a number from 0 (which stops no candidate) to 1');
  return rungs;
}

/**
 * Which candidates each bracket starts with: as in Hyperband (Li et al. 2018, algorithm 1) about η^-s / (K - s), for K
 * rungs, so that all brackets cost about the same.
 */
function bracketShares(
  count: number,
  { factor, brackets = 1 }: AshaOptions,
  rungs: number,
): { readonly from: number; readonly to: number }[] {
  const weights = Array.from({ length: brackets }, (_, s) => factor ** -s / (rungs - s));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const ends = weights.map((weight) => Math.round((count * (sum += weight)) / total));
  const shares = ends.map((to, s) => ({ from: s === 0 ? 0 : ends[s - 1]!, to }));
  const empty = shares.findIndex(({ from, to }) => to === from);
  if (empty >= 0)
    throw new WeftError(
      'config',
      `${count} candidates leave none for bracket ${empty + 1} of ${brackets}`,
      'use more candidates or fewer brackets',
    );
  return shares;
}
