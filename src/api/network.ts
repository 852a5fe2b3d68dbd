/**
 * A trained network ready for inference, from a run or an exported folder: the computation, and how its inputs are
 * prepared.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  type Column,
  type InputForm,
  type InputShape,
  type Normalization,
  readBytes,
  type SeriesForm,
  widthOf,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import type { ModelFacts } from '../export/index.js';
import { readText } from '../runs/read-text.js';
import type { ModelCard } from '../search/model.js';
import type { Child } from '../supernet/child.js';
import type { ParameterStore } from '../supernet/parameter-store.js';
import { tf, type Tensor } from '../tensor/tf.js';
import type { SpaceOptions } from './recorded-run.js';

export interface Network {
  /** The run's directory or the exported folder. */
  readonly path: string;
  readonly card: Pick<ModelCard, 'task' | 'architecture' | 'classNames' | 'targets'>;
  /** Constants subtracted from inputs before the child sees them. */
  readonly normalization: Normalization;
  readonly child: Pick<Child, 'forward'>;
  readonly store: Pick<ParameterStore, 'parameters' | 'statistics' | 'dispose'>;
  readonly form: InputForm;
  /** The white value in the units of the data, if known. */
  readonly white: number | undefined;
}

/**
 * Opens either; the caller disposes the store. A run's space is loaded if permitted; an exported folder needs no code.
 */
export async function openNetwork(directory: string, options: SpaceOptions): Promise<Network> {
  if (isExported(directory)) return openExported(directory);
  // An exported folder should load instantly: dependencies of runs are loaded for runs only.
  return (await import('./trained-network.js')).openTrained(directory, options);
}

/** Whether a folder holds an exported network and is not a run. */
const isExported = (folder: string): boolean =>
  existsSync(join(folder, 'model.json')) && !existsSync(join(folder, 'manifest.json'));

const columnSchema = z.object({
  name: z.string().optional(),
  kind: z.enum(['number', 'category', 'date', 'left out']),
  order: z.enum(['ymd', 'dmy', 'mdy']).optional(),
  time: z.boolean().optional(),
  missing: z.number().optional(),
  categories: z.array(z.string()).optional(),
});

const factsSchema = z.object({
  architecture: z.string(),
  classNames: z.array(z.string()),
  multiLabel: z.literal(true).optional(),
  targets: z.object({ names: z.array(z.string()) }).optional(),
  inputShape: z.array(z.int().positive()),
  normalization: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }),
  largestPixel: z.number(),
  input: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('picture'), decoder: z.string().optional() }),
    z.object({ kind: z.enum(['text', 'array']) }),
    z.object({
      kind: z.literal('series'),
      series: z.object({
        window: z.int().positive(),
        horizon: z.int().min(0),
        columns: z.array(z.string()),
        group: z.string().optional(),
        time: z.string().optional(),
        own: z.int().optional(),
      }),
      charset: z.enum(['utf-8', 'latin1']).optional(),
    }),
    z.object({
      kind: z.literal('table'),
      columns: z.array(z.string()).optional(),
      encoding: z.array(columnSchema).optional(),
      charset: z.enum(['utf-8', 'latin1']).optional(),
    }),
  ]),
} satisfies Partial<Record<keyof ModelFacts, z.ZodType>>);

const modelSchema = z.object({
  format: z.literal('graph-model'),
  modelTopology: z.object({ node: z.array(z.unknown()) }),
  signature: z.object({ outputs: z.record(z.string(), z.unknown()) }),
  userDefinedMetadata: factsSchema,
  weightsManifest: z.tuple([z.object({ paths: z.array(z.string()), weights: z.array(z.unknown()) })]),
});

