/** The rows E0-E8 on a small search with a fixed uniform controller, compared with their calibrated values. */
import {
  type forgetting,
  gateRow,
  infoRow,
  type JsonObject,
  mean,
  type Row,
  type SearchEvent,
  type StudySection,
  type StudySetting,
} from 'weft-nas';
import { epochCosts } from './overhead.js';
import { forgettingChart } from './search-chart.js';
import { SMALL_SEARCH, smallData, smallSearch, type SearchForgetting } from './small-search.js';
import { isTrue } from './two-model-rows.js';

export interface SearchRowsOptions {
  /** Seeds of the baseline and of wpl at its calibrated strength. */
  readonly searchSeeds: number;
  readonly epochs: number;
  /** Fraction of the calibrated number of steps. */
  readonly scale: number;
}

type Fisher = NonNullable<Extract<forgetting.RegularizerConfigInput, { name: 'wpl' }>['fisher']>;

/** The calibrated setting: F of one validation batch, from epoch 3 on, begun again every two epochs. */
const wpl = (
  alpha: number,
  { scope = 'all-shared', ...fisher }: Fisher & { scope?: 'all-shared' | 'edges' } = {},
): forgetting.RegularizerConfigInput => ({
  name: 'wpl',
  alpha,
  scope,
  start: 3,
  fisher: { kind: 'batch', examples: 64, momentum: 0.9, resetEvery: 2, ...fisher },
});

const ARMS: Readonly<Record<string, forgetting.RegularizerConfigInput>> = {
  none: { name: 'none' },
  'α=300': wpl(300),
  'α=30': wpl(30),
  'α=3000': wpl(3000),
  'edges, α=100': wpl(100, { scope: 'edges' }),
  '8 batches, α=300': wpl(300, { batches: 8 }),
  'accumulated, α=300': wpl(300, { batches: 4, average: 'accumulate' }),
};
const SEVERAL_SEEDS = ['none', 'α=300'];

const percent = (share: number): number => +(100 * share).toFixed(1);

