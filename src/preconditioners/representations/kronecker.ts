/**
 * Kronecker factors of a layer's curvature: with inputs a and output gradients g, E[aaᵀ ⊗ ggᵀ] ≈ A ⊗ B (Martens &
 * Grosse 2015; for convolutions Grosse & Martens 2016, "expand" in the terminology of Eschenhagen et al. 2023).
 */
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Damping, type Representation, type Statistics } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import {
  eigenvalueSum,
  type Factor,
  factorOf,
  type FactorInverse,
  fewRows,
  invertFactor,
  mergeFactor,
  sizeOf,
  solveLeft,
  solveRight,
} from './factor.js';
import { ownSolved } from './own-factors.js';
import { tableFactors } from './table.js';
import { unitWise } from './unit.js';

export interface KroneckerOptions {
  /**
   * 'expand': every position counts separately; 'reduce': inputs are averaged and gradients summed over the positions
   * of an example first.
   */
  readonly sharing?: 'expand' | 'reduce';
  /**
   * How λ is divided between the factors: by their mean eigenvalues (π, Martens & Grosse 2015, section 6.3), or √λ for
   * each.
   */
  readonly split?: 'pi' | 'even';
  /** Which factors are kept; the other one is the identity. */
  readonly factors?: 'both' | 'input' | 'output';
  /** Whether a factor is kept as rows: if they are few, always, or never. */
  readonly rows?: 'few' | 'always' | 'never';
}

/** A ⊗ B for dense layers and convolutions, and one block per channel for layers with few numbers per channel. */
export function kronecker({
  sharing = 'expand',
  split = 'pi',
  factors = 'both',
  rows = 'few',
}: KroneckerOptions = {}): Representation {
  const kept = (all: Tensor, edge: Tensor | undefined, weight: number): Factor =>
    factorOf(
      all,
      edge,
      weight,
      rows === 'always' || (rows === 'few' && fewRows(all.shape[0], all.shape[1]! + (edge ? 1 : 0))),
    );
  const solver: BlockSolver = {
    byExample: sharing === 'reduce',
    statisticNames: SIDES.flatMap((side) => ['dense', 'rows', 'edge', 'weight'].map((part) => `${side}-${part}`)),
    preparedNames: SIDES.flatMap((side) =>
      ['inverse', 'left', 'edge', 'core', 'gamma'].map((part) => `${side}-${part}`),
    ),
    statistics: (data) => ({
      ...(factors !== 'output' && named('A', kept(...inputRows(data, sharing)))),
      ...(factors !== 'input' && named('B', kept(...outputRows(data, sharing)))),
    }),
    merge: (before, now, shares) =>
      Object.assign(
        {},
        ...SIDES.filter((side) => has(now, side)).map((side) =>
          named(side, mergeFactor(factor(before, side), factor(now, side), shares)),
        ),
      ) as Statistics,
    prepare(statistics, damping) {
      const sides = SIDES.filter((side) => has(statistics, side)).map((side) => ({
        side,
        factor: factor(statistics, side),
      }));
      const sums = sides.map((one) => eigenvalueSum(one.factor));
      const gammas = gammasOf(
        sides.map((one, i) => tf.div(sums[i]!, sizeOf(one.factor))),
        damping,
        split,
      );
      return Object.assign(
        {},
        ...sides.map((one, i) => named(one.side, invertFactor(one.factor, gammas[i]!, damping, sums[i]))),
      ) as Statistics;
    },
    apply(prepared, gradient) {
      const left = has(prepared, 'A') ? solveLeft(inverseOf(prepared, 'A'), gradient) : gradient;
      return has(prepared, 'B') ? solveRight(inverseOf(prepared, 'B'), left) : left;
    },
    prefersOwn: ({ rows: height, columns }, count) => fewRows(count, Math.max(height, columns)),
    applyToOwn(prepared, data, now = {}) {
      const { positions, features } = data.flat!;
      if (
        (sharing === 'reduce' && positions > 1) ||
        !fewRows(features.shape[0], Math.max(data.block.rows, data.block.columns))
      )
        return undefined;
      const side = (which: Side) =>
        has(prepared, which) ? { inverse: inverseOf(prepared, which), now: factor(now, which) } : undefined;
      return ownSolved(data, side('A'), side('B'));
    },
  };
  return {
    name: factors === 'both' ? 'Kronecker' : `Kronecker, ${factors} factor`,
    of: ({ kind }) => (kind === 'matrix' ? solver : kind === 'channels' ? unitWise : tableFactors),
  };
}