async function openExported(folder: string): Promise<Network> {
  const path = join(folder, 'model.json');
  const whole = parse(readText(path, { code: 'export' }));
  const parsed = modelSchema.safeParse(whole);
  if (!parsed.success)
    throw new WeftError(
      'export',
      `${path} is not an exported network that describes how its inputs are prepared:\n${z.prettifyError(parsed.error)}`,
      AGAIN,
    );
  const {
    userDefinedMetadata: {
      architecture,
      classNames,
      multiLabel,
      targets,
      inputShape,
      normalization,
      largestPixel,
      input,
    },
    weightsManifest: [{ paths }],
  } = parsed.data;
  const classes = targets ? targets.names.length : classNames.length;
  requireConsistent(path, parsed.data.userDefinedMetadata, classes);
  const model = await loadGraph(folder, paths, whole as RawModel);
  const [columns, encoding, charset] =
    input.kind === 'table' ? [input.columns, input.encoding as InputForm['encoding'], input.charset] : [];
  const series = input.kind === 'series' ? (input.series as SeriesForm) : undefined;
  const mean = tf.keep(tf.tensor1d(normalization.mean));
  return {
    path: folder,
    card: {
      architecture,
      classNames,
      // The graph outputs values in their own units.
      ...(targets && {
        targets: { names: targets.names, mean: targets.names.map(() => 0), std: targets.names.map(() => 1) },
      }),
      task: {
        inputShape,
        classes,
        ...(multiLabel && { kind: 'multi-label' as const }),
        ...(input.kind === 'text' && { kind: 'language' as const }),
      },
    },
    // The graph normalizes its own inputs. With the mean subtracted, a missing table value becomes 0 as in training;
    // the mean is then added back.
    normalization: { mean: normalization.mean, std: normalization.std.map(() => 1) },
    child: {
      forward(_parameters, _statistics, inputs) {
        const outputs = model.execute(tf.add(inputs, mean), targets ? 'values' : 'logits') as Tensor;
        if (outputs.shape.at(-1) === classes) return outputs;
        throw new WeftError(
          'export',
          `the network in ${folder} has ${outputs.shape.at(-1)} outputs, but ${path} names ${classes}`,
          AGAIN,
        );
      },
    },
    store: {
      parameters: {},
      statistics: {},
      dispose() {
        mean.dispose();
        model.dispose();
      },
    },
    form: {
      inputShape: inputShape as unknown as InputShape,
      columns: columns ?? series?.columns,
      encoding,
      charset: input.kind === 'series' ? input.charset : charset,
      series,
      decoder: input.kind === 'picture' ? input.decoder : undefined,
    },
    white: input.kind === 'picture' ? largestPixel : undefined,
  };
}

const AGAIN = 'export the network again with this version: weft export RUN --out FOLDER';

/** A mismatch would give meaningless answers. */
function requireConsistent(
  path: string,
  { inputShape, normalization: { mean, std }, input }: z.output<typeof factsSchema>,
  classes: number,
): void {
  const channels = inputShape.at(-1);
  const columns =
    input.kind !== 'table'
      ? channels
      : input.encoding
        ? input.encoding.reduce((sum, column) => sum + widthOf(column as Column), 0)
        : (input.columns?.length ?? channels);
  const wrong =
    classes === 0
      ? 'no class and no number to predict'
      : inputShape.length !== 3 && input.kind !== 'text'
        ? `an input of ${inputShape.length} axes`
        : columns !== channels
          ? `columns that become ${columns} numbers, and an input of ${channels}`
          : mean.length !== std.length || (mean.length !== 1 && mean.length !== channels)
            ? `a normalization of ${mean.length} and ${std.length} numbers for ${channels} channels`
            : undefined;
  if (wrong !== undefined) throw new WeftError('export', `${path} has ${wrong}`, AGAIN);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Artifacts = Required<Pick<tf.io.ModelArtifacts, 'modelTopology' | 'signature' | 'weightSpecs'>>;
type RawModel = Omit<Artifacts, 'weightSpecs'> & {
  readonly weightsManifest: readonly [{ readonly weights: Artifacts['weightSpecs'] }];
};

async function loadGraph(
  folder: string,
  paths: readonly string[],
  { modelTopology, signature, weightsManifest: [{ weights }] }: RawModel,
): Promise<Awaited<ReturnType<typeof tf.loadGraphModel>>> {
  const outside = paths.find((path) => basename(path) !== path);
  if (outside !== undefined)
    throw new WeftError(
      'export',
      `${folder}: the weights '${outside}' are not in the folder`,
      'export the network again',
    );
  try {
    const shards = paths.map((path) => readBytes(join(folder, path), { code: 'export' }));
    return await tf.loadGraphModel(
      tf.io.fromMemory({
        format: 'graph-model',
        modelTopology,
        signature,
        weightSpecs: weights,
        weightData: new Uint8Array(Buffer.concat(shards)).buffer,
      }),
    );
  } catch (cause) {
    throw new WeftError(
      'export',
      `the network in ${folder} cannot be loaded: ${(cause as Error).message}`,
      'files are missing or damaged: export it again',
      { cause },
    );
  }
}
