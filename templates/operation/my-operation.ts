// An operation of your own: from the shapes of its inputs it derives its parameters and its output shape, and it
// computes the output.
// Try it in a space of your own (weft init --kind space):  g.apply('slope', myOperation(), x)
import { type Operation, soleInput, tf } from 'weft-nas';

/** max(x, 0) + slope min(x, 0) with a learned slope for each channel (He et al. 2015, arXiv 1502.01852). */
export default function myOperation({ slope = 0.25 } = {}): Operation {
  return {
    kind: 'my-operation', // together with `config`, identifies the computation
    config: { slope },
    build(inputs) {
      const shape = soleInput('my-operation', inputs); // of one example, without the batch
      return {
        output: shape,
        // Weight decay and preconditioners depend on a parameter's role: kernel, bias, scale, …
        parameters: {
          slope: { shape: [shape.at(-1)!], role: 'scale', initializer: { kind: 'constant', value: slope } },
        },
        // inputs [N, ...shape] -> [N, ...output]; `parameter` returns the weights by these names.
        forward: ([x], { parameter }) => tf.add(tf.relu(x!), tf.mul(parameter('slope'), tf.minimum(x!, 0))),
      };
    },
  };
}
