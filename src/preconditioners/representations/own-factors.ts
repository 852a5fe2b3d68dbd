/**
 * P_A·(Σ a·gᵀ)·P_B as (a·P_A)ᵀ·(g·P_B), if a batch has fewer examples than the layer has inputs or outputs: then the
 * gradient itself need not be formed first, and nothing of its size is touched more than once.
 */
import { deflated } from '../../tensor/linalg/index.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type OwnGradient } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import { type Factor, type FactorInverse } from './factor.js';

/** One side of the product: its inverse, and the factor of this batch, if it was measured. */
export interface OwnSide {
  readonly inverse: FactorInverse;
  readonly now: Factor;
}

/** A side that is missing is the identity. */
export function ownSolved(data: BlockData, input: OwnSide | undefined, output: OwnSide | undefined): OwnGradient {
  const { block, flat, ownLabels } = data;
  const { features: a, lossGradient: g } = flat!;
  let scale: Scalar | undefined;
  const divide = (by: Tensor): void => {
    scale = scale ? tf.div(scale, by) : tf.div(1, by);
  };
  let y = g;
  if (output?.inverse.inverse) y = tf.matMul(g, output.inverse.inverse);
  else if (output && ownLabels && isOf(output)) {
    y = tf.matMul(output.inverse.core!, g);
    divide(output.now.weight!);
  } else if (output) {
    const { left, core, gamma } = output.inverse;
    y = deflated(g, { rows: left!, core }).x;
    divide(gamma!);
  }
  let [x, edge]: [Tensor, Tensor | undefined] = [a, undefined];
  let gram: (() => Tensor) | undefined;
  if (input?.inverse.inverse) {
    const whole = tf.matMul(flat!.inputs, input.inverse.inverse);
    [x, edge] =
      block.bias === undefined ? [whole, undefined] : (tf.split(whole, [a.shape[1]!, 1], 1) as [Tensor, Tensor]);
  } else if (input && isOf(input)) {
    // (γI + w·RᵀR)⁻¹Rᵀ = Rᵀ·core/w: it can act on the other side instead, if that is narrower.
    divide(input.now.weight!);
    y = tf.matMul(tf.mul(input.inverse.core!, scale!), y);
    scale = undefined;
    gram = () => input.now.gram!;
  } else if (input) {
    const { left, core, edge: last, gamma } = input.inverse;
    ({ x, edge } = deflated(a, { rows: left!, core, edge: last }));
    divide(gamma!);
  }
  const outputs = scale ? tf.mul(y, scale) : y;
  const products = (): Tensor => {
    const plain = tf.matMul(x, a, false, true);
    return block.bias === undefined ? plain : tf.add(plain, edge ?? 1);
  };
  return {
    inputs: x,
    edge,
    outputs,
    // ⟨xᵀy, aᵀg⟩ = Σ (x·aᵀ) ∘ (y·gᵀ).
    inner: () => tf.sum(tf.mul((gram ?? products)(), tf.matMul(outputs, g, false, true))),
  };
}

/** Whether the inverse is Woodbury's of just the rows of this batch: then it has been applied to them already. */
function isOf({ inverse: { left, core }, now: { rows, gram } }: OwnSide): boolean {
  return left !== undefined && core !== undefined && gram !== undefined && left.dataId === rows?.dataId;
}
