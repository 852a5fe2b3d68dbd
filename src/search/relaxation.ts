/** Trains a mixture of all architectures, for strategies that follow gradients instead of rewards. */
import { createRelaxedChild } from '../supernet/relaxed-child.js';
import { type Child } from '../supernet/child.js';
import { disposeNamed } from '../tensor/named.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { withBatch } from '../training/batch.js';
import { withEvaluationWeights } from '../training/learner.js';
import { meanLoss } from '../training/batch-loss.js';
import { type SearchSession } from './session.js';

/** The mixture learned so far as a child, or undefined for strategies that sample architectures. */
export function mixtureOf({ controller, space }: SearchSession): Child | undefined {
  return controller.relaxation && createRelaxedChild(space, controller.relaxation.logits);
}

/**
 * A step of the mixture's logits along the gradient of the loss on a validation batch, with the weights fixed: the
 * first-order approximation of DARTS (arXiv 1806.09055, section 2.3). Inactive during the search's warm-up.
 */
export function descendMixture({ config, controller, data, space, state, supernet }: SearchSession): void {
  const { relaxation } = controller;
  if (!relaxation || state.epoch < config.search.warmupEpochs) return;
  const mode = { training: true, normalization: 'batch', seed: `${config.seed}/mixture/${state.globalStep}` } as const;
  withBatch(
    data.reward,
    Math.floor(state.globalStep / data.reward.steps),
    state.globalStep % data.reward.steps,
    (batch) => {
      const { value, gradients } = withEvaluationWeights(
        supernet,
        Object.keys(supernet.store.parameters),
        ({ parameters, statistics }) =>
          valueAndGradients(
            (logits) => meanLoss(createRelaxedChild(space, logits), parameters, statistics, batch, mode),
            relaxation.logits,
          ),
      );
      value.dispose();
      relaxation.descend(gradients);
      disposeNamed(gradients);
    },
  );
}
