/** `weft sharpness`: the loss surface of a finished run, at its retrained network or at its shared weights. */
import { writeReport } from '../../api/report.js';
import { sharpnessFiles } from '../../api/sharpness-files.js';
import { type SearchConfig } from '../../config/index.js';
import {
  densityCurve,
  filterNormalizedDirection,
  lossLine,
  lossPlane,
  measureSharpness,
} from '../../curvature/index.js';
import { WeftError } from '../../errors.js';
import { type Mode, type ParameterRole } from '../../operations/operation.js';
import { sayChanges, sealJson, toJson, writeFileAtomic } from '../../runs/index.js';
import { type SearchBatches, type SearchData } from '../../search/data.js';
import { loadModel } from '../../search/model.js';
import { edgesAt, lossOf } from '../../search/sharpness.js';
import { type Child } from '../../supernet/child.js';
import { type ParameterStore } from '../../supernet/parameter-store.js';
import { loadBackend } from '../../tensor/backend.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type BatchSource } from '../../training/batch.js';
import { FINAL_EVALUATION, SHARED_EVALUATION } from '../../training/evaluate.js';
import { adoptEvaluationWeights } from '../../training/learner.js';
import { runArguments } from '../../api/hints.js';
import { createOutput, type Output, show } from '../output.js';
import {
  loadRecordedParts,
  openRecorded,
  openRecordedData,
  type RecordedOptions,
  type RecordedRun,
} from '../../api/recorded-run.js';
import { permitted } from '../../api/trust.js';
import { loadSpace } from '../../api/registry.js';
import { openSession } from './derive.js';
import { spaceOfRun } from '../../api/recorded-run.js';

export interface SharpnessCommandOptions extends RecordedOptions {
  supernet?: boolean;
  examples: number;
  ends: number;
  products: number;
  rho: number;
  radius?: number;
  density?: boolean;
  surface?: boolean;
  json?: boolean;
}

