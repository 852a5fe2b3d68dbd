/** A found and trained network, read back from its run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type SearchSpace, type SpaceFactory, type Task } from '../graph/define-space.js';
import { type Normalization } from '../data/index.js';
import { readSafetensors } from '../runs/index.js';
import { catalogue } from '../supernet/catalogue.js';
import { type Child, createChild } from '../supernet/child.js';
import { createParameterStore, type ParameterStore } from '../supernet/parameter-store.js';

const cardSchema = z.object({
  space: z.string(),
  options: z.record(z.string(), z.unknown()),
  task: z
    .object({ kind: z.enum(['classification', 'language']).optional(), inputShape: z.array(z.int()), classes: z.int() })
    .transform(({ kind, ...task }): Task => ({ ...task, ...(kind && { kind }) })),
  architecture: z.string(),
  trained: z.boolean(),
  /** Of the examples; token ids have none. */
  normalization: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }).default({ mean: [0], std: [1] }),
  /** In the order of the logits; of a language model its tokens. */
  classNames: z.array(z.string()),
  /** What the tokens of a language model are. */
  level: z.enum(['char', 'word']).optional(),
});

/** What model.json says of a network. */
export type ModelCard = z.output<typeof cardSchema>;

export interface Model {
  readonly card: ModelCard;
  readonly normalization: Normalization;
  readonly space: SearchSpace;
  readonly child: Child;
  /** Only the network's own weights and statistics. */
  readonly store: ParameterStore;
}

/** Reads the network of a finished run; the caller disposes its store. `findSpace` gives the space by its recorded name or file. */
export async function loadModel(run: string, findSpace: (name: string) => Promise<SpaceFactory>): Promise<Model> {
  const path = join(run, 'model.json');
  if (!existsSync(path))
    throw new WeftError('run', `${run} has no trained network yet`, `let the search finish: weft resume ${run}`);
  const parsed = cardSchema.safeParse(parseJson(path));
  if (!parsed.success)
    throw new WeftError(
      'run',
      `${path} is no model card:\n${z.prettifyError(parsed.error)}`,
      'put back the original, or retrain',
    );
  const card = parsed.data;
  if (!card.trained)
    throw new WeftError(
      'run',
      `the network of ${run} was derived but not retrained`,
      `train it: weft train ${card.architecture} --run ${run}`,
    );
  const space = (await findSpace(card.space)).create(card.options, card.task);
  const child = createChild(space, space.decode(card.architecture));
  const { tensors } = readSafetensors(join(run, 'model.safetensors'));
  const store = createParameterStore(catalogue(space.supernet), 'model', [
    ...child.parameterNames,
    ...child.statisticNames,
  ]);
  try {
    store.assign(tensors);
  } catch (error) {
    store.dispose();
    throw error;
  }
  return { card, normalization: card.normalization, space, child, store };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new WeftError('run', `${path} is no JSON: ${(cause as Error).message}`, 'put back the original, or retrain', {
      cause,
    });
  }
}
