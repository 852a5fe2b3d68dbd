// A search space of your own: its choices, and the network that they define.
// Try it:  weft search --config weft.yaml
import {
  activation,
  batchNorm,
  conv,
  defineSpace,
  dense,
  globalAveragePool,
  maxPool,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  separableConv,
  sequence,
  subset,
  z,
} from 'weft-nas';

export default defineSpace({
  name: 'my-space',
  description: 'Blocks of convolutions with a choice of kernel, activation and skip connections.',

  // Options can be set in the configuration under `space:`; every one has a default.
  options: z.strictObject({
    blocks: z.int().min(1).max(12).default(3).describe('number of blocks'),
    filters: z.int().min(1).default(16).describe('channels of every block'),
  }),

  // The tree of choices. Its shape is the type of an architecture: { blocks: { kernel, activation, skip }[] }.
  choices: ({ blocks }) => ({
    blocks: repeat(blocks, (index) => ({
      kernel: oneOf(['conv3', 'conv5', 'sep5']), // one of these operations
      activation: oneOf(['relu', 'tanh']),
      skip: subset(index), // any of the blocks before this one
    })),
  }),

  // The graph from `g.input` to the logits. Weights are named after their nodes: children that share
  // a name share the weights.
  graph(g, choices, { filters }, { classes }) {
    const normalized = (operation: Operation) => sequence('normalized', { operation, norm: batchNorm() });
    let x = g.apply('stem', normalized(conv({ filters, size: 3 })), g.input);
    const outputs: NodeRef[] = [];
    choices.blocks.forEach((block, index) => {
      const name = `block${index}`;
      const y = g.choose(
        `${name}/kernel`,
        block.kernel,
        {
          conv3: normalized(conv({ filters, size: 3 })),
          conv5: normalized(conv({ filters, size: 5 })),
          sep5: normalized(separableConv({ filters, size: 5 })),
        },
        x,
      );
      const z = g.choose(
        `${name}/activation`,
        block.activation,
        { relu: activation('relu'), tanh: activation('tanh') },
        y,
      );
      x = g.combine(name, 'sum', [z, ...outputs.map((output, earlier) => g.when(block.skip, earlier, output))]);
      outputs.push(x);
    });
    const pooled = g.apply('pool', globalAveragePool(), g.apply('shrink', maxPool({ size: 2, stride: 2 }), x));
    return g.apply('classifier', dense({ units: classes }), pooled);
  },
});
