/**
 * How near the networks of one elastic training come to the same networks trained separately, from the smallest to the
 * largest: trains the shared weights in several ways, and each network by itself with the same data, steps, batches and
 * optimizer, extracts all of them like `weft specialize`, and tests them:
 * `node --import tsx --conditions=@weft-nas/source scripts/elastic-widths.ts CONFIG.yaml [arms] [seeds] [networks] [FIELD=VALUE …]`.
 * Arms are separated by commas: `separate`, `uniform` (one sampled network per step), `kl`, `none`, `alpha` (the sandwich
 * rule with this distillation); `@0.1` after a name sets the learning rate. Each prints one line of JSON per network;
 * then, or for a file of such lines instead of a configuration, how far the networks of each arm are from the separate
 * ones, with 95 % intervals over test examples.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assessMean, mean, runSearch } from 'weft-nas';
import { loadRecordedParts, openRecorded } from '../src/api/recorded-run.js';
import { openSession } from '../src/api/session.js';
import { loadConfig, parseOverrides, type SearchConfig, type SearchConfigInput } from '../src/config/index.js';
import { parameterCount } from '../src/graph/index.js';
import { networksBySize } from '../src/search/network-sizes.js';
import { extract } from '../src/search/specialize.js';
import { evaluateChild, FINAL_EVALUATION } from '../src/training/evaluate.js';

/** A tested network. */
interface Line {
  readonly arm: string;
  readonly seed: number;
  /** Its place from the smallest to the largest. */
  readonly level: number;
  readonly parameters: number;
  readonly accuracy?: number | undefined;
  readonly loss: number;
  /** The same on the part for the final choice, by which settings are chosen. */
  readonly validation: { readonly accuracy: number | null; readonly loss: number };
  /** Processor time of the training that it was extracted from. */
  readonly seconds: number;
  /** Number of test examples. */
  readonly examples?: number | undefined;
  /** Indices of those that it classifies wrongly. */
  readonly mistakes?: readonly number[] | undefined;
}

const [file = 'runs/recipes/elastic-digits.yaml', arms = 'separate,kl', seeds = '1', networks = '4', ...fields] =
  process.argv.slice(2);
const COUNT = Number(networks);
const lines: Line[] = [];
if (file.endsWith('.jsonl'))
  lines.push(
    ...readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  );
else await trainAll(loadConfig(file, {}, parseOverrides(fields)));
compare();
process.exit();

async function trainAll(config: SearchConfig): Promise<void> {
  const levels = Array.from({ length: COUNT }, (_, level) => level);
  for (const seed of seeds.split(',').map(Number))
    for (const arm of arms.split(',')) {
      const [name, rate] = arm.split('@');
      if (name === 'separate')
        for (const level of levels)
          await measure(arm, seed, [level], withArm(onlyLevel(config, level), 'uniform', rate));
      else await measure(arm, seed, levels, withArm(config, name!, rate));
    }
}

function withArm({ search, ...rest }: SearchConfig, name: string, rate: string | undefined): SearchConfigInput {
  const { elastic, ...training } = search;
  const optimizer = { ...search.optimizer, ...(rate !== undefined && { learningRate: Number(rate) }) };
  return {
    ...rest,
    search: {
      ...training,
      optimizer: optimizer as typeof search.optimizer,
      ...(name !== 'uniform' && { elastic: { ...elastic, distill: name as 'kl' } }),
    },
  };
}

/** The space with a single network: each list of sizes has the one that `networksBySize` takes. */
function onlyLevel(config: SearchConfig, level: number): SearchConfig {
  const only = (sizes: readonly unknown[]): unknown[] =>
    Array.isArray(sizes[0])
      ? sizes.map((inner) => only(inner as unknown[]))
      : [sizes.map(Number).sort((a, b) => a - b)[Math.round((level / (COUNT - 1)) * (sizes.length - 1))]];
  const narrowed = Object.fromEntries(
    Object.entries(config.space as Readonly<Record<string, unknown>>).map(([option, value]) => [
      option,
      Array.isArray(value) ? only(value) : value,
    ]),
  );
  return { ...config, space: narrowed as SearchConfig['space'] };
}

/** Trains, then prints the test results of the networks at these levels. */
async function measure(arm: string, seed: number, levels: number[], input: SearchConfigInput): Promise<void> {
  const runs = mkdtempSync(join(tmpdir(), 'weft-widths-'));
  try {
    const before = process.cpuUsage();
    const { run } = await runSearch({ config: { ...input, seed }, runs });
    const { user, system } = process.cpuUsage(before);
    const recorded = openRecorded(run);
    const parts = await loadRecordedParts(recorded, { trust: true });
    const session = await openSession(recorded, parts, {});
    const all = networksBySize(session.space, Math.max(2, levels.length));
    for (const [i, level] of levels.entries()) {
      const { child, store, test, right } = extract(session, all[i]);
      const { loss } = test;
      const chosen = evaluateChild(child, store, session.data.derive, FINAL_EVALUATION);
      const validation = { accuracy: chosen.accuracy ?? null, loss: chosen.loss };
      const accuracy = test.accuracy ?? undefined;
      const examples = right?.length;
      const mistakes = right?.flatMap((isRight, example) => (isRight ? [] : [example]));
      const parameters = parameterCount(child.nodes);
      const line: Line = {
        arm,
        seed,
        level,
        parameters,
        accuracy,
        loss,
        validation,
        seconds: (user + system) / 1e6,
        examples,
        mistakes,
      };
      lines.push(line);
      console.log(JSON.stringify(line));
      store.dispose();
    }
    session.dispose();
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

/** Prints, per arm and seed, the differences from the separate networks, in points of accuracy or in nats. */
function compare(): void {
  for (const arm of new Set(lines.map((line) => line.arm)))
    for (const seed of new Set(lines.map((line) => line.seed))) {
      const pairs = lines.flatMap((line) => {
        const alone = lines.find(
          (other) => other.arm.startsWith('separate') && other.seed === seed && other.parameters === line.parameters,
        );
        return line.arm === arm && line.seed === seed && alone && alone !== line ? [[line, alone] as const] : [];
      });
      if (pairs.length === 0) continue;
      const isExact = pairs.every((pair) => pair.every(({ mistakes }) => mistakes));
      if (!isExact) {
        const gaps = pairs.map(([line, alone]) => line.loss - alone.loss);
        console.log(
          `${arm}, seed ${seed}: loss ${gaps.map((gap) => gap.toFixed(3)).join(' ')}, mean ${mean(gaps).toFixed(3)}`,
        );
        continue;
      }
      const each = pairs.map((pair) => difference([pair]));
      console.log(`${arm}, seed ${seed}: ${each.join('; ')}; mean ${difference(pairs)}`);
    }
}

/** The mean difference of the accuracies of pairs in points, and its interval over test examples. */
function difference(pairs: readonly (readonly [Line, Line])[]): string {
  const [first] = pairs[0]!;
  const gains = Array.from({ length: first.examples! }, () => 0);
  for (const [line, alone] of pairs) {
    for (const example of line.mistakes!) gains[example]! -= 100 / pairs.length;
    for (const example of alone.mistakes!) gains[example]! += 100 / pairs.length;
  }
  const { value, interval } = assessMean(gains);
  return `${value.toFixed(2)}${interval ? ` (${interval.map((end) => end.toFixed(2)).join(' to ')})` : ''}`;
}
