// An optimizer of your own: turns gradients into weight updates.
// Try it:  weft search --data digits \
//            --set 'retrain.optimizer={name: own, part: ./my-optimizer.ts, options: {rate: 0.005}}'
import { defineOptimizer, mapNamed, optimizers, tf, z } from 'weft-nas';

export default defineOptimizer({
  name: 'my-optimizer',
  description: 'The sign of the momentum, times a learning rate that falls to zero.',

  // Options are set in the configuration under `options:`; each has a default.
  options: z.strictObject({
    rate: z.number().positive().default(0.01).describe('highest learning rate'),
    decay: z.number().min(0).lt(1).default(0.9).describe('share of the momentum that survives a step'),
  }),

  // The links in order: each receives the updates of the previous one, and the first receives the gradients; the last
  // updates are added to the weights.
  create({ rate, decay }, { totalSteps }) {
    return [
      optimizers.trace({ decay }), // m <- decay m + g
      {
        name: 'my-signs', // a link of your own; its name must be unique in the chain
        elementwise: { slots: [] }, // coordinates are independent: small tensors may be concatenated
        // Take values that change from step to step from the second argument: ({ scalar }) => scalar(({ step }) => …).
        update: (updates) => mapNamed(updates, (update) => tf.sign(update)),
      },
      optimizers.scaleByLearningRate(optimizers.cosine({ maximum: rate, steps: totalSteps })), // u <- -rate u
    ];
  },
});
