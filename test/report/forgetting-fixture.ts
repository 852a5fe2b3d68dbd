/** Events of a made-up search with forgetting, from a named stream: the loss rises by what is known beforehand. */
import { type ForgettingEvent } from '../../src/forgetting/events.js';
import { type SearchEvent } from '../../src/search/events.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { kendallTau } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';
import { fixtureRun } from './fixture.js';

export interface ForgettingFixture {
  readonly seed?: number;
  readonly regularizer?: string;
  /** Factor on forgetting; 1 is none removed. */
  readonly left?: number;
  /** Added to the error: the cost in plasticity. */
  readonly cost?: number;
  readonly epochs?: number;
  readonly perEpoch?: number;
  readonly layers?: number;
  readonly matrix?: boolean;
  /** Seed of the sampled architectures. */
  readonly sequence?: number;
}

/** What `sep5` in one more layer adds to the forgetting of an architecture, in nats. */
export const SEP5_EFFECT = 0.03;
const START_EPOCH = 3;

/** A run of the macro space whose events hold forgetting measurements too. */
export function forgettingRun({
  seed = 1,
  regularizer = 'wpl',
  left = 0.35,
  cost = 0,
  epochs = 16,
  perEpoch = 16,
  layers = 6,
  matrix = false,
  sequence = seed,
}: ForgettingFixture = {}): ReturnType<typeof fixtureRun> {
  const run = fixtureRun({ seed, epochs, layers });
  const events = interleave(
    run.events,
    forgettingEvents(run.space, { seed, regularizer, left, cost, epochs, perEpoch, matrix, sequence }),
  );
  return {
    ...run,
    manifest: { ...run.manifest, name: `digits ${regularizer}`, seed },
    config: { ...run.config, seed, search: { epochs, regularizer: { name: regularizer } }, forgetting: { batches: 2 } },
    events: events.map((event) =>
      event.type === 'search-started'
        ? { ...event, seed }
        : event.type === 'epoch'
          ? { ...event, reward: (event.reward ?? 0) - cost }
          : event,
    ),
  };
}

