import { z } from 'zod';
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { addToDiagonal } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { optimizer } from '../entry.js';
import { scaled } from '../named-arithmetic.js';
import { type GradientTransform } from '../transform.js';
import { movingMean, scaleByAdam } from '../transforms/adaptive.js';
import { type Mask } from '../transforms/decay.js';
import { masked } from '../transforms/masked.js';
import { assemble, commonOptions, fraction, positive } from './assemble.js';

export interface MuonOptions {
  /** Share of the momentum that survives a step. */
  momentum?: number;
  nesterov?: boolean;
  /** Newton-Schulz iterations. */
  iterations?: number;
}

/**
 * m <- beta m + (1 - beta) u; u <- sqrt(max(1, out/in)) O(m), or O((1 - beta) u + beta m) with Nesterov's look ahead, where O
 * replaces the singular values by about one (Jordan et al. 2024). A kernel [.., in, out] is read as the matrix [.. in, out].
 */
export function orthogonalizedMomentum({
  momentum = 0.95,
  nesterov = true,
  iterations = 5,
}: MuonOptions = {}): GradientTransform {
  return {
    name: 'muon',
    update(updates, slots) {
      const matrices = mapNamed(updates, (update, name) => {
        const m = movingMean(slots.get('m', name), update, momentum);
        slots.set('m', name, m);
        return tf.reshape(nesterov ? movingMean(update, m, 1 - momentum) : m, [-1, update.shape.at(-1)!]);
      });
      const directions = eachStack(matrices, (stack) => {
        const [rows, columns] = stack.shape.slice(-2) as [number, number];
        return tf.mul(orthogonalize(stack, iterations), Math.sqrt(Math.max(1, columns / rows)));
      });
      return mapNamed(updates, (update, name) => tf.reshape(directions[name]!, update.shape));
    },
  };
}

/** `f` of all matrices of one shape at a time, stacked to [count, rows, columns]: a child has many alike, and each kernel call costs. One by itself stays as it is. */
function eachStack(matrices: NamedTensors, f: (stack: Tensor) => Tensor): NamedTensors {
  const names = new Map<string, string[]>();
  for (const [name, { shape }] of Object.entries(matrices))
    names.set(shape.join(), [...(names.get(shape.join()) ?? []), name]);
  const results: Record<string, Tensor> = {};
  for (const alike of names.values()) {
    const parts =
      alike.length === 1 ? [f(matrices[alike[0]!]!)] : tf.unstack(f(tf.stack(alike.map((name) => matrices[name]!))));
    alike.forEach((name, i) => (results[name] = parts[i]!));
  }
  return results;
}

/** Matrices [.., rows, columns] with their singular values pushed to between about 0.5 and 1.5, by the quintic Newton-Schulz iteration of Muon. */
export function orthogonalize<X extends Tensor>(matrices: X, iterations = 5): X {
  const [a, b, c] = [3.4445, -4.775, 2.0315];
  const tall = matrices.shape.at(-2)! > matrices.shape.at(-1)!;
  // The Gram matrix of the shorter side is the smaller one.
  const gram = (x: Tensor): Tensor => (tall ? tf.matMul(x, x, true, false) : tf.matMul(x, x, false, true));
  let x: Tensor = tf.div(matrices, tf.add(tf.sqrt(tf.sum(tf.square(matrices), [-2, -1], true)), 1e-7));
  for (let i = 0; i < iterations; i++) {
    const g = gram(x);
    // a·x + (b·g + c·g²)·x, the first term on the diagonal of the smaller matrix.
    const polynomial = addToDiagonal(tf.add(tf.mul(g, b), tf.mul(tf.matMul(g, g), c)), a);
    x = tall ? tf.matMul(x, polynomial) : tf.matMul(polynomial, x);
  }
  return x as X;
}

/** Updates times a constant. */
function scaleBy(factor: number): GradientTransform {
  return { name: 'scale', update: (updates) => scaled(updates, factor) };
}

export const muon = optimizer({
  name: 'muon',
  kind: 'base',
  cost: '1',
  formula: 'm <- mean of g; w <- w - lr sqrt(max(1, out/in)) orthogonalized(m); AdamW for what is no matrix',
  reference: 'Jordan et al. 2024',
  schema: z.strictObject({
    name: z.literal('muon'),
    momentum: fraction.default(0.95),
    nesterov: z.boolean().default(true),
    iterations: z.int().min(1).default(5).describe('Newton-Schulz iterations'),
    adamRate: z
      .number()
      .min(0)
      .default(3e-4)
      .describe('learning rate of biases, normalization, embeddings and the parameters in `adamFor`'),
    adamFor: z
      .array(z.string())
      .default(['classifier', 'head', 'logits'])
      .describe('parameters that Adam trains: those whose name starts so'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.95),
    epsilon: positive.default(1e-10),
    ...commonOptions({ learningRate: 0.02, decayPlace: 'step' }),
  }),
  create: (options, setting) => {
    const isMatrix: Mask = (name) =>
      (setting.roleOf?.(name) ?? 'kernel') === 'kernel' && !options.adamFor.some((prefix) => name.startsWith(prefix));
    const isOther: Mask = (name) => !isMatrix(name);
    const adamShare = options.learningRate === 0 ? 0 : options.adamRate / options.learningRate;
    return assemble(options, setting, [
      masked(isMatrix, orthogonalizedMomentum(options)),
      masked(isOther, scaleByAdam(options)),
      masked(isOther, scaleBy(adamShare)),
    ]);
  },
});
