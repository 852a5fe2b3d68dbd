/**
 * How well learning curves are extrapolated: trains networks alone to the end with `weft halve`'s own trainings, and
 * compares what was expected after a few epochs with what came, beside the last value:
 * `node --import tsx --conditions=@weft-nas/source scripts/learning-curves.ts [networks] [case] [file of curves, written or, where it is there, read]`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fitLearningCurve, kendallTau, loadBackend, mean, spearman, stream } from 'weft-nas';
import { partsOf } from '../src/api/parts.js';
import { sampleDistinct } from '../src/ranking/index.js';
import { optionsOf } from '../src/search/session.js';
import { trainAlone } from '../src/search/stand-alone.js';
import { type SearchConfigInput } from '../src/config/schema.js';

const EPOCHS = 27;
const SEEN = [4, 6, 9, 13];
const NETWORKS = Number(process.argv[2] ?? 60);
const RESAMPLES = 400;

const mlp = { name: 'mlp', depth: 3, widths: [2, 4, 8, 16, 32] };
const cell = { name: 'nas-bench-201', filters: 4, cells: 1 };
const cosine = { name: 'cosine' } as const;
const CASES: Readonly<Record<string, SearchConfigInput>> = {
  'mlp, constant rate': { space: mlp, retrain: { optimizer: { name: 'nesterov', learningRate: 0.02 } } },
  'mlp, cosine': { space: mlp, retrain: { optimizer: { name: 'nesterov', learningRate: 0.05, schedule: cosine } } },
  'nas-bench-201, constant rate': {
    space: cell,
    retrain: { optimizer: { name: 'nesterov', learningRate: 0.02 } },
  },
  'nas-bench-201, cosine': {
    space: cell,
    retrain: { optimizer: { name: 'nesterov', learningRate: 0.05, schedule: cosine } },
  },
};

const FILE = process.argv[4];
if (FILE !== undefined && existsSync(FILE))
  for (const line of readFileSync(FILE, 'utf8').trim().split('\n')) {
    const { name, curves, count } = JSON.parse(line) as { name: string; curves: number[][]; count: number };
    compare(name, curves, count);
  }
else await trainAll();

async function trainAll(): Promise<void> {
  await loadBackend('native');
  for (const [name, config] of Object.entries(CASES)) {
    if (process.argv[3] !== undefined && !name.startsWith(process.argv[3])) continue;
    const { curves, count } = await curvesOf(config);
    if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify({ name, curves, count })}\n`);
    compare(name, curves, count);
  }
}

/** Error rates on the validation part after each epoch, and its number of examples. */
async function curvesOf(input: SearchConfigInput): Promise<{ curves: number[][]; count: number }> {
  const {
    config,
    space: factory,
    data,
  } = await partsOf({
    config: {
      ...input,
      data: { source: 'digits', subset: { train: 600 } },
      retrain: { batchSize: 32, ...input.retrain },
    },
  });
  const space = factory.create(optionsOf(config.space), data.task);
  const batches = data.batches(config, { carries: false });
  const curves: number[][] = [];
  for (const { architecture } of sampleDistinct(space, NETWORKS, stream(1, 'curves'))) {
    const curve: number[] = [];
    await trainAlone(space, architecture, config, batches, {
      epochs: EPOCHS,
      onEpoch: ({ accuracy }) => void curve.push(1 - accuracy!),
    }).then(
      () => curves.push(curve),
      () => undefined, // it has diverged
    );
  }
  return { curves, count: data.counts.validation };
}

function compare(name: string, curves: readonly (readonly number[])[], count: number): void {
  const standardError = (share: number): number => {
    const smoothed = (share * count + 1) / (count + 2);
    return Math.sqrt((smoothed * (1 - smoothed)) / count);
  };
  const final = curves.map((curve) => curve.at(-1)!);
  const best = Math.min(...final);
  console.log(`${name}: ${curves.length} networks, errors ${best.toFixed(3)} to ${Math.max(...final).toFixed(3)}`);
  for (const seen of SEEN) {
    const fits = curves.map((curve) => fitLearningCurve(curve.slice(0, seen), standardError(curve[seen - 1]!))!);
    const expected = fits.map((fit) => fit.at(EPOCHS));
    const last = curves.map((curve) => curve[seen - 1]!);
    const third = Math.floor(curves.length / 3);
    const regret = (values: readonly number[]): number =>
      Math.min(
        ...order(values)
          .slice(0, third)
          .map((i) => final[i]!),
      ) - best;
    const bias = mean(expected.map((value, i) => value - final[i]!));
    const off = mean(expected.map((value, i) => Math.abs(value - final[i]!)));
    // As in the stopping rule: the best of the others so far is the limit.
    const chances = fits.map((fit, i) => fit.chanceBelow(EPOCHS, Math.min(...last.filter((_, j) => j !== i))));
    const stopped = chances.flatMap((chance, i) => (chance < 0.05 ? [i] : []));
    const rank = order(final);
    const lost = stopped.filter((i) => rank.indexOf(i) < third).length;
    const tau = (values: readonly number[]): number => kendallTau(values, final);
    console.log(
      `  ${seen} epochs: tau last ${tau(last).toFixed(3)}, extrapolated ${tau(expected).toFixed(3)} (${difference(last, expected, final)}); Spearman ${spearman(last, final).toFixed(3)}, ${spearman(expected, final).toFixed(3)}; ` +
        `best third misses the best by ${regret(last).toFixed(3)}, ${regret(expected).toFixed(3)}; off by ${off.toFixed(3)} (bias ${bias.toFixed(3)}); ` +
        `stops ${stopped.length}, of the final best third ${lost}, the best ${stopped.includes(rank[0]!) ? 'too' : 'not'}`,
    );
  }
}

function order(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
}

/** The difference of the two taus, with a 95 % interval over resampled networks. */
function difference(last: readonly number[], expected: readonly number[], final: readonly number[]): string {
  const rng = stream(1, 'resamples');
  const draws = Array.from({ length: RESAMPLES }, () => {
    const picked = final.map(() => rng.int(final.length));
    const of = (values: readonly number[]): number[] => picked.map((i) => values[i]!);
    return kendallTau(of(expected), of(final)) - kendallTau(of(last), of(final));
  }).sort((a, b) => a - b);
  const at = (share: number): string => draws[Math.floor(share * RESAMPLES)]!.toFixed(3);
  return `difference ${(kendallTau(expected, final) - kendallTau(last, final)).toFixed(3)}, ${at(0.025)} to ${at(0.975)}`;
}
