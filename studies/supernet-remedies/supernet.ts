/** One NAS-Bench-201 supernet, trained in memory and used to rank cells: a unit of the study. */
import { mean, type SearchConfigInput, type SearchEvent, type StudyUnit, z } from 'weft-nas';
import { checkConfig, checkPayload, keepSession, openDataset, stepping, stopHere, training } from 'weft-nas/study';
import { reducedImages } from './reduced.js';
import { ARMS, type Arm, type ArmName, armNames, type Scores } from './arms.js';

/** The name of the unit in the study. */
export const SUPERNET = 'supernet';

/** Number of epochs between measurements of forgetting; the first is not counted. */
export const FORGETTING_EVERY = 4;

const supernetSchema = z.strictObject({
  seed: z.int().min(0),
  arm: z.enum(armNames as [ArmName, ...ArmName[]]),
  data: z.string(),
  path: z.string().optional(),
  examples: z.int().min(100),
  epochs: z
    .int()
    .min(FORGETTING_EVERY + 1)
    .max(10_000),
  batchSize: z.int().min(1),
  channels: z.int().min(1),
  reduce: z.int().min(1),
  learningRate: z.number().positive(),
  judged: z.int().min(10),
  alpha: z.number().min(0),
  /** Encodings. */
  cells: z.array(z.string()).min(3),
});

export type SupernetPayload = z.output<typeof supernetSchema>;

export interface Supernet extends Scores {
  readonly steps: number;
  /** Mean loss of the last epoch's training steps, in nats. */
  readonly trainLoss: number;
  /**
   * Loss of an architecture at the end of the epoch minus that right after its training: mean over the measured epochs
   * but the first, in nats.
   */
  readonly forgetting: number;
  readonly relativeForgetting: number;
}

/** The training method of an arm's supernet. */
function supernetConfig({
  seed,
  arm,
  data,
  examples,
  epochs,
  batchSize,
  channels,
  reduce,
  learningRate,
  judged,
  alpha,
}: Omit<SupernetPayload, 'cells' | 'path'>): SearchConfigInput {
  const { remedies, wpl }: Arm = ARMS[arm];
  const base = {
    name: 'nesterov' as const,
    learningRate,
    weightDecay: 5e-4,
    clipNorm: 5,
    // A rate that falls to zero undoes the order: see the measurements in the documentation. CaLR has its own schedule.
    schedule: { name: 'constant' as const },
  };
  return {
    seed,
    space: { name: 'nas-bench-201', filters: channels, cells: 1 },
    controller: { name: 'random' },
    data: {
      source: data,
      // Held out for every arm, so that all train on the same examples.
      fisher: 0.1,
      subset: { train: examples },
      augment: data === 'cifar10' ? { crop: Math.max(1, Math.round(4 / reduce)), flip: true } : {},
    },
    search: {
      epochs,
      batchSize,
      rounds: 0,
      probe: 0,
      // The trained weights are the base ones: averages are kept separately.
      optimizer: { name: 'swa', start: 0.7, every: 1, base },
      ...(remedies && { remedies }),
      ...(wpl && {
        regularizer: {
          name: 'wpl' as const,
          alpha,
          scope: 'all-shared' as const,
          start: 1,
          fisher: { kind: 'batch' as const, examples: 64, momentum: 0.9, resetEvery: 2 },
        },
      }),
    },
    forgetting: { measure: true, every: FORGETTING_EVERY, batches: 1, batchSize: 64 },
    derive: {
      candidates: 1,
      random: 0,
      batches: Math.max(1, Math.ceil(judged / 256)),
      batchSize: Math.min(judged, 256),
    },
    retrain: { epochs: 0 },
  };
}

/** Trains a supernet and evaluates the cells with its shared weights, all on the same batches. */
export const supernetUnit: StudyUnit = async (payload, { parts, folder, progress, shouldStop }) => {
  const given = checkPayload(supernetSchema, payload, SUPERNET);
  const config = checkConfig(supernetConfig(given));
  const events: SearchEvent[] = [];
  const session = stepping.createSession(
    {
      config,
      space: await parts.space('nas-bench-201'),
      controller: await parts.controller('random'),
      data: stepping.openData(config, reducedImages(openDataset(given.data, placeOf(given)), given.reduce)),
    },
    (event) => {
      if (event.type === 'forgetting-epoch' || event.type === 'weights-epoch') events.push(event);
    },
  );
  const kept = keepSession(folder, session);
  try {
    const { epochs, cells } = given;
    const steps = epochs * session.data.train.steps;
    events.push(...(kept.restore() ?? []));
    for (let unit = 0; session.state.phase !== 'derive'; unit++) {
      const { epoch } = session.state;
      stepping.advance(session);
      if (session.state.epoch !== epoch) kept.save(events);
      if (unit % UNITS_BETWEEN_BREATHS !== 0) continue;
      await stopHere({ shouldStop });
      progress(steps - stepping.remainingUnits(session).weights, steps + cells.length);
    }
    kept.save(events);
    const scores: Record<keyof Scores, number[]> = { accuracy: [], loss: [], 'mean accuracy': [], 'mean loss': [] };
    for (const [i, encoding] of cells.entries()) {
      const { last, averaged } = evaluate(session, encoding);
      scores.accuracy.push(last.accuracy!);
      scores.loss.push(-last.loss);
      scores['mean accuracy'].push(averaged.accuracy!);
      scores['mean loss'].push(-averaged.loss);
      if (i % CELLS_BETWEEN_BREATHS !== 0) continue;
      await stopHere({ shouldStop });
      progress(steps + i, steps + cells.length);
    }
    kept.clear();
    const measured = events.filter((event) => event.type === 'forgetting-epoch').slice(1);
    return {
      ...scores,
      steps,
      trainLoss: events.filter((event) => event.type === 'weights-epoch').at(-1)!.loss,
      forgetting: mean(measured.map(({ meanDiff }) => meanDiff)),
      relativeForgetting: mean(measured.map(({ meanDiff, meanLoss1 }) => meanDiff / meanLoss1)),
    };
  } finally {
    session.dispose();
  }
};

const placeOf = ({ path }: SupernetPayload) => (path === undefined ? {} : { path });

const [UNITS_BETWEEN_BREATHS, CELLS_BETWEEN_BREATHS] = [10, 10];

function evaluate({ space, child: childOf, supernet, data, config }: stepping.SearchSession, encoding: string) {
  const child = childOf(space.decode(encoding));
  const by = (weights: Parameters<typeof training.evaluateChild>[1]) =>
    training.evaluateChild(
      child,
      weights,
      data.derive,
      training.SHARED_EVALUATION,
      Math.min(config.derive.batches, data.derive.steps),
    );
  return { last: by(supernet.store), averaged: training.withEvaluationWeights(supernet, child.parameterNames, by) };
}
