/**
 * Kronecker factors of a layer's curvature: with inputs a and output gradients g, E[aaᵀ ⊗ ggᵀ] ≈ A ⊗ B (Martens & Grosse 2015; for
 * convolutions Grosse & Martens 2016, "expand" in the words of Eschenhagen et al. 2023).
 */
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Damping, type OwnGradient, type Representation, type Statistics } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import { type Factor, factorOf, type FactorInverse, fewRows, invertFactor, meanEigenvalue, mergeFactor, solvedRows, solveLeft, solveRight } from './factor.js';
import { tableFactors } from './table.js';
import { unitWise } from './unit.js';

export interface KroneckerOptions {
  /** 'expand': every position counts; 'reduce': mean of the inputs and sum of the gradients over the positions of an example first. */
  readonly sharing?: 'expand' | 'reduce';
  /** How λ is divided between the factors: by their mean eigenvalues (π, Martens & Grosse 2015, section 6.3), or √λ for each. */
  readonly split?: 'pi' | 'even';
  /** Which factors are kept; the other one is the identity. */
  readonly factors?: 'both' | 'input' | 'output';
  /** Whether a factor is kept as the rows that it is made of: where those are few, always, or never. */
  readonly rows?: 'few' | 'always' | 'never';
  /** Eigenvalues below this share of the damping are left out where a factor is kept by rows; 0 for exact inverses. */
  readonly truncate?: number;
}

/** A ⊗ B for dense layers and convolutions, one block a channel for everything that has few numbers a channel. */
export function kronecker({ sharing = 'expand', split = 'pi', factors = 'both', rows = 'few', truncate = 0 }: KroneckerOptions = {}): Representation {
  const solver: BlockSolver = {
    statisticNames: NAMES.flatMap((side) => [`${side}-dense`, `${side}-rows`]),
    preparedNames: NAMES.flatMap((side) => ['inverse', 'left', 'right', 'gamma'].map((part) => `${side}-${part}`)),
    statistics(data) {
      const { a, g } = factorRows(data, sharing);
      const kept = (all: Tensor): Factor => factorOf(all, rows === 'always' || (rows === 'few' && fewRows(all.shape[0], all.shape[1]!)));
      return { ...(factors !== 'output' && named('A', kept(a))), ...(factors !== 'input' && named('B', kept(g))) };
    },
    merge: (before, now, weight) => Object.assign({}, ...SIDES.filter((side) => has(now, side)).map((side) => named(side, mergeFactor(factor(before, side), factor(now, side), weight)))) as Statistics,
    prepare(statistics, damping) {
      const gammas = gammasOf(statistics, damping, split);
      return Object.assign({}, ...SIDES.filter((side) => gammas[side]).map((side) => named(side, invertFactor(factor(statistics, side), gammas[side]!, damping, { truncate })))) as Statistics;
    },
    apply(prepared, gradient) {
      const left = has(prepared, 'A') ? solveLeft(inverse(prepared, 'A'), gradient) : gradient;
      return has(prepared, 'B') ? solveRight(inverse(prepared, 'B'), left) : left;
    },
    applyToOwn: (prepared, data, now = {}) => ownSolved(prepared, data, now, sharing),
  };
  return { name: factors === 'both' ? 'Kronecker' : `Kronecker, ${factors} factor`, of: ({ kind }) => (kind === 'matrix' ? solver : kind === 'channels' ? unitWise : tableFactors) };
}

type Side = 'A' | 'B';
const SIDES: readonly Side[] = ['A', 'B'];
const NAMES = SIDES;

const named = (side: Side, parts: Factor | FactorInverse): Statistics =>
  Object.fromEntries(Object.entries(parts as Record<string, Tensor | undefined>).flatMap(([part, tensor]) => (tensor ? [[`${side}-${part}`, tensor]] : [])));
