/** The Pareto front of the candidates of a search with several objectives. */
import { kneeOf, paretoFront, type Point } from '../pareto/index.js';
import { type CostMeasure } from './costs.js';
import { type Objective } from './objective.js';

export interface CostedCandidate {
  readonly architecture: string;
  readonly hash: string;
  readonly accuracy: number | null;
  readonly loss: number;
  readonly score?: number;
  /** By name. */
  readonly costs?: Readonly<Record<string, number>>;
}

export interface Front<C extends CostedCandidate> {
  /** Best quality first. */
  readonly members: readonly C[];
  /** The compromise: the closest to the best values of all objectives together. */
  readonly knee: C;
}

/**
 * The front of these candidates, each network once; undefined without candidates. Throws WeftError('numeric') if a cost
 * is NaN.
 */
export function frontOf<C extends CostedCandidate>(
  candidates: readonly C[],
  measure: Objective['measure'],
  { names, more }: Pick<CostMeasure, 'names' | 'more'>,
): Front<C> | undefined {
  const distinct = [...new Map(candidates.map((one) => [one.hash, one])).values()];
  const points = distinct.map((one): Point => [
    measure === 'loss' ? one.loss : -(one[measure] ?? 0),
    ...names.map((name) => (more.has(name) ? -1 : 1) * (one.costs?.[name] ?? NaN)),
  ]);
  const front = paretoFront(points);
  const knee = kneeOf(front.map((index) => points[index]!));
  if (knee === undefined) return undefined;
  return { members: front.map((index) => distinct[index]!), knee: distinct[front[knee]!]! };
}
