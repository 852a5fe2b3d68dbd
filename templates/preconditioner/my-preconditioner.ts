// A preconditioner of your own: the matrix that multiplies the gradient before an optimizer sees it.
// Try it:  weft search --data digits \
//            --set 'retrain.optimizer={name: momentum, preconditioner: {name: own, part: ./my-preconditioner.ts}}'
import { definePreconditioner, mapNamed, tf, z } from 'weft-nas';

export default definePreconditioner({
  name: 'my-preconditioner',
  description: 'Divides each coordinate by the root of the running mean of its square.',

  // Options are set in the configuration under `options:`; each has a default.
  options: z.strictObject({
    decay: z.number().min(0).lt(1).default(0.99).describe('share of the running mean that survives a step'),
    damping: z.number().positive().default(1e-3).describe('added to the root'),
  }),

  // A single link. Its state is kept in slots: a tensor for each name and parameter; the caller frees all other tensors
  // that `update` creates.
  create: ({ decay, damping }) => ({
    name: 'my-preconditioner',
    elementwise: { slots: ['squares'] },
    update: (gradients, { slots }) =>
      mapNamed(gradients, (gradient, name) => {
        // s <- decay s + (1 - decay) g²; g <- g / (√s + damping)
        const before = slots.get('squares', name) ?? tf.zerosLike(gradient);
        const squares = tf.add(tf.mul(decay, before), tf.mul(1 - decay, tf.square(gradient)));
        slots.set('squares', name, squares);
        return tf.div(gradient, tf.add(tf.sqrt(squares), damping));
      }),
  }),
});
