// An objective of your own: a cost that a search trades off against accuracy, in addition to or instead of parameters,
// latency, ….
// Try it:  weft search --objectives accuracy,./my-objective.ts
//          weft derive RUN --file my-objective.ts --pick "depth<8"
import { defineObjective, parameterCount, z } from 'weft-nas';

export default defineObjective({
  name: 'depth', // in conditions and reports
  description: 'Operations with weights, one after another or side by side.',
  unit: 'operations',
  direction: 'less', // is better

  // Options are set in the configuration; each has a default:
  //   objectives: [accuracy, {name: own, part: ./my-objective.ts, options: {fewest: 10}}]
  options: z.strictObject({
    fewest: z.int().min(0).default(0).describe('weights below which an operation is not counted'),
  }),

  // No training is involved: a network is its list of operations in execution order, each with its shapes and
  // parameters.
  value(network, { fewest }) {
    return network.filter((node) => parameterCount([node]) > fewest).length;
  },
});
