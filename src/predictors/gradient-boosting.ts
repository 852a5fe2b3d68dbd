/** Gradient boosting. */
import { stream } from '../tensor/rng.js';
import { boost, type BoostingOptions, groveOf, meanAndDeviation } from '../trees/index.js';
import { type Predictor } from './contract.js';
import { checkPairs, checkRows, rankLabels, tableOf } from './prepare.js';

const MEMBERS = 5;
/** Fraction of the networks that each member is trained on. */
const SHARE = 0.8;
const OPTIONS: BoostingOptions = { trees: 150, depth: 4, leaf: 3, rate: 0.08, rows: 0.7, columns: 0.5 };

/**
 * Mean over five boosted ensembles of small regression trees (Friedman 2001, 2002), each fitted to the ranks of four
 * fifths of the networks, drawn without replacement. Their spread is the deviation: they disagree on networks unlike
 * those that were evaluated.
 */
export const gradientBoosting: Predictor = {
  name: 'gradient-boosting',
  formula: `mean of ${MEMBERS} sums of ${OPTIONS.trees} trees, each of what is left of rank(y)`,
  reference: 'Friedman 2001, 2002',
  fit(features, labels, seed = 0) {
    checkPairs(features, labels);
    const width = features[0]!.length;
    const { ranks, labelAt, range } = rankLabels(labels);
    const grove = groveOf(tableOf(features));
    const members = Array.from({ length: MEMBERS }, (_, member) => {
      const rng = stream(seed, 'gradient-boosting', member);
      const some = rng.permutation(labels.length).slice(0, Math.max(2, Math.ceil(SHARE * labels.length)));
      return boost(grove, ranks, some, OPTIONS, rng);
    });
    return {
      predict(others) {
        checkRows(others, width);
        const table = tableOf(others);
        const { mean, deviation } = meanAndDeviation(
          members.map((member) => member(table)),
          others.length,
        );
        return { mean: mean.map(labelAt), deviation: deviation.map((one) => range * one) };
      },
    };
  },
};
