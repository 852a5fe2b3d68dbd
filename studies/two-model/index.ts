/** The two-model experiment with user-selected data, networks and regularizers. */
import { defineStudy, forgetting, infoRow, type StudyResult, z } from 'weft-nas';
import { plural } from 'weft-nas/report';
import { withTinyTensors } from '../shared/tiny-tensors.js';
import {
  type Arm,
  forgotten,
  hasDiverged,
  meanOf,
  NONE,
  ONE_ESTIMATE,
  removed,
  runTwoModels,
  TWO_MODELS,
  type TwoModelPlan,
  type TwoModelResults,
  twoModelsUnit,
} from './arms.js';
import { curvesChart, tradeOffChart } from './charts.js';

const options = z.strictObject({
  data: z.string().default('proto-10').describe('proto-10 (synthetic), digits, mnist, or the path of data'),
  path: z.string().optional().describe('folder of MNIST'),
  seeds: z.int().min(1).max(10_000).default(2).describe('number of runs, with seeds from --seed on'),
  regularizers: z
    .array(z.enum(forgetting.REGULARIZERS.map(({ name }) => name) as [string, ...string[]]))
    .default(['wpl'])
    .describe('regularizers with which B is trained, in addition to none'),
  alphas: z.array(z.number().min(0)).default([1, 10, 100]).describe('strengths of the regularizers that have one'),
  fisher: z
    .enum(['empirical-sample', 'true-sample', 'batch'])
    .default('empirical-sample')
    .describe('kind of Fisher information'),
  shared: z.int().min(0).max(10_000).default(3).describe('number of first layers that B shares with A'),
  width: z.int().min(1).max(10_000).optional().describe('units of every hidden layer; 10 for proto-10, 16 otherwise'),
  target: z.number().positive().max(1).optional().describe('loose convergence: A stops at this accuracy'),
  first: z
    .strictObject({ learningRate: z.number().positive().optional(), steps: z.int().min(1).max(1_000_000).optional() })
    .prefault({})
    .describe('training of A'),
  second: z
    .strictObject({
      learningRate: z.number().positive().optional(),
      steps: z.int().min(1).max(1_000_000).default(1500),
    })
    .prefault({})
    .describe('training of B; a rate of 0.2 for proto-10, 0.05 otherwise'),
});

export type TwoModelStudyOptions = z.output<typeof options>;

/** Strictly converged A: the rate of the calibration; loosely converged: slow enough to stop in time. */
const [STRICT_RATE, LOOSE_RATE] = [0.1, 0.02];
/** For B: that of the calibration, and one at which small networks on real images do not diverge. */
const [CALIBRATED_RATE, STABLE_RATE] = [0.2, 0.05];

export const twoModel = defineStudy({
  name: 'two-model',
  summary: 'How much of a model is left after training another that shares its first layers',
  reference: 'Benyahia, Yu et al. 2019, arXiv 1902.08232, figures 1 and 3',
  minutes: 2,
  options,
  units: { [TWO_MODELS]: twoModelsUnit },
  run: (chosen, setting) =>
    withTinyTensors(async () => {
      const plan = planOf(chosen);
      return report(chosen, plan, await runTwoModels(plan, setting, chosen.data));
    }),
});

function planOf({
  data,
  path,
  seeds,
  regularizers,
  alphas,
  fisher,
  shared,
  width,
  target,
  first,
  second,
}: TwoModelStudyOptions): TwoModelPlan {
  const synthetic = data === 'proto-10';
  return {
    data,
    path,
    seeds,
    network: { width: width ?? (synthetic ? 10 : 16), layersA: synthetic ? 4 : 5, layersB: 6, shared },
    first: {
      learningRate: first.learningRate ?? (target === undefined ? STRICT_RATE : LOOSE_RATE),
      steps: first.steps ?? 3000,
      ...(target !== undefined && { target }),
    },
    second: { ...second, learningRate: second.learningRate ?? (synthetic ? CALIBRATED_RATE : STABLE_RATE) },
    arms: [NONE, ...regularizers.flatMap((name) => armsOf(name, alphas, fisher))],
  };
}

function armsOf(name: string, alphas: readonly number[], kind: TwoModelStudyOptions['fisher']): Arm[] {
  const defaults = forgetting.regularizerSchema.parse({ name });
  if (!('alpha' in defaults)) return [{ name, regularizer: { name } as Arm['regularizer'] }];
  const { average, ...estimate } = ONE_ESTIMATE;
  const fisher = { ...estimate, kind, ...('average' in defaults.fisher && { average }) };
  return alphas.map((alpha) => ({
    name: `${name} α=${alpha}`,
    regularizer: { name, alpha, fisher } as Arm['regularizer'],
  }));
}

/** In the verdict: means of a few seeds say no more than this. */
const rounded = (share: number): string => (100 * share).toFixed(1);
const points = (share: number): number => +(100 * share).toFixed(2);

/** Forgetting of at most this much counts as none. */
const NOTHING = 0.01;

