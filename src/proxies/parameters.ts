import { parameterCount } from '../graph/cost.js';
import { defineProxy, type Proxy } from './contract.js';

/** The number of trainable weights; those shared between nodes count once. */
export const parameters: Proxy = defineProxy({
  name: 'parameters',
  description: 'Trainable weights.',
  formula: 'number of w',
  reference: 'the ranker that any other has to beat',
  score: ({ nodes }) => parameterCount(nodes),
});
