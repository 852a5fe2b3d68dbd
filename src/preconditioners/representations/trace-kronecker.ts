/**
 * Trace-restricted Kronecker factors (Gao et al. 2021, TKFAC): F ≈ δ·Φ ⊗ Ψ with δ = E[tr Λ·tr Γ], Φ = E[tr Γ·Λ]/δ, Ψ =
 * E[tr Λ·Γ]/δ for Λ = a·aᵀ and Γ = g·gᵀ of each example and position: the trace is that of F.
 */
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import { invertFactor, solveLeft, solveRight } from './factor.js';
import { tableFactors } from './table.js';
import { unitWise } from './unit.js';

/** Φ and Ψ times δ, and δ; all are means over the examples. */
export function traceFactors({ flat, examples }: BlockData): {
  input: Tensor;
  output: Tensor;
  delta: Tensor;
} {
  const a = flat!.inputs;
  const sizes = tf.sum(tf.square(a), 1, true);
  const parts = flat!.outputs.map((g) => {
    const lengths = tf.sum(tf.square(g), 1, true);
    return [
      tf.matMul(tf.mul(a, lengths), a, true, false),
      tf.matMul(tf.mul(g, sizes), g, true, false),
      tf.sum(tf.mul(sizes, lengths)),
    ] as const;
  });
  const mean = (place: 0 | 1 | 2): Tensor => tf.div(tf.addN(parts.map((part) => part[place])), examples);
  return { input: mean(0), output: mean(1), delta: mean(2) };
}

const solver: BlockSolver = {
  statisticNames: ['input', 'output', 'delta'],
  preparedNames: ['input-inverse', 'output-inverse'],
  statistics: (data) => ({ ...traceFactors(data) }),
  prepare({ input, output, delta }, damping) {
    // √δ·Φ + √λ·I and √δ·Ψ + √λ·I.
    const root = tf.rsqrt(tf.maximum(delta!, 1e-30));
    const gamma = tf.scalar(Math.sqrt(damping.lambda));
    const [a, b] = [input!, output!].map(
      (matrix) => invertFactor({ dense: tf.mul(matrix, root) }, gamma, damping).inverse!,
    );
    return { 'input-inverse': a!, 'output-inverse': b! };
  },
  apply: (prepared, gradient) =>
    solveRight({ inverse: prepared['output-inverse'] }, solveLeft({ inverse: prepared['input-inverse'] }, gradient)),
};

export const traceKronecker: Representation = {
  name: 'trace-restricted Kronecker',
  of: ({ kind }) => (kind === 'matrix' ? solver : kind === 'channels' ? unitWise : tableFactors),
};