export async function searchRows(
  { searchSeeds, epochs, scale }: SearchRowsOptions,
  setting: StudySetting,
): Promise<{ rows: Row[]; sections: StudySection[] }> {
  const found: Record<string, SearchForgetting[]> = {};
  const searches = Array.from({ length: searchSeeds }, (_, i) =>
    Object.keys(ARMS)
      .filter((arm) => i === 0 || SEVERAL_SEEDS.includes(arm))
      .map((arm) => ({ seed: setting.seed + i, arm })),
  ).flat();
  const summaries = await setting.perform(
    searches.map(({ seed, arm }) => ({
      unit: SMALL_SEARCH,
      label: `small search: seed ${seed}, ${arm}`,
      payload: { seed, scale, epochs, regularizer: ARMS[arm] as unknown as JsonObject },
    })),
  );
  searches.forEach(({ arm }, i) => (found[arm] ??= []).push(summaries[i] as unknown as SearchForgetting));
  const of = (arm: string, what: (summary: SearchForgetting) => number, seeds = found[arm]!.length): number =>
    mean(found[arm]!.slice(0, seeds).map(what));
  /** 1 - with/without, over the seeds that both have. */
  const reduction = (arm: string, what: (summary: SearchForgetting) => number = (summary) => summary.mean): number =>
    1 - of(arm, what) / of('none', what, found[arm]!.length);
  const accuracyGain = (arm: string): number =>
    of(arm, ({ accuracy }) => accuracy) - of('none', ({ accuracy }) => accuracy, found[arm]!.length);
  const note = (calibrated: string): string => `calibrated ${calibrated}`;

  const rows: Row[] = [
    gateRow(
      'E0',
      'forgetting without a regularizer, the least of the seeds (nats)',
      +Math.min(...found['none']!.map((summary) => summary.mean)).toFixed(4),
      'at least',
      0.001,
      `${found['none']!.map((summary) => summary.mean.toFixed(3)).join(', ')}; ${note('.078, .091, .074')}; final accuracy ${of('none', ({ accuracy }) => accuracy).toFixed(3)}, ${note('.764')}`,
    ),
    gateRow(
      'E1/mean',
      'mean forgetting that wpl (all shared weights, α=300) removes, %',
      percent(reduction('α=300')),
      'at least',
      40,
      note('66; published 76'),
    ),
    gateRow(
      'E1/best5',
      'of the best five, %',
      percent(reduction('α=300', ({ best5 }) => best5)),
      'at least',
      30,
      note('63; published 45'),
    ),
    gateRow(
      'E1/max',
      'of the worst, %',
      percent(reduction('α=300', ({ max }) => max)),
      'at least',
      25,
      note('58; published 37'),
    ),
    gateRow(
      'E1/accuracy',
      'accuracy that the search gains by it',
      +accuracyGain('α=300').toFixed(4),
      'at least',
      -0.01,
      note('+.004'),
    ),
    infoRow(
      'E2/α=30',
      'mean forgetting removed, %',
      percent(reduction('α=30')),
      `${note('23')}; accuracy ${accuracyGain('α=30').toFixed(3)}`,
    ),
    infoRow(
      'E2/α=3000',
      'mean forgetting removed, %',
      percent(reduction('α=3000')),
      `${note('96')}; accuracy ${accuracyGain('α=3000').toFixed(3)}, ${note('-.020')}`,
    ),
    isTrue(
      'E2/monotone',
      'whether more strength removes more',
      reduction('α=30') < reduction('α=300', undefined) && reduction('α=300') < reduction('α=3000'),
      'α = 30, 300, 3000',
    ),
    gateRow(
      'E3',
      'points by which watching edges alone (the first published code) removes less than all shared weights',
      percent(reduction('α=300') - reduction('edges, α=100')),
      'at least',
      0,
      `edges remove ${percent(reduction('edges, α=100'))} %, ${note('15 to 19')}`,
    ),
    gateRow(
      'E4',
      'points by which F of 8 batches removes more than of one',
      percent(reduction('8 batches, α=300') - reductionOfFirst(found, 'α=300')),
      'at least',
      0,
      `${percent(reduction('8 batches, α=300'))} %, ${note('86')}`,
    ),
    infoRow(
      'E5/removed',
      'forgetting that accumulated F removes, %',
      percent(reduction('accumulated, α=300')),
      `${note('103')}: over 100 % training others helps`,
    ),
    infoRow(
      'E5/accuracy',
      'accuracy that it costs',
      +(-accuracyGain('accumulated, α=300')).toFixed(3),
      `${note('.034')}; WARN: too rigid where forgetting is gone and accuracy with it`,
    ),
    infoRow(
      'E6',
      'with a learning controller',
      null,
      'a demonstration, without a target: runs/recipes/forgetting-macro.yaml with `weft forgetting compare`',
    ),
  ];

  setting.progress('E7: what an epoch costs');
  const { without, with: costs } = await epochCosts(setting);
  rows.push(
    gateRow(
      'E7',
      'time of an epoch with wpl over that without, 20 batches per architecture (macro-cnn, digits)',
      +(costs / without).toFixed(3),
      'at most',
      1.25,
    ),
  );

  setting.progress('E8: the same seed again');
  const data = smallData(setting.seed, scale);
  const again: SearchEvent[][] = [];
  for (let i = 0; i < 2; i++)
    again.push(
      await smallSearch(
        {
          seed: setting.seed,
          data,
          regularizer: { ...wpl(300), start: 0 } as forgetting.RegularizerConfigInput,
          epochs: 2,
        },
        setting,
      ),
    );
  rows.push(
    isTrue(
      'E8',
      'whether the same seed gives the same events',
      JSON.stringify(again[0]) === JSON.stringify(again[1]),
      `${again[0]!.length} events`,
    ),
  );

  const shown = Object.keys(ARMS);
  return {
    rows,
    sections: [
      {
        title: 'A small search',
        text: [
          `Five nodes, one matrix per edge, 20 architectures of 20 batches per epoch, ${epochs} epochs; a controller that only samples, so that nothing but the weights differs. wpl starts in epoch 4. Differences are the loss at the end of the epoch minus that right after training, in nats.`,
          'Forgetting is shown together with accuracy, because it can be bought: a search whose weights never move forgets nothing.',
        ],
        figures: [
          {
            title: 'Mean forgetting by epoch',
            svg: forgettingChart(SEVERAL_SEEDS.map((arm) => ({ arm, curves: found[arm]!.map(({ curve }) => curve) }))),
            caption: 'One line per seed.',
          },
        ],
        tables: [
          {
            name: 'small-search',
            title: 'Means over epochs 5 to the last',
            columns: ['arm', 'seeds', 'mean (nats)', 'best five', 'worst', 'removed (%)', 'final accuracy (%)'],
            rows: shown.map((arm) => [
              arm,
              found[arm]!.length,
              +of(arm, (summary) => summary.mean).toFixed(4),
              +of(arm, ({ best5 }) => best5).toFixed(4),
              +of(arm, ({ max }) => max).toFixed(4),
              arm === 'none' ? null : percent(reduction(arm)),
              percent(of(arm, ({ accuracy }) => accuracy)),
            ]),
          },
        ],
      },
    ],
  };
}

/** For the first seed, for arms that have only that. */
function reductionOfFirst(found: Readonly<Record<string, SearchForgetting[]>>, arm: string): number {
  return 1 - found[arm]![0]!.mean / found['none']![0]!.mean;
}
