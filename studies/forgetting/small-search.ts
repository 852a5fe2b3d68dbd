/** Searches in memory on synthetic data, for the rows on forgetting inside a search. */
import {
  type ControllerFactory,
  type forgetting,
  mean,
  type SearchConfigInput,
  type SearchEvent,
  type StudySetting,
  type StudyUnit,
  z,
} from 'weft-nas';
import { checkConfig, checkPayload, proto10, recordSplits, splitDataset, stepping, stopHere } from 'weft-nas/study';
import { regularizerInput } from '../shared/unit-payload.js';
import { random } from 'weft-nas/controllers/random';
import { dagSpace } from './dag-space.js';

/** 20 architectures of 20 batches per epoch. */
const [TRAIN, VALIDATION, FISHER] = [25_600, 2_000, 4_000];

/** proto-10 with a part for evaluation and one for Fisher information. */
export function smallData(seed: number, scale = 1): stepping.SearchData {
  const trained = Math.max(20 * 64, Math.round(TRAIN * scale));
  const dataset = proto10(seed, { train: trained + VALIDATION + FISHER, test: 1000 });
  const splits = splitDataset(dataset, { seed, validation: VALIDATION, fisher: FISHER });
  const normalization = { mean: [0], std: [1] };
  const { name, inputShape, classes, sources } = dataset;
  const record = {
    name,
    inputShape,
    classes,
    sources,
    splits: recordSplits(splits),
    normalization,
    labelNoise: { rate: 0, changed: 0 },
  };
  const prepared = { dataset, splits, normalization, changedLabels: new Uint32Array(), record };
  return {
    task: { inputShape, classes },
    record: record as unknown as stepping.SearchData['record'],
    counts: { train: splits.train.indices.length, validation: VALIDATION, test: splits.test.indices.length },
    card: { normalization, classNames: [] },
    batches: (config) => stepping.labelledBatches(config, prepared),
  };
}

export interface SmallSearch {
  readonly seed: number;
  readonly data: stepping.SearchData;
  readonly regularizer: forgetting.RegularizerConfigInput;
  readonly epochs: number;
  readonly controller?: ControllerFactory;
  readonly search?: NonNullable<SearchConfigInput['search']>;
}

/** Runs the search phases and returns the events. */
export async function smallSearch(
  { seed, data, regularizer, epochs, controller = random, search }: SmallSearch,
  { shouldStop, onEpoch }: Pick<StudySetting, 'shouldStop'> & { readonly onEpoch?: (epoch: number) => void },
): Promise<SearchEvent[]> {
  const config = checkConfig({
    seed,
    space: { name: dagSpace.name },
    controller: { name: controller.name },
    search: {
      epochs,
      batchSize: 64,
      batchesPerArchitecture: 20,
      rounds: 0,
      probe: 0,
      regularizer,
      optimizer: { name: 'sgd', learningRate: 1, schedule: { name: 'constant' }, clipNorm: 0.25 },
      ...search,
    },
    forgetting: { measure: true, batches: 1, batchSize: VALIDATION },
  } satisfies SearchConfigInput);
  const events: SearchEvent[] = [];
  const session = stepping.createSession({ config, space: dagSpace, controller, data }, (event) => {
    events.push(event);
    if (event.type === 'epoch') onEpoch?.(event.epoch);
  });
  try {
    session.forgetting?.announce();
    for (let unit = 0; session.state.phase !== 'derive'; unit++) {
      stepping.advance(session);
      if (unit % UNITS_BETWEEN_BREATHS !== 0) continue;
      await stopHere({ shouldStop });
    }
    return events;
  } finally {
    session.dispose();
  }
}

/** The name of the unit in the study on forgetting. */
export const SMALL_SEARCH = 'small-search';

const unitSchema = z.strictObject({
  seed: z.int().min(0),
  scale: z.number().positive().max(100),
  epochs: z.int().min(1).max(100_000),
  regularizer: regularizerInput,
});

/** One small search, in numbers. */
export const smallSearchUnit: StudyUnit = async (payload, { progress, shouldStop }) => {
  const { seed, scale, epochs, regularizer } = checkPayload(unitSchema, payload, SMALL_SEARCH);
  const key = `${seed} ${scale}`;
  if (latest?.key !== key) latest = { key, data: smallData(seed, scale) };
  const events = await smallSearch(
    { seed, data: latest.data, regularizer, epochs },
    { shouldStop, onEpoch: (epoch) => progress(epoch + 1, epochs) },
  );
  return { ...summarize(events) };
};

/** Data of the last seed, since a study has several searches with the same. */
let latest: { readonly key: string; readonly data: stepping.SearchData } | undefined;

const UNITS_BETWEEN_BREATHS = 100;

/**
 * Forgetting of a search in four numbers: differences of the loss over epochs 4 and later, and the accuracy of the last
 * five.
 */
export interface SearchForgetting {
  readonly mean: number;
  readonly best5: number;
  readonly max: number;
  readonly accuracy: number;
  readonly curve: readonly number[];
}

const FIRST_EPOCH = 4;
const LAST_EPOCHS = 5;

export function summarize(events: readonly SearchEvent[]): SearchForgetting {
  const epochs = events.filter((event) => event.type === 'forgetting-epoch');
  const late = epochs.filter(({ epoch }) => epoch >= FIRST_EPOCH);
  return {
    mean: mean(late.map(({ meanDiff }) => meanDiff)),
    best5: mean(late.map(({ best5Diff }) => best5Diff)),
    max: mean(late.map(({ maxDiff }) => maxDiff)),
    accuracy: 1 - mean(epochs.slice(-LAST_EPOCHS).map(({ meanErr2 }) => meanErr2)),
    curve: epochs.map(({ meanDiff }) => meanDiff),
  };
}
