/** A random forest. */
import { growForest, meanAndDeviation } from '../trees/index.js';
import { type Predictor } from './contract.js';
import { checkPairs, checkRows, tableOf } from './prepare.js';

const TREES = 100;

/**
 * Mean and standard deviation over regression trees, each grown on a bootstrap sample, with every split chosen among
 * half of the features (Breiman 2001).
 */
export const forest: Predictor = {
  name: 'forest',
  formula: `mean of ${TREES} regression trees on bootstrap samples`,
  reference: 'Breiman 2001',
  fit(features, labels, seed = 0) {
    checkPairs(features, labels);
    const width = features[0]!.length;
    const grown = growForest(tableOf(features), Float64Array.from(labels), 1, {
      trees: TREES,
      columns: Math.ceil(width / 2),
      leaf: 2,
      seed,
    });
    return {
      predict(others) {
        checkRows(others, width);
        return meanAndDeviation(grown(tableOf(others)), others.length);
      },
    };
  },
};