function verdictOf(results: TwoModelResults, lost: number, best: string | undefined): string {
  if (hasDiverged(results, 'none')) return 'Nothing can be said: B diverges without a regularizer.';
  if (lost <= NOTHING)
    return `Training B costs A ${rounded(lost)} points of test accuracy, so there is nothing to prevent. Share more layers, or choose a narrower network.`;
  const costs = `Training B costs A ${rounded(lost)} points of test accuracy without a regularizer (mean of ${plural(results.first.length, 'seed')}).`;
  if (best === undefined) return costs;
  const share = removed(results, best);
  const gained = -meanOf(results, best, forgotten);
  const b = (name: string): string => rounded(meanOf(results, name, (outcome) => outcome.b));
  const prevented =
    share > 1
      ? `all of that is prevented (A ends ${rounded(gained)} points above where it was)`
      : `${rounded(share)} % of that is prevented`;
  return `${costs} With ${best}, ${prevented}, and B reaches ${b(best)} % instead of ${b('none')} %.`;
}

function report(
  { data, shared, target }: TwoModelStudyOptions,
  { arms }: TwoModelPlan,
  results: TwoModelResults,
): StudyResult {
  const lost = meanOf(results, 'none', forgotten);
  const names = arms.map(({ name }) => name);
  const diverged = names.filter((name) => hasDiverged(results, name));
  const comparable = !diverged.includes('none');
  const best = names
    .slice(1)
    .filter((name) => comparable && !diverged.includes(name))
    .reduce<string | undefined>(
      (top, name) =>
        top === undefined || meanOf(results, name, ({ after }) => after) > meanOf(results, top, ({ after }) => after)
          ? name
          : top,
      undefined,
    );
  return {
    verdict: [
      verdictOf(results, lost, best),
      ...(diverged.length > 0
        ? [
            `The training of B diverged with: ${diverged.join(', ')}. Its results say nothing about forgetting; set second.learningRate lower.`,
          ]
        : []),
    ].join(' '),
    rows: names.flatMap((name) => [
      infoRow(
        `${name}/A`,
        'test accuracy of A after B, % (mean of the last ten evaluations)',
        points(meanOf(results, name, ({ after }) => after)),
      ),
      infoRow(`${name}/B`, 'test accuracy of B, %', points(meanOf(results, name, ({ b }) => b))),
    ]),
    sections: [
      {
        title: 'A and B while B is trained',
        text: [
          `The data is ${data}. B shares its first ${plural(shared, 'layer')} with A, which was trained ${target === undefined ? 'to the end' : `until ${points(target)} % of held-out examples were right`} and then had ${points(results.first.reduce((sum, { accuracy }) => sum + accuracy / results.first.length, 0))} % of the test part right. Lines are means over ${plural(results.first.length, 'seed')}.`,
          'Each arm trains B in another way: “none” without a regularizer, the others with the named one (wpl is the weight plasticity loss, α its strength).',
          'The first picture shows how much A forgets and what it costs B to prevent that. A regularizer that freezes all shared weights keeps A as it was, but leaves B less to learn with.',
          'In the table, lr·α·max F is the largest pull of a step that is taken explicitly: from 2 on such a step diverges. The proximal step, which is the default, is stable for any α.',
        ],
        figures: [
          {
            title: 'What A forgets, and what B reaches',
            svg: tradeOffChart(results, names),
            caption:
              'One dot is the mean of one arm over the seeds. Further right, A forgets less; further up, B learns better.',
          },
          {
            title: 'Accuracy of A',
            svg: curvesChart(results, names, 'a'),
            caption: 'A while B is trained, and never trained itself: a line that falls is forgetting.',
          },
          {
            title: 'Accuracy of B',
            svg: curvesChart(results, names, 'b'),
            caption: 'The same trainings seen from B: a regularizer should cost it little.',
          },
        ],
        tables: [
          {
            name: 'arms',
            title: 'Means over the seeds',
            columns: [
              'arm',
              'A before (%)',
              'A after (%)',
              'forgotten (points)',
              'removed (%)',
              'worst of A (%)',
              'B (%)',
              'lr·α·max F',
            ],
            rows: names.map((name) => [
              name,
              points(meanOf(results, name, ({ before }) => before)),
              points(meanOf(results, name, ({ after }) => after)),
              points(meanOf(results, name, forgotten)),
              name === 'none' || !comparable || lost <= NOTHING || diverged.includes(name)
                ? null
                : points(removed(results, name)),
              points(meanOf(results, name, ({ worst }) => worst)),
              points(meanOf(results, name, ({ b }) => b)),
              +meanOf(results, name, ({ maxStep }) => maxStep).toPrecision(3),
            ]),
          },
          {
            name: 'curves',
            title: 'Curves',
            columns: ['arm', 'seed', 'step', 'A (%)', 'B (%)'],
            rows: results.arms.flatMap(({ arm, seed, outcome }) =>
              outcome.curve.map(({ step, a, b }) => [arm, seed, step, points(a), points(b)]),
            ),
          },
        ],
      },
    ],
  };
}
