/** Preconditioners that need only the gradient, one tensor at a time. */
import { type Slots } from '../../chain/state.js';
import { type Scalar, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { raisedCount } from '../raised-damping.js';

/** One tensor in one step. */
export interface TensorStep {
  readonly name: string;
  readonly gradient: Tensor;
  readonly slots: Slots;
  /** Counts a matrix that needed more on its diagonal before it could be factored. */
  readonly raise: () => void;
  /** A decision that depends on how often this tensor has been updated, this time included. */
  when(of: (updates: number) => boolean): boolean;
  /** A scalar that depends on that number. */
  scalar(of: (updates: number) => number): Scalar;
}

/**
 * The preconditioner that applies `f` to every gradient tensor; a tensor without a result is not updated in this step.
 */
export function perTensor(name: string, f: (step: TensorStep) => Tensor | undefined): Link {
  return {
    name,
    layers: () => undefined,
    update(gradients, step) {
      const { slots, scalar, choose, report } = step;
      const { raise, total, any } = raisedCount(step);
      const preconditioned: Record<string, Tensor> = {};
      for (const [parameter, gradient] of Object.entries(gradients)) {
        slots.advance(parameter);
        const result = f({
          name: parameter,
          gradient,
          slots,
          raise,
          when: (of) => choose(({ count }) => of(count(parameter))),
          scalar: (of) => scalar(({ count }) => of(count(parameter))),
        });
        if (result) preconditioned[parameter] = result;
      }
      if (any()) report({ dampingRaised: total() });
      return preconditioned;
    },
  };
}
