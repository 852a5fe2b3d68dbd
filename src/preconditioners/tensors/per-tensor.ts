/** Preconditioners that look at the gradient alone, one tensor at a time. */
import { type Slots } from '../../chain/state.js';
import { type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';

/** What is known of one tensor in one step. */
export interface TensorStep {
  readonly name: string;
  readonly gradient: Tensor;
  readonly slots: Slots;
  /** How often this tensor has been updated, this time included. */
  readonly updates: number;
}

/** The preconditioner that does `f` to every gradient tensor; a tensor without a result is not updated in this step. */
export function perTensor(name: string, f: (step: TensorStep) => Tensor | undefined): Link {
  return {
    name,
    layers: () => undefined,
    update(gradients, { slots, report }) {
      const raisedBefore = slots.number('raised');
      const preconditioned: Record<string, Tensor> = {};
      for (const [parameter, gradient] of Object.entries(gradients)) {
        const result = f({ name: parameter, gradient, slots, updates: slots.count(parameter) });
        if (result) preconditioned[parameter] = result;
      }
      const raised = slots.number('raised');
      if (raised > 0 || raisedBefore > 0) report({ dampingRaised: raised });
      return preconditioned;
    },
  };
}
