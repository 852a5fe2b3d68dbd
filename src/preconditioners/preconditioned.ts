/** An optimizer on preconditioned gradients. */
import { disposeEvaluation, type Evaluate, type Trainer } from '../chain/trainer.js';
import { draftState } from '../chain/transform.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, tidy } from '../tensor/tf.js';
import { type Preconditioned, type Preconditioner } from './contract.js';

/**
 * The trainer whose gradients go through the preconditioner first: before decay, clipping and momentum. Its state lies beside the
 * trainer's, under the name of the preconditioner.
 */
export function preconditioned(base: Trainer, preconditioner: Preconditioner): Trainer {
  return {
    ...base,
    step(evaluate, parameters, state, context) {
      const draft = draftState(state);
      const slots = draft.slots(preconditioner.name);
      let told: Omit<Preconditioned, 'gradients'> = {};
      let extra = 0;
      const through: Evaluate = (weights, options) => {
        const capture = preconditioner.request({ parameters: weights, slots, context });
        const first = evaluate(weights, capture ? { ...options, capture } : options);
        try {
          const gradients = tidy((): NamedTensors => {
            const { gradients, ...rest } = preconditioner.precondition({
              gradients: first.gradients,
              parameters: weights,
              layers: first.layers,
              slots,
              context,
              learningRate: base.learningRate(context.step),
              charge: (cost) => (extra += cost),
            });
            told = rest;
            return mapNamed(gradients, (tensor, name) =>
              tensor === first.gradients[name] ? tf.clone(tensor) : tensor,
            );
          });
          return {
            loss: tf.clone(first.loss),
            gradients,
            ...(first.diagonal && { diagonal: mapNamed(first.diagonal, (tensor) => tf.clone(tensor)) }),
          };
        } finally {
          disposeEvaluation(first);
        }
      };
      try {
        const stepped = base.step(through, parameters, state, context);
        const { metrics, notes = [] } = told;
        return {
          ...stepped,
          state: draft.commit(stepped.state),
          gradientEvaluations: stepped.gradientEvaluations + extra,
          metrics: { ...stepped.metrics, ...metrics },
          notes: [...(stepped.notes ?? []), ...notes],
        };
      } catch (error) {
        draft.discard();
        throw error;
      }
    },
  };
}