const has = (statistics: Statistics, side: Side): boolean => Object.keys(statistics).some((name) => name.startsWith(`${side}-`));
const factor = (statistics: Statistics, side: Side): Factor => ({ dense: statistics[`${side}-dense`], rows: statistics[`${side}-rows`] });
const inverse = (prepared: Statistics, side: Side): FactorInverse =>
  ({ inverse: prepared[`${side}-inverse`], left: prepared[`${side}-left`], right: prepared[`${side}-right`], gamma: prepared[`${side}-gamma`] });

/** Rows whose products are the factors: A = aᵀa, a mean over examples and positions; B = gᵀg, a mean over examples and a sum over positions. */
export function factorRows({ block, inputs, outputs, examples }: BlockData, sharing: 'expand' | 'reduce'): { a: Tensor; g: Tensor } {
  const [n, positions] = inputs!.shape as [number, number, number];
  const reduce = sharing === 'reduce' && positions > 1;
  const a = reduce ? tf.mean(inputs!, 1) : tf.reshape(inputs!, [n * positions, block.rows]);
  const gs = outputs.map((g) => (reduce ? tf.sum(g, 1) : tf.reshape(g, [n * positions, block.columns])));
  const g = gs.length === 1 ? gs[0]! : tf.concat(gs, 0);
  return { a: tf.mul(a, 1 / Math.sqrt(a.shape[0])), g: tf.mul(g, 1 / Math.sqrt(examples)) };
}

/** What is added to each factor's diagonal. */
function gammasOf(statistics: Statistics, { lambda }: Damping, split: 'pi' | 'even'): Partial<Record<Side, Tensor>> {
  if (!has(statistics, 'A')) return { B: tf.scalar(lambda) };
  if (!has(statistics, 'B')) return { A: tf.scalar(lambda) };
  const root = Math.sqrt(lambda);
  if (split === 'even') return { A: tf.scalar(root), B: tf.scalar(root) };
  const [a, b] = SIDES.map((side) => tf.maximum(meanEigenvalue(factor(statistics, side)), 1e-30)) as [Tensor, Tensor];
  const pi = tf.sqrt(tf.div(a, b));
  return { A: tf.maximum(tf.mul(root, pi), LEAST), B: tf.maximum(tf.div(root, pi), LEAST) };
}

const LEAST = 1e-7;

/** P_A·(Σ a·gᵀ)·P_B as (a·P_A)ᵀ·(g·P_B), where a batch has fewer examples than the layer inputs or outputs. */
function ownSolved(prepared: Statistics, { block, inputs, lossGradient, examples, ownLabels }: BlockData, now: Statistics, sharing: 'expand' | 'reduce'): OwnGradient | undefined {
  const [n, positions] = inputs!.shape as [number, number, number];
  if ((sharing === 'reduce' && positions > 1) || !fewRows(n * positions, Math.max(block.rows, block.columns))) return undefined;
  const a = tf.reshape(inputs!, [n * positions, block.rows]);
  const g = tf.reshape(lossGradient!, [n * positions, block.columns]);
  // Where the rows of a factor are the very ones that the gradient is made of, they have been solved for already.
  const own = (side: Side, rows: Tensor, perRow: number): Tensor => {
    if (!has(prepared, side)) return rows;
    const solved = solvedRows(inverse(prepared, side), now[`${side}-rows`]);
    return solved ? tf.mul(solved, perRow) : solveRight(inverse(prepared, side), rows);
  };
  const x = own('A', a, Math.sqrt(n * positions));
  const y = ownLabels ? own('B', g, 1 / Math.sqrt(examples)) : has(prepared, 'B') ? solveRight(inverse(prepared, 'B'), g) : g;
  return {
    inputs: x, outputs: y,
    // ⟨xᵀy, aᵀg⟩ = Σ (x·aᵀ) ∘ (y·gᵀ).
    inner: () => tf.sum(tf.mul(tf.matMul(x, a, false, true), tf.matMul(y, g, false, true))),
  };
}