function forgettingEvents(
  space: SearchSpace,
  { seed, regularizer, left, cost, epochs, perEpoch, matrix, sequence }: Required<Omit<ForgettingFixture, 'layers'>>,
): ForgettingEvent[][] {
  const rng = stream(seed, 'forgetting-fixture', regularizer);
  const sampled = stream(sequence, 'forgetting-architectures');
  const names = [...catalogue(space.supernet).parameters.keys()];
  const weighted = regularizer !== 'none';
  const config: ForgettingEvent = {
    type: 'forgetting-config',
    regularizer,
    options: weighted ? { alpha: 10, step: 'proximal' } : {},
    fisherKind: weighted ? 'empirical-sample' : null,
    scope: weighted ? 'all-shared' : null,
    metric: 'loss',
    every: { epochs: 1 },
    batches: 2,
    fisherExamples: weighted ? 256 : 0,
    monitored: { parameters: 123_456, tensors: names.length },
  };
  return Array.from({ length: epochs }, (_, epoch): ForgettingEvent[] => {
    const active = weighted && epoch >= START_EPOCH;
    const alpha = active ? 10 - 0.25 * (epoch - START_EPOCH) : 0;
    const fisherTrace = active ? 4 * Math.exp(-epoch / 9) : 0;
    const architectures = Array.from({ length: perEpoch }, () => space.sample(sampled));
    const level = 2.2 * Math.exp(-epoch / 4) + 0.24 + 2 * cost;
    const visits = architectures.map((architecture, index) => {
      const sep5 = (architecture as { layers: { op: string }[] }).layers.filter(({ op }) => op === 'sep5').length;
      const loss1 = level * (1 + 0.08 * rng.normal());
      // Early training still helps the others; later it spoils them, the more the more come after.
      const base = (epoch < 2 ? -0.12 : 0.1) * (1 - index / perEpoch) + SEP5_EFFECT * (sep5 - 1);
      const rise = base * (active ? left : 1) + 0.012 * rng.normal();
      const [err1, err2] = [loss1, loss1 + rise].map((loss) => Math.min(0.9, 0.36 * loss)) as [number, number];
      return {
        architecture: space.encode(architecture),
        index,
        loss1,
        loss2: loss1 + rise,
        err1,
        err2,
        sharedWith: Math.round(9000 + 5000 * rng.uniform()),
        loss0: loss1 + 0.3,
        err0: Math.min(0.9, err1 + 0.1),
      };
    });
    const differences = visits.map(({ loss1, loss2 }) => loss2 - loss1);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const best = [...visits]
      .sort((a, b) => a.loss1 - b.loss1)
      .slice(0, 5)
      .map(({ loss1, loss2 }) => loss2 - loss1);
    return [
      ...(epoch === 0 ? [config] : []),
      ...visits.flatMap(({ architecture, index, loss0, err0, loss1, err1, sharedWith }): ForgettingEvent[] => [
        { type: 'zero-shot', epoch, index, architecture, loss0, err0 },
        {
          type: 'architecture-trained',
          epoch,
          index,
          step: (epoch * perEpoch + index) * 4,
          architecture,
          sharedWith,
          loss1,
          err1,
          batches: 4,
          ce: loss1 * 0.95,
          penalty: active ? 0.01 : 0,
          gradientNorm: 1.2,
          learningRate: 0.05,
          alpha,
          fisherTrace,
          maxStep: active ? 0.4 : 0,
        },
      ]),
      ...visits.map(({ architecture, index, loss2, err2 }): ForgettingEvent => ({
        type: 'architecture-revisited',
        epoch,
        index,
        architecture,
        loss2,
        err2,
      })),
      {
        type: 'forgetting-epoch',
        epoch,
        count: perEpoch,
        meanDiff: mean(differences),
        best5Diff: mean(best),
        maxDiff: Math.max(...differences),
        p95Diff: differences.sort((a, b) => a - b)[Math.floor(0.95 * perEpoch)]!,
        meanLoss1: mean(visits.map(({ loss1 }) => loss1)),
        meanLoss2: mean(visits.map(({ loss2 }) => loss2)),
        meanErr1: mean(visits.map(({ err1 }) => err1)),
        meanErr2: mean(visits.map(({ err2 }) => err2)),
        tau12: kendallTau(
          visits.map(({ loss1 }) => loss1),
          visits.map(({ loss2 }) => loss2),
        ),
        reward: epoch < 1 ? null : 1 - mean(visits.map(({ err2 }) => err2)),
        alpha,
        fisherTrace,
      },
      ...(active
        ? [
            {
              type: 'forgetting-tensors' as const,
              epoch,
              tensors: names.map((name, i) => {
                const fisherSum = 10 ** (-1 - 2 * rng.uniform());
                const drift = 10 ** (-2 - 1.5 * rng.uniform()) / (1 + 20 * fisherSum);
                return {
                  name,
                  trained: 3 + (i % 5),
                  fisherSum,
                  fisherLog10Histogram: Array.from({ length: 16 }, (_, bin) =>
                    bin > 2 && bin < 12 ? 40 - 6 * Math.abs(bin - 7) : 0,
                  ),
                  drift,
                  relativeDrift: drift / 3,
                  predictedDamage: 0.5 * fisherSum * drift * 8,
                  clipped: i % 11 === 0,
                };
              }),
            },
          ]
        : []),
      ...(matrix && epoch === epochs - 1
        ? [
            {
              type: 'forgetting-matrix' as const,
              epoch,
              accuracy: visits.map((_, t) =>
                visits.map((visit, j) => (t < j ? 0.55 + 0.01 * t : Math.max(0.3, 0.9 - visit.err1 - 0.012 * (t - j)))),
              ),
            },
          ]
        : []),
    ];
  });
}

/** Each epoch's measurements before the event that ends it. */
function interleave(
  events: readonly SearchEvent[],
  forgetting: readonly (readonly ForgettingEvent[])[],
): SearchEvent[] {
  return events.flatMap((event): SearchEvent[] =>
    event.type === 'epoch' ? [...(forgetting[event.epoch] ?? []), event] : [event],
  );
}
