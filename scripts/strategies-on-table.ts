/**
 * What strategies and rankers reach in the same queries of NAS-Bench-201. Rankers are queried from their best cell on,
 * with equal scores in random order; then strategies plain and with their proposals filtered by proxies, 20 seeds,
 * paired:
 * `node --import tsx --conditions=@weft-nas/source scripts/strategies-on-table.ts nats_bench.csv nb201_zc_proxies.csv`.
 */
import {
  assessPaired,
  kendallTau,
  logRankSum,
  mean,
  readNetworkTable,
  stream,
  tableColumn,
  tabularEvaluator,
  tabularTrials,
  toBenchmark,
} from 'weft-nas';
import { evolution } from '../controllers/evolution.js';
import { localSearch } from '../controllers/local-search.js';
import { policyGradient } from '../controllers/policy-gradient.js';
import { predictorGuided } from '../controllers/predictor-guided.js';
import { random } from '../controllers/random.js';
import { type Cell, fromBenchmark, nasBench201 } from '../search-spaces/nas-bench-201.js';

const TRIALS = 20;
const DRAWS = 10;

const space = nasBench201.create({ filters: 2 }, { inputShape: [8, 8, 3], classes: 10 });
const [published, scored] = [readNetworkTable([process.argv[2]!]), readNetworkTable([process.argv[3]!])];
const evaluator = tabularEvaluator(
  space,
  published.keys,
  tableColumn(published, 'CIFAR10TestAccuracy200Epochs').values,
  toBenchmark,
);
const columns = ['nwot', 'flops', 'jacov'].map((name) => tableColumn(scored, name).values);
const rows = new Map(scored.keys.map((key, row) => [key, row]));

/**
 * The log-rank sum among these cells of their published proxies; cells without proxies, which are isomorphic to others,
 * count as worst.
 */
function score(cells: readonly Cell[]): number[] {
  const places = cells.map((cell) => rows.get(toBenchmark(cell)));
  return logRankSum(
    columns.map((values) => places.map((row) => (row === undefined ? -Number.MAX_VALUE : values[row]!))),
  );
}

const QUERIES = [20, 50, 100];
const show = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join('\t');

/** The best of the first cells in a ranker's order, mean over the seeds by which equal scores are ordered. */
function rankerReaches(keys: readonly string[], scores: ArrayLike<number>): number[] {
  const truth = keys.map((key) => evaluator.evaluate(fromBenchmark(key)));
  const trials = Array.from({ length: TRIALS }, (_, seed) => {
    const order = stream(seed, 'ties').shuffle(keys.map((_key, row) => row));
    order.sort((a, b) => scores[b]! - scores[a]!);
    return QUERIES.map((queries) => order.slice(0, queries).reduce((top, row) => Math.max(top, truth[row]!), 0));
  });
  return QUERIES.map((_, i) => mean(trials.map((reached) => reached[i]!)));
}

const tau = (keys: readonly string[], scores: ArrayLike<number>): number =>
  kendallTau(
    keys.map((key) => evaluator.evaluate(fromBenchmark(key))),
    Array.from(scores),
  );

console.log(['ranker', 'tau', ...QUERIES].join('\t'));
for (const name of ['parameters', 'multiplyAdds']) {
  const { values } = tableColumn(published, name);
  console.log(`${name}\t${show([tau(published.keys, values), ...rankerReaches(published.keys, values)])}`);
}
for (const [name, values] of [
  ...['synflow', 'nwot', 'jacov'].map((proxy) => [proxy, tableColumn(scored, proxy).values] as const),
  ['log-rank sum', logRankSum(columns.map((values) => [...values]))] as const,
])
  console.log(`${name}\t${show([tau(scored.keys, values), ...rankerReaches(scored.keys, values)])}`);

console.log(['strategy', 'queries', 'plain', 'filtered', 'difference', 'interval'].join('\t'));
for (const [name, factory, options] of [
  ['random', random, {}],
  ['evolution', evolution, { population: 20 }],
  ['local-search', localSearch, {}],
  ['policy-gradient', policyGradient, {}],
  ['predictor-guided', predictorGuided, {}],
] as const)
  for (const queries of QUERIES) {
    const common = { queries, trials: TRIALS, batch: 10 };
    const plain = tabularTrials(factory, options, space, evaluator, common);
    const filtered = tabularTrials(factory, options, space, evaluator, { ...common, filter: { draws: DRAWS, score } });
    const { value, interval } = assessPaired([...filtered.best], [...plain.best]);
    console.log(
      [name, queries, plain.mean.toFixed(3), filtered.mean.toFixed(3), value.toFixed(3), interval?.map((end) => end.toFixed(3)).join(' to ')].join('\t'), // prettier-ignore
    );
  }
