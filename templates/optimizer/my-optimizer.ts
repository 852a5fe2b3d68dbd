// An optimizer of your own: what happens between a gradient and the new weights. Try it: weft search --data digits
// --set 'retrain.optimizer={name: own, part: ./my-optimizer.ts, options: {rate: 0.005}}'
import { defineOptimizer, mapNamed, optimizers, tf, z } from 'weft-nas';

export default defineOptimizer({
  name: 'my-optimizer',
  description: 'The sign of the momentum, times a learning rate that falls to zero.',

  // Options are set in the configuration under `options:`; each has a default.
  options: z.strictObject({
    rate: z.number().positive().default(0.01).describe('highest learning rate'),
    decay: z.number().min(0).lt(1).default(0.9).describe('share of the momentum that survives a step'),
  }),

  // Links in their order: each gets the updates of the one before, the first one the gradients; the last updates are
  // added to the weights.
  create({ rate, decay }, { totalSteps }) {
    return [
      optimizers.trace({ decay }), // m <- decay m + g
      {
        name: 'my-signs', // a link of your own: unique in its chain
        elementwise: { slots: [] }, // each coordinate by itself: small tensors may be joined
        // What changes from step to step, take from the second argument: ({ scalar }) => scalar(({ step }) => …).
        update: (updates) => mapNamed(updates, (update) => tf.sign(update)),
      },
      optimizers.scaleByLearningRate(optimizers.cosine({ maximum: rate, steps: totalSteps })), // u <- -rate u
    ];
  },
});
