/** The results of the study's supernets, in rows, tables and a verdict that claims no more than they support. */
import {
  assessTau,
  gateRow,
  infoRow,
  type Interval,
  kendallTau,
  mean,
  precisionAtTop,
  type Row,
  type StudyResult,
} from 'weft-nas';
import { decimal } from 'weft-nas/report';
import { type MeanOverSeeds, tauDifferenceOverSeeds, tauOverSeeds } from '../shared/tau-over-seeds.js';
import { type ArmName, type Contestant, type Scores } from './arms.js';
import { forgettingChart } from './chart.js';
import { type Supernet } from './supernet.js';

/** Rank correlation of the number of parameters alone over the whole table, by test accuracy. */
const PARAMETERS_ALONE = 0.578;
/** Required advantage of all remedies together over the plain supernet. */
const GAIN = 0.05;

export interface RemediesResults {
  readonly truth: readonly number[];
  /** The column of the table used as ground truth. */
  readonly column: string;
  readonly parameters: readonly number[];
  readonly contestants: readonly Contestant[];
  readonly supernets: readonly { readonly arm: ArmName; readonly seed: number; readonly supernet: Supernet }[];
  readonly cells: readonly string[];
  readonly options: Readonly<Record<'seeds' | 'epochs' | 'channels' | 'reduce' | 'learningRate', number>>;
}

const three = (value: number): string => decimal(value, 3);
const sayInterval = (interval: Interval | undefined): string => (interval ? interval.map(three).join(' to ') : 'none');

/** Above or below zero, if the interval over cells excludes zero and at least two seeds, all of them, agree. */
function claimed({ interval, bySeed }: MeanOverSeeds): 'above' | 'below' | undefined {
  if (!interval || bySeed.length < 2 || (interval[0] <= 0 && interval[1] >= 0)) return undefined;
  const sign = interval[0] > 0;
  return bySeed.every((value) => value > 0 === sign) ? (sign ? 'above' : 'below') : undefined;
}

