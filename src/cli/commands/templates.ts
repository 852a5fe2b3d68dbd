/** What `weft init` writes. */

/** The space in TypeScript. */
export const SPACE_TEMPLATE = `// A search space of your own: which choices there are, and the network they make.
// Try it:  weft search --config weft.yaml
import { activation, batchNorm, conv, defineSpace, dense, globalAveragePool, maxPool, type NodeRef, oneOf, type Operation, repeat, separableConv, sequence, subset, z } from 'weft-nas';

export default defineSpace({
  name: 'my-space',
  description: 'Blocks of convolutions with a choice of kernel, activation and skip connections.',

  // Options can be set in the configuration under \`space:\`; every one has a default.
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

  // The graph from \`g.input\` to the logits. A weight's name is its node's name: children that share a
  // name share the weight.
  graph(g, choices, { filters }, { classes }) {
    const normalized = (operation: Operation) => sequence('normalized', { operation, norm: batchNorm() });
    let x = g.apply('stem', normalized(conv({ filters, size: 3 })), g.input);
    const outputs: NodeRef[] = [];
    choices.blocks.forEach((block, index) => {
      const name = \`block\${index}\`;
      const y = g.choose(\`\${name}/kernel\`, block.kernel, {
        conv3: normalized(conv({ filters, size: 3 })),
        conv5: normalized(conv({ filters, size: 5 })),
        sep5: normalized(separableConv({ filters, size: 5 })),
      }, x);
      const z = g.choose(\`\${name}/activation\`, block.activation, { relu: activation('relu'), tanh: activation('tanh') }, y);
      x = g.combine(name, 'sum', [z, ...outputs.map((output, earlier) => g.when(block.skip, earlier, output))]);
      outputs.push(x);
    });
    const pooled = g.apply('pool', globalAveragePool(), g.apply('shrink', maxPool({ size: 2, stride: 2 }), x));
    return g.apply('classifier', dense({ units: classes }), pooled);
  },
});
`;

/** The space in JavaScript: the same without its three type annotations. */
export const SPACE_TEMPLATE_JS = SPACE_TEMPLATE.replace('type NodeRef, ', '')
  .replace('type Operation, ', '')
  .replace(': Operation)', ')')
  .replace(': NodeRef[]', '');

export const CONFIG_TEMPLATE = `# A search over the space in my-space.ts. Every field that is left out has a default.
# Editors complete the fields with the schema:
# yaml-language-server: $schema=./node_modules/weft-nas/schema/weft.schema.json

seed: 1

space:
  name: ./my-space.ts # or a shipped one: macro-cnn, mlp (weft spaces)
  blocks: 3
  filters: 16

controller:
  name: enas # or random, or a file of your own

data:
  source: digits # or mnist, cifar10, a folder of images by class, a CSV file
  validation: 0.2 # share of the training data that rewards the controller

search:
  epochs: 10
  batchSize: 64
  rounds: 5 # controller updates an epoch
  samplesPerRound: 10 # architectures an update
  optimizer: { name: nesterov, learningRate: 0.05, weightDecay: 0.0001, clipNorm: 5 }

derive:
  candidates: 30 # sampled from the controller for the final choice
  random: 30 # and as many at random, to compare with

retrain:
  epochs: 20
  optimizer: { name: nesterov, learningRate: 0.05, weightDecay: 0.0001, clipNorm: 5, schedule: { name: cosine } }
`;
