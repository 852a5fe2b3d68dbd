import { multiplyAddCount } from '../graph/cost.js';
import { defineProxy, type Proxy } from './contract.js';

/** Multiply-adds for one example; throws WeftError('unsupported') if an operation does not report its own. */
export const multiplyAdds: Proxy = defineProxy({
  name: 'multiplyAdds',
  description: 'Multiply-adds for one example.',
  formula: 'number of w·x',
  reference: 'the ranker that any other has to beat',
  score: ({ nodes }) => multiplyAddCount(nodes),
});
