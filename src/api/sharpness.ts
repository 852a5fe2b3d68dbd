/** The loss surface of a finished run, at its retrained network or at its shared weights. */
import { dirname } from 'node:path';
import { type SearchConfig } from '../config/index.js';
import { densityCurve, filterNormalizedDirection, lossLine, lossPlane, measureSharpness } from '../curvature/index.js';
import { WeftError } from '../errors.js';
import { type Mode, type ParameterRole } from '../operations/operation.js';
import { makeFolder, sealJson, toJson, writeFileAtomic } from '../runs/index.js';
import { type SearchBatches, type SearchData } from '../search/data.js';
import { loadModel } from '../search/model.js';
import { edgesAt, lossOf } from '../search/sharpness.js';
import { type Child } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { loadBackend } from '../tensor/backend.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';
import { type BatchSource } from '../training/batch.js';
import { FINAL_EVALUATION, SHARED_EVALUATION } from '../training/evaluate.js';
import { adoptEvaluationWeights } from '../training/learner.js';
import { runArguments } from './hints.js';
import {
  loadRecordedData,
  loadRecordedParts,
  openRecorded,
  type RecordedRun,
  spaceOfModel,
  spaceOfRun,
} from './recorded-run.js';
import { writeReport } from './report.js';
import { openSession, type SessionOptions } from './session.js';
import { sharpnessFiles } from './sharpness-files.js';

export interface SharpnessOptions extends Omit<SessionOptions, 'allowChangedEnvironment'> {
  /** Measures the shared weights of the derived architecture instead of the retrained network. */
  readonly supernet?: boolean | undefined;
  /** Number of training examples to measure on. Default 256. */
  readonly examples?: number | undefined;
  /** Number of eigenvalues at either end. Default 3. */
  readonly ends?: number | undefined;
  /** Maximum number of Hessian-vector products for them. Default 40. */
  readonly products?: number | undefined;
  /** Perturbation radius of SAM's gradient. Default 0.05. */
  readonly rho?: number | undefined;
  /** Half the finite-difference step, if products are not exact. */
  readonly radius?: number | undefined;
  /** Also estimates the spectral density (160 more products). */
  readonly density?: boolean | undefined;
  /** Also evaluates the loss on a line and on a plane (256 more evaluations). */
  readonly surface?: boolean | undefined;
  /** Called before the measurement, with a description of it. */
  readonly onStart?: ((words: string) => void) | undefined;
}

type Measured = ReturnType<typeof measureSharpness>;

export interface RunSharpness extends Measured {
  /** A sentence on the network, the examples and the mode. */
  readonly measuredOn: string;
  /** Text encoding. */
  readonly architecture: string;
  readonly examples: number;
  readonly rho: number;
  /** The highest value during training. */
  readonly learningRate: number;
  readonly edges: ReturnType<typeof edgesAt>;
  readonly densityCurve?: ReturnType<typeof densityCurve>;
  readonly line?: ReturnType<typeof lossLine>;
  readonly plane?: ReturnType<typeof lossPlane>;
}

export interface SharpnessOutcome {
  /** The run's directory. */
  readonly run: string;
  readonly found: RunSharpness;
  /** The file with what was found. */
  readonly file: string;
  /** The run's report, with its chapter. */
  readonly report: string;
}

