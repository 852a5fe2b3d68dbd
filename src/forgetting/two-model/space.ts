/** A space of two architectures: fully connected networks A and B whose first layers are the same. */
import { z } from 'zod';
import { defineSpace } from '../../graph/define-space.js';
import { activation, dense, flatten, type Operation, sequence } from '../../operations/index.js';
import { oneOf } from '../../space/index.js';

const options = z.strictObject({
  width: z.int().min(1).default(16).describe('units of every hidden layer'),
  layersA: z.int().min(1).default(5).describe('hidden layers of A'),
  layersB: z.int().min(1).default(6).describe('hidden layers of B'),
  shared: z.int().min(0).default(3).describe('number of first hidden layers that B shares with A'),
});

export type TwoModelOptions = z.output<typeof options>;

export const twoModelSpace = defineSpace({
  name: 'two-model',
  description: 'Two fully connected networks with their first layers in common.',
  options,
  choices: () => ({ model: oneOf(['A', 'B']) }),
  graph(g, choices, { width, layersA, layersB, shared }, { classes }) {
    const layer = (): Operation =>
      sequence('layer', { dense: dense({ units: width, initializer: 'he' }), relu: activation('relu') });
    let trunk = g.apply('flatten', flatten(), g.input);
    const common = Math.min(shared, layersA, layersB);
    for (let i = 1; i <= common; i++) trunk = g.apply(`shared/layer${i}`, layer(), trunk);
    const logits = (['A', 'B'] as const).map((model) => {
      let x = trunk;
      const layers = model === 'A' ? layersA : layersB;
      for (let i = common + 1; i <= layers; i++) x = g.apply(`${model}/layer${i}`, layer(), x);
      return g.apply(`${model}/classifier`, dense({ units: classes, initializer: 'he' }), x);
    });
    return g.select('model', choices.model, logits);
  },
});