type Side = 'A' | 'B';
const SIDES: readonly Side[] = ['A', 'B'];

const named = (side: Side, parts: Factor | FactorInverse): Statistics =>
  Object.fromEntries(
    Object.entries(parts as Record<string, Tensor | undefined>).flatMap(([part, tensor]) =>
      tensor ? [[`${side}-${part}`, tensor]] : [],
    ),
  );
const has = (statistics: Statistics, side: Side): boolean =>
  Object.keys(statistics).some((name) => name.startsWith(`${side}-`));
const factor = (statistics: Statistics, side: Side): Factor => ({
  dense: statistics[`${side}-dense`],
  rows: statistics[`${side}-rows`],
  edge: statistics[`${side}-edge`],
  weight: statistics[`${side}-weight`],
  gram: statistics[`${side}-gram`],
});
const inverseOf = (prepared: Statistics, side: Side): FactorInverse => ({
  inverse: prepared[`${side}-inverse`],
  left: prepared[`${side}-left`],
  edge: prepared[`${side}-edge`],
  core: prepared[`${side}-core`],
  gamma: prepared[`${side}-gamma`],
});

/** The rows of A, a mean over examples and positions: a, the ones appended to it, and the weight of their products. */
function inputRows(data: BlockData, sharing: 'expand' | 'reduce'): [Tensor, Tensor | undefined, number] {
  const { block, flat } = data;
  const rows = sharing === 'reduce' && flat!.positions > 1 ? tf.mean(data.features!, 1) : flat!.features;
  const count = rows.shape[0];
  return [rows, block.bias === undefined ? undefined : tf.ones([1, count]), 1 / count];
}

/**
 * The rows of B, a mean over examples and a sum over positions. With the labels of the data they are √(N·L) times the
 * gradients of the mean loss.
 */
function outputRows(data: BlockData, sharing: 'expand' | 'reduce'): [Tensor, undefined, number] {
  const { flat, ownLabels, examples, labels } = data;
  const reduced = sharing === 'reduce' && flat!.positions > 1;
  if (ownLabels) return [reduced ? tf.sum(data.lossGradient!, 1) : flat!.lossGradient, undefined, labels];
  const passes = reduced ? data.outputs.map((g) => tf.sum(g, 1)) : flat!.outputs;
  return [passes.length === 1 ? passes[0]! : tf.concat([...passes], 0), undefined, 1 / examples];
}

/** A = aᵀa and B = gᵀg as matrices. */
export function denseFactors(data: BlockData): { A: Tensor; B: Tensor } {
  const [A, B] = [inputRows(data, 'expand'), outputRows(data, 'expand')].map(
    ([rows, edge, weight]) => factorOf(rows, edge, weight, false).dense!,
  );
  return { A: A!, B: B! };
}

/** What is added to the diagonal of each factor, given their mean eigenvalues. */
function gammasOf(means: readonly Scalar[], { lambda }: Damping, split: 'pi' | 'even'): Scalar[] {
  if (means.length === 1) return [tf.scalar(lambda)];
  const root = Math.sqrt(lambda);
  if (split === 'even') return [tf.scalar(root), tf.scalar(root)];
  const [a, b] = means.map((mean) => tf.maximum(mean, 1e-30)) as [Scalar, Scalar];
  const pi = tf.sqrt(tf.div(a, b));
  return [tf.maximum(tf.mul(pi, root), LEAST), tf.maximum(tf.div(root, pi), LEAST)];
}

const LEAST = 1e-7;