export function remediesReport({
  truth,
  column,
  parameters,
  contestants,
  supernets,
  cells,
  options,
}: RemediesResults): StudyResult {
  const scoresOf = ({ arm, by }: Contestant): readonly (readonly number[])[] =>
    supernets.filter((one) => one.arm === arm).map(({ supernet }) => supernet[by]);
  const plain = contestants.find(({ name }) => name === 'plain')!;
  const standings = contestants.map((contestant) => ({
    contestant,
    tau: tauOverSeeds(truth, scoresOf(contestant)),
    abovePlain: contestant === plain ? undefined : tauDifferenceOverSeeds(truth, scoresOf(contestant), scoresOf(plain)),
    aboveParameters: tauDifferenceOverSeeds(
      truth,
      scoresOf(contestant),
      scoresOf(contestant).map(() => parameters),
    ),
    top: mean(scoresOf(contestant).map((one) => precisionAtTop(truth, one, 0.05))),
  }));
  const all = standings.find(({ contestant }) => contestant.name === 'all');
  const parametersHere = kendallTau(truth, parameters);

  const forgetting = supernets.map(({ supernet }) => supernet.forgetting);
  const taus = supernets.map(({ supernet }) => kendallTau(truth, supernet.accuracy));
  const less = assessTau(
    forgetting.map((value) => -value),
    taus,
  );
  const seedMean = (arm: ArmName, of: (supernet: Supernet) => number): number =>
    mean(supernets.filter((one) => one.arm === arm).map(({ supernet }) => of(supernet)));

  const rows: Row[] = [
    infoRow('parameters/tau', `tau of the number of parameters with ${column}, on these cells`, parametersHere),
    ...standings.flatMap(({ contestant: { name }, tau, abovePlain, top }): Row[] => [
      infoRow(
        `${name}/tau`,
        `tau of ${name} with ${column}`,
        tau.value,
        `95 % interval over cells ${sayInterval(tau.interval)}; by seed ${tau.bySeed.map(three).join(', ')}; precision of its best twentieth ${three(top)}`,
      ),
      ...(abovePlain
        ? [
            infoRow(
              `${name}/above-plain`,
              `the same minus that of plain`,
              abovePlain.value,
              `95 % interval over cells ${sayInterval(abovePlain.interval)}; by seed ${abovePlain.bySeed.map(three).join(', ')}`,
            ),
          ]
        : []),
    ]),
    ...(all
      ? [
          gateRow('all/gain', 'tau of all together minus that of plain', all.abovePlain!.value, 'at least', GAIN),
          gateRow(
            'all/parameters',
            'tau of all together',
            all.tau.value,
            'at least',
            PARAMETERS_ALONE,
            'what parameters alone reach over the whole table',
          ),
        ]
      : []),
    infoRow(
      'forgetting/tau',
      `tau over ${supernets.length} supernets between less forgetting and a better order`,
      less.value,
      `95 % interval ${sayInterval(less.interval)}, p = ${less.p.toPrecision(2)}; supernets of one arm are alike, so the interval is too short`,
    ),
  ];

  return {
    verdict: verdictOf(standings, parametersHere, less, supernets.length),
    rows,
    sections: [
      {
        title: 'Order',
        text: [
          `Each supernet has ${options.channels} channels and one cell per stage and was trained for ${supernets[0]!.supernet.steps} steps in ${options.epochs} epochs at the learning rate ${options.learningRate}${options.reduce === 1 ? '' : `, on images reduced by a factor of ${options.reduce}`}; ${truth.length} cells are ranked by its shared weights, evaluated on the same images with their own batch statistics, and the ranking is compared with ${column}. The arms with all remedies are ranked by the loss of the mean of checkpoints, the others by the accuracy of the last weights unless their name says otherwise.`,
          'Intervals are over cells (jackknife), for these supernets; the column of seeds shows how much a value varies from seed to seed. A difference is claimed if its interval excludes zero and it has the same sign for all seeds, of which there must be at least two.',
        ],
        tables: [
          {
            name: 'order',
            title: `Kendall's tau with ${column}`,
            columns: [
              'supernet',
              'tau',
              'interval',
              'minus plain',
              'interval of the difference',
              'minus parameters',
              'claimed',
              'P@5 %',
              'by seed',
            ],
            rows: standings.map(({ contestant: { name }, tau, abovePlain, aboveParameters, top }) => [
              name,
              +tau.value.toFixed(4),
              sayInterval(tau.interval),
              abovePlain ? +abovePlain.value.toFixed(4) : null,
              abovePlain ? sayInterval(abovePlain.interval) : null,
              +aboveParameters.value.toFixed(4),
              abovePlain ? (claimed(abovePlain) ?? 'nothing') : null,
              +top.toFixed(3),
              tau.bySeed.map(three).join(', '),
            ]),
          },
        ],
      },
      {
        title: 'Forgetting',
        text: [
          'Forgetting is the loss of an architecture at the end of an epoch minus that right after its own step, in nats, averaged over the measured epochs after the first. It is compared with the tau by accuracy of the last weights for every arm.',
        ],
        figures: [
          {
            title: 'Forgetting and order',
            svg: forgettingChart(
              supernets.map(({ arm, supernet }, i) => ({ arm, forgetting: supernet.forgetting, tau: taus[i]! })),
            ),
            caption: 'One dot per supernet.',
          },
        ],
        tables: [
          {
            name: 'forgetting',
            title: 'Means over seeds',
            columns: ['arm', 'forgetting (nats)', 'of the loss (%)', 'training loss (nats)', 'tau by accuracy'],
            rows: [...new Set(supernets.map(({ arm }) => arm))].map((arm) => [
              arm,
              +seedMean(arm, (supernet) => supernet.forgetting).toFixed(4),
              +(100 * seedMean(arm, (supernet) => supernet.relativeForgetting)).toFixed(2),
              +seedMean(arm, (supernet) => supernet.trainLoss).toFixed(4),
              +seedMean(arm, (supernet) => kendallTau(truth, supernet.accuracy)).toFixed(4),
            ]),
          },
        ],
      },
      {
        title: 'Cells',
        tables: [
          {
            name: 'cells',
            title: 'Scores of the cells',
            columns: [
              'cell',
              column,
              'parameters',
              ...supernets.flatMap(({ arm, seed }) => SHOWN.map((by) => `${arm}, seed ${seed}, ${by}`)),
            ],
            rows: cells.map((cell, i) => [
              cell,
              truth[i]!,
              parameters[i]!,
              ...supernets.flatMap(({ supernet }) => SHOWN.map((by) => supernet[by][i]!)),
            ]),
          },
        ],
      },
    ],
  };
}

const SHOWN: readonly (keyof Scores)[] = ['accuracy', 'loss', 'mean accuracy', 'mean loss'];

function verdictOf(
  standings: readonly { contestant: Contestant; tau: MeanOverSeeds; abovePlain: MeanOverSeeds | undefined }[],
  parameters: number,
  less: ReturnType<typeof assessTau>,
  supernets: number,
): string {
  const names = (kind: 'above' | 'below'): string[] =>
    standings
      .filter(({ abovePlain }) => abovePlain && claimed(abovePlain) === kind)
      .map(({ contestant }) => contestant.name);
  const [better, worse] = [names('above'), names('below')];
  const quoted = (arms: readonly string[]): string => arms.map((name) => `'${name}'`).join(', ');
  const best = standings.reduce((top, one) => (one.tau.value > top.tau.value ? one : top));
  const order =
    better.length + worse.length === 0
      ? 'No remedy can be said to change the order of cells.'
      : `Compared with plain training, cells are ordered ${[
          ...(better.length > 0 ? [`better by ${quoted(better)}`] : []),
          ...(worse.length > 0 ? [`worse by ${quoted(worse)}`] : []),
        ].join(', and ')}.`;
  const forgetting =
    less.claim === undefined
      ? `Over ${supernets} supernets it cannot be said whether less forgetting orders better${Number.isNaN(less.value) ? '' : ` (tau ${three(less.value)})`}.`
      : `Supernets that forget less order ${less.claim === 'above' ? 'better' : 'worse'} (tau ${three(less.value)} over ${supernets}).`;
  return `${order} The best, ${best.contestant.name}, reaches tau ${three(best.tau.value)}, the number of parameters alone ${three(parameters)} on the same cells. ${forgetting}`;
}