/** Measures, prints, writes sharpness.json and the report with its chapter. */
export async function sharpness(directory: string, options: SharpnessCommandOptions): Promise<void> {
  for (const [name, value] of [
    ['rho', options.rho],
    ['radius', options.radius ?? 1],
  ] as const) {
    if (!(value > 0)) throw new WeftError('config', `--${name} is ${value}`, 'give a distance above zero');
  }
  const output = createOutput(options);
  const recorded = openRecorded(directory, options);
  const { run, config, backend } = recorded;
  await loadBackend(backend);
  const subject = await (options.supernet ? sharedWeights : retrainedNetwork)(recorded, options, output);
  const { child, store, source, mode, words, optimizer } = subject;
  try {
    const batch = source.at(0, 0);
    const count = batch.labels.shape[0];
    try {
      const parameters = pickNamed(store.parameters, child.parameterNames);
      const loss = lossOf(child, store, batch, mode);
      output.status([`measuring ${words}`]);
      const measured = measureSharpness(loss, parameters, {
        ends: options.ends,
        steps: options.products,
        rho: options.rho,
        seed: config.seed,
        ...(options.radius !== undefined && { radius: options.radius }),
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
      output.status([]);
      const rate = highestRate(optimizer);
      const measuredOn = `Measured at ${words}, on ${count} training examples without augmentation (cross-entropy in nats, ${mode.normalization === 'batch' ? "the batch's own statistics" : 'running statistics'}, no dropout).`;
      const found = {
        measuredOn,
        architecture: child.encoding,
        examples: count,
        rho: options.rho,
        learningRate: rate,
        edges: edgesAt(optimizer, rate, measured.gradientNorm),
        ...measured,
        ...(measured.density && { densityCurve: densityCurve(measured.density) }),
        ...surface,
      };
      const files = sharpnessFiles(run.path);
      const path = options.supernet ? files.supernet : files.child;
      writeFileAtomic(path, sealJson(toJson({ formatVersion: 2, ...found }), 2));
      output.emit({ type: 'sharpness', run: run.path, ...found });
      sayMeasured(found, (line) => output.say(line));
      output.say(`wrote ${show(path)}`);
      output.say(`open  ${show(await writeReport(run.path, await spaceOfRun(run.path, options)))}`);
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

async function retrainedNetwork(recorded: RecordedRun, options: SharpnessCommandOptions): Promise<Subject> {
  const {
    run: { path },
    config,
  } = recorded;
  const data = openRecordedData(recorded);
  const { child, store } = await loadModel(path, (name) => loadSpace(permitted('space', name, path, options)));
  return {
    child,
    store,
    mode: FINAL_EVALUATION,
    source: unchanged(config, data, options.examples).retrain,
    words: 'the retrained network',
    optimizer: config.retrain.optimizer,
    dispose: () => store.dispose(),
  };
}

async function sharedWeights(
  recorded: RecordedRun,
  options: SharpnessCommandOptions,
  output: Output,
): Promise<Subject> {
  const parts = await loadRecordedParts(recorded, options);
  const { config, data } = parts;
  const session = await openSession(recorded, parts, (changes) =>
    output.say(`measured under other conditions than the search: ${sayChanges(changes)}`),
  );
  const { derived, best } = session.state;
  const encoding = derived?.architecture ?? best?.architecture;
  if (encoding === undefined) {
    session.dispose();
    throw new WeftError(
      'run',
      `${recorded.run.path} has no architecture to measure its shared weights with`,
      `let the search finish: weft resume ${runArguments(recorded.run.path)}`,
    );
  }
  adoptEvaluationWeights(session.supernet);
  return {
    child: session.child(session.space.decode(encoding)),
    store: session.supernet.store,
    mode: SHARED_EVALUATION,
    source: unchanged(config, data, options.examples).train,
    words: 'the shared weights of the derived architecture',
    optimizer: config.search.optimizer,
    dispose: () => session.dispose(),
  };
}

/** The batches of a run as long as asked for (of sequences at most so many), without augmentation. */
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

/** The learning rate of the optimizer at the bottom. */
function highestRate(optimizer: { learningRate?: number; base?: object }): number {
  return optimizer.base ? highestRate(optimizer.base) : (optimizer.learningRate ?? 0);
}

function sayMeasured(
  found: ReturnType<typeof measureSharpness> & {
    measuredOn: string;
    learningRate: number;
    edges: ReturnType<typeof edgesAt>;
  },
  say: (line: string) => void,
): void {
  const number = (value: number): string => value.toPrecision(4);
  const line = (name: string, value: string): void => say(`  ${name.padEnd(34)} ${value}`);
  say(found.measuredOn);
  line(
    'largest eigenvalues',
    found.top.map(({ value, residual }) => `${number(value)} ± ${number(residual)}`).join(', '),
  );
  line(
    'smallest eigenvalues',
    found.bottom.map(({ value, residual }) => `${number(value)} ± ${number(residual)}`).join(', '),
  );
  line('trace', `${number(found.trace.trace)} ± ${number(found.trace.standardError)}`);
  line('scale-free (|w|·H·|w|)', number(found.scaleFree.value));
  line('loss, norm of the gradient', `${number(found.loss)}, ${number(found.gradientNorm)}`);
  line(
    'alignment with the top eigenvector',
    `gradient ${number(found.alignment.gradient)}, of SAM ${number(found.alignment.sam)}`,
  );
  if (found.edges) {
    const { descent, momentum, sam } = found.edges;
    line(
      `edges at the learning rate ${found.learningRate}`,
      [
        `2/η ${number(descent)}`,
        momentum !== undefined && `with momentum ${number(momentum)}`,
        sam !== undefined && `SAM ${number(sam)}`,
      ]
        .filter(Boolean)
        .join(', '),
    );
  }
  if (found.method !== 'exact') say(`  by differences of gradients: ${found.reasons.join('; ')}`);
  say('  No measure of quality by itself: rescaled weights are as sharp as one likes and compute the same.');
}