/** See `measureRunSharpness` in index.ts. */
export async function measureRunSharpness(
  directory: string,
  options: SharpnessOptions = {},
): Promise<SharpnessOutcome> {
  const { examples = 256, ends = 3, products = 40, rho = 0.05, radius, supernet = false } = options;
  for (const [name, value] of Object.entries({ rho, radius: radius ?? 1 }))
    if (!(value > 0)) throw new WeftError('config', `--${name} is ${value}`, 'give a distance above zero');
  const recorded = openRecorded(directory, options);
  const { run, config, backend } = recorded;
  const file = sharpnessFiles(run.path)[supernet ? 'supernet' : 'child'];
  makeFolder(dirname(file));
  await loadBackend(backend);
  const subject = await (supernet ? sharedWeights : retrainedNetwork)(recorded, examples, options);
  const { child, store, source, mode, words, optimizer } = subject;
  try {
    options.onStart?.(words);
    const batch = source.at(0, 0);
    const count = batch.labels.shape[0];
    try {
      const parameters = pickNamed(store.parameters, child.parameterNames);
      const loss = lossOf(child, store, batch, mode);
      const measured = measureSharpness(loss, parameters, {
        ends,
        steps: products,
        rho,
        seed: config.seed,
        ...(radius !== undefined && { radius }),
        ...(options.density && { density: {} }),
      });
      const roleOf = (name: string): ParameterRole | undefined => store.catalogue.parameters.get(name)?.role;
      const directions = [1, 2].map((which) =>
        filterNormalizedDirection(parameters, { seed: `${config.seed}/${which}`, roleOf }),
      ) as [NamedTensors, NamedTensors];
      const surface = options.surface
        ? { line: lossLine(loss, parameters, directions[0]), plane: lossPlane(loss, parameters, directions) }
        : {};
      directions.forEach(disposeNamed);
      const rate = highestRate(optimizer);
      const measuredOn = `Measured at ${words}, on ${count} training examples without augmentation (cross-entropy in nats, ${mode.normalization === 'batch' ? "the batch's own statistics" : 'running statistics'}, no dropout).`;
      const found: RunSharpness = {
        measuredOn,
        architecture: child.encoding,
        examples: count,
        rho,
        learningRate: rate,
        edges: edgesAt(optimizer, rate, measured.gradientNorm),
        ...measured,
        ...(measured.density && { densityCurve: densityCurve(measured.density) }),
        ...surface,
      };
      writeFileAtomic(file, sealJson(toJson({ formatVersion: 2, ...found }), 2));
      return { run: run.path, found, file, report: await writeReport(run.path, await spaceOfRun(run.path, options)) };
    } finally {
      tf.dispose([batch.inputs, batch.labels]);
    }
  } finally {
    subject.dispose();
  }
}

interface Subject {
  readonly child: Child;
  readonly store: ParameterStore;
  readonly source: BatchSource;
  readonly mode: Mode;
  readonly words: string;
  readonly optimizer: SearchConfig['retrain']['optimizer'];
  dispose(): void;
}

async function retrainedNetwork(
  recorded: RecordedRun,
  examples: number,
  { data, ...options }: SharpnessOptions,
): Promise<Subject> {
  const {
    run: { path },
    config,
  } = recorded;
  const opened = await loadRecordedData(recorded, { ...options, data });
  // The loss that training has minimized.
  const { trained: child, store } = await loadModel(path, () => spaceOfModel(path, options));
  return {
    child,
    store,
    mode: FINAL_EVALUATION,
    source: unchanged(config, opened, examples).retrain,
    words: 'the retrained network',
    optimizer: config.retrain.optimizer,
    dispose: () => store.dispose(),
  };
}

async function sharedWeights(recorded: RecordedRun, examples: number, options: SharpnessOptions): Promise<Subject> {
  const parts = await loadRecordedParts(recorded, options);
  const { config, data } = parts;
  const session = await openSession(recorded, parts, { allowChangedEnvironment: true, onChanges: options.onChanges });
  const { derived, best } = session.state;
  const encoding = derived?.architecture ?? best?.architecture;
  if (encoding === undefined) {
    session.dispose();
    throw new WeftError(
      'run',
      `${recorded.run.path} has not found an architecture with which its shared weights could be measured`,
      `let the search finish: weft resume ${runArguments(recorded.run.path)}`,
    );
  }
  adoptEvaluationWeights(session.supernet);
  return {
    child: session.child(session.space.decode(encoding)),
    store: session.supernet.store,
    mode: SHARED_EVALUATION,
    source: unchanged(config, data, examples).train,
    words: 'the shared weights of the derived architecture',
    optimizer: config.search.optimizer,
    dispose: () => session.dispose(),
  };
}

/** The run's batches up to the requested number of examples (with a limit for sequences), without augmentation. */
function unchanged(config: SearchConfig, data: SearchData, examples: number): SearchBatches {
  const batchSize = Math.min(examples, data.task.kind === 'language' ? MOST_SEQUENCES : data.counts.train);
  const { search, retrain } = config;
  return data.batches(
    {
      ...config,
      data: { ...config.data, augment: {} },
      search: { ...search, batchSize },
      retrain: { ...retrain, batchSize, augment: {} },
    },
    { carries: false },
  );
}

const MOST_SEQUENCES = 32;

/** The learning rate of the innermost optimizer. */
function highestRate(optimizer: object): number {
  const { base, learningRate = 0 } = optimizer as { learningRate?: number; base?: object };
  return base ? highestRate(base) : learningRate;
}
