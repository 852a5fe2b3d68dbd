/**
 * Kendall's tau of every predictor by encoding and number of labels, on cells of NAS-Bench-201 that it has not learned
 * from: `node --import tsx --conditions=@weft-nas/source scripts/predictors-on-table.ts nats_bench.csv`.
 */
import {
  choiceEncoding,
  fromBenchmark,
  graphEncoding,
  joinEncodings,
  kendallTau,
  pathEncoding,
  PREDICTORS,
  readNetworkTable,
  stream,
  tableColumn,
} from 'weft-nas';
import { nasBench201 } from '../search-spaces/nas-bench-201.js';

const CELLS = 2500;
const JUDGED = 1000;
/** Number of label samples for each label count. */
const DRAWS = [
  [32, 8],
  [128, 4],
  [1024, 1],
] as const;

const space = nasBench201.create({ filters: 2 }, { inputShape: [8, 8, 3], classes: 10 });
const table = readNetworkTable([process.argv[2]!]);
const accuracy = tableColumn(table, 'CIFAR10TestAccuracy200Epochs').values;
const rows = stream(1, 'some')
  .shuffle(table.keys.map((_, i) => i))
  .slice(0, CELLS);
const labels = rows.map((row) => accuracy[row]!);
const [choices, graph, paths] = [choiceEncoding(space), graphEncoding(space), pathEncoding(space)];
const encodings = { choices, graph, paths, 'choices and graph': joinEncodings(choices, graph) };
for (const [encoding, { encode }] of Object.entries(encodings)) {
  const features = rows.map((row) => encode(fromBenchmark(table.keys[row]!)));
  for (const [name, predictor] of Object.entries(PREDICTORS)) {
    const means = DRAWS.map(([count, draws]) => {
      let sum = 0;
      for (let seed = 0; seed < draws; seed++) {
        const order = stream(seed, 'labels').shuffle(rows.map((_, i) => i));
        const [known, others] = [order.slice(0, count), order.slice(count, count + JUDGED)];
        const fitted = predictor.fit(
          known.map((i) => features[i]!),
          known.map((i) => labels[i]!),
          seed,
        );
        sum += kendallTau(
          fitted.predict(others.map((i) => features[i]!)).mean,
          others.map((i) => labels[i]!),
        );
      }
      return (sum / draws).toFixed(3);
    });
    console.log(`${encoding}\t${name}\t${means.join(' / ')}`);
  }
}
