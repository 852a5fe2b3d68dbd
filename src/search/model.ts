/** A found and trained network, read back from its run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type SearchSpace, type SpaceFactory, type Task } from '../graph/define-space.js';
import { type Normalization, readBytes } from '../data/index.js';
import { checkPart, decodeSafetensors, readSummary, readText, remake, sha256 } from '../runs/index.js';
import { childCatalogue } from '../supernet/catalogue.js';
import { type Child, createChild } from '../supernet/child.js';
import { requireMemory } from '../supernet/memory.js';
import { createParameterStore, type ParameterStore } from '../supernet/parameter-store.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { withTemperature } from '../training/temperature.js';

const cardSchema = z.object({
  space: z.string(),
  options: z.record(z.string(), z.unknown()),
  task: z
    .object({
      kind: z.enum(['classification', 'multi-label', 'regression', 'language']).optional(),
      inputShape: z.array(z.int()),
      classes: z.int(),
      change: z.object({ column: z.int().min(0), input: z.number(), output: z.number() }).optional(),
    })
    .transform(({ kind, change, ...task }): Task => ({ ...task, ...(kind && { kind }), ...(change && { change }) })),
  architecture: z.string(),
  trained: z.boolean(),
  /** Normalization of the examples; token ids have none. */
  normalization: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }).default({ mean: [0], std: [1] }),
  /** Class names in the order of the logits; for a language model its tokens. */
  classNames: z.array(z.string()),
  /** For regression: the names of the targets, and the scaling to their own units: output·std + mean. */
  targets: z.object({ names: z.array(z.string()), mean: z.array(z.number()), std: z.array(z.number()) }).optional(),
  /** For a classifier: what its logits are divided by, fitted on the validation part. */
  temperature: z.number().positive().optional(),
  /** What the tokens of a language model are. */
  level: z.enum(['char', 'word']).optional(),
});

/** The content of model.json. */
export type ModelCard = z.output<typeof cardSchema>;

export interface Model {
  readonly card: ModelCard;
  readonly normalization: Normalization;
  readonly space: SearchSpace;
  /** The network, with its logits divided by the temperature, if there is one. */
  readonly child: Child;
  /** Only the network's own weights and statistics. */
  readonly store: ParameterStore;
}

/** A model as read, and its network without the temperature, as trained. */
export type ReadModel = Model & { readonly trained: Child };

/**
 * Reads the network of a finished run, checked against the hashes of the run; the caller disposes its store.
 * `findSpace` gives the space by its recorded name or file. Throws WeftError('numeric') naming a weight that is NaN or
 * infinite.
 */
export async function loadModel(run: string, findSpace: (name: string) => Promise<SpaceFactory>): Promise<ReadModel> {
  const { card, hashed } = readCard(run);
  if (!card.trained)
    throw new WeftError(
      'run',
      `the network of ${run} was derived but not retrained`,
      `train it: weft train ${card.architecture} --run ${run}`,
    );
  const weights = join(run, 'model.safetensors');
  const bytes = readWeights(weights, run);
  if (!checkPart(run, 'model.safetensors', bytes) && !hashed) checkBySummary(run, card, bytes);
  const space = (await findSpace(card.space)).create(card.options, card.task);
  const trained = createChild(space, space.decode(card.architecture));
  const child = withTemperature(trained, card.temperature);
  const { tensors } = decodeSafetensors(bytes, weights);
  const needed = [...child.parameterNames, ...child.statisticNames];
  requireMemory(space, childCatalogue(space, child), child.parameterNames);
  const store = createParameterStore(childCatalogue(space, child), 'model', needed);
  try {
    const missing = needed.find((name) => !tensors[name]);
    if (missing !== undefined)
      throw new WeftError(
        'checkpoint',
        `${weights} has no weights '${missing}'`,
        'the file belongs to another network',
      );
    requireFinite(tensors, weights);
    store.assign(tensors);
  } catch (error) {
    disposeNamed(tensors);
    store.dispose();
    throw error;
  }
  return { card, normalization: card.normalization, space, child, trained, store };
}

/** The name or file of the space that the network of a run comes from. */
export const recordedSpace = (run: string): string => readCard(run).card.space;

function readCard(run: string): { card: ModelCard; hashed: boolean } {
  const path = join(run, 'model.json');
  if (!existsSync(path))
    throw new WeftError('run', `${run} has no trained network yet`, `let the search finish: weft resume ${run}`);
  const text = readText(path, { remedy: remake(run) });
  const hashed = checkPart(run, 'model.json', text);
  const parsed = cardSchema.safeParse(parseJson(text, path));
  if (!parsed.success)
    throw new WeftError(
      'run',
      `${path} is not a model card:\n${z.prettifyError(parsed.error)}`,
      'restore the original, or retrain',
    );
  return { card: parsed.data, hashed };
}

function readWeights(path: string, run: string): Uint8Array {
  return readBytes(path, { code: 'run', remedy: remake(run) });
}

/** In a run of version 0.1 only the summary records which weights and which architecture belong to it. */
function checkBySummary(run: string, { architecture }: ModelCard, weights: Uint8Array): void {
  const summary = readSummary(run);
  if (!summary) return; // killed before it was written
  const wrong =
    summary.weights !== sha256(weights)
      ? 'model.safetensors'
      : summary.derived.architecture !== architecture
        ? 'model.json'
        : undefined;
  if (wrong !== undefined)
    throw new WeftError(
      'run',
      `${join(run, wrong)} is damaged or was changed: summary.json says otherwise`,
      remake(run),
    );
}

/** Throws WeftError('numeric') if a weight is NaN or infinite; `where` is the file that they come from. */
export function requireFinite(tensors: NamedTensors, where: string): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const wrong = tensor.dataSync().find((value) => !Number.isFinite(value));
    if (wrong !== undefined)
      throw new WeftError(
        'numeric',
        `${where}: the weights '${name}' contain ${wrong}, so every result of this network would be meaningless`,
        'the training diverged: train it again with a lower learning rate',
      );
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeftError('run', `${path} is not JSON: ${(cause as Error).message}`, 'restore the original, or retrain', {
      cause,
    });
  }
}
