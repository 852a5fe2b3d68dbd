/** A random forest. */
import { createRequire } from 'node:module';
import { type RandomForestRegression } from 'ml-random-forest';
import { type Predictor } from './contract.js';
import { checkPairs, checkRows } from './prepare.js';

const TREES = 100;

/** Loaded when a forest is grown, and not with the package. */
const library = (): { RandomForestRegression: typeof RandomForestRegression } =>
  createRequire(import.meta.url)('ml-random-forest') as { RandomForestRegression: typeof RandomForestRegression };

/** Mean and standard deviation over regression trees, each grown on a bootstrap sample with a random half of the features (Breiman 2001). */
export const forest: Predictor = {
  name: 'forest',
  formula: `mean of ${TREES} regression trees on bootstrap samples`,
  reference: 'Breiman 2001',
  fit(features, labels, seed = 0) {
    checkPairs(features, labels);
    const width = features[0]!.length;
    const model = new (library().RandomForestRegression)({
      seed,
      nEstimators: TREES,
      maxFeatures: Math.max(1, Math.ceil(width / 2)),
      replacement: false,
      useSampleBagging: true,
      noOOB: true,
    });
    model.train(
      features.map((row) => [...row]),
      [...labels],
    );
    return {
      predict(others) {
        checkRows(others, width);
        const mean = new Float64Array(others.length);
        const deviation = new Float64Array(others.length);
        const votes = model.predictionValues(others.map((row) => [...row])).to2DArray();
        votes.forEach((row, i) => {
          const centre = row.reduce((sum, value) => sum + value, 0) / row.length;
          mean[i] = centre;
          deviation[i] = Math.sqrt(row.reduce((sum, value) => sum + (value - centre) ** 2, 0) / row.length);
        });
        return { mean, deviation };
      },
    };
  },
};
