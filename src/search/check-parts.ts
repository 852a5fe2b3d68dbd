/** What can be known before a run begins: mistakes that would end it are told while there is nothing yet to lose. */
import { type SearchConfig } from '../config/schema.js';
import { type SearchSpace } from '../graph/define-space.js';
import { catalogue, childCatalogue } from '../supernet/catalogue.js';
import { createChild } from '../supernet/child.js';
import { requireMemory } from '../supernet/memory.js';
import { stream } from '../tensor/rng.js';
import { limitSpace } from './limits.js';
import { objectiveOf } from './objective.js';
import { requireFitForTargets } from './regression.js';
import { controllerOptions, optionsOf, type SearchParts } from './session.js';
import { requireWarmStart } from './proxy-start.js';
import { checkSharedStart, checkWarmStart } from './warm-start.js';

/**
 * Throws what a search, or the training of one architecture, would fail of: options of the space and the controller, data that the
 * space cannot take, memory, limits that nothing meets, batches larger than the data, an architecture of another space.
 */
export function checkParts({ config, space: factory, controller, data }: SearchParts, architecture?: string): void {
  if (data.task.kind === 'regression' || data.task.kind === 'multi-label') requireFitForTargets(config, data.task.kind);
  const space = factory.create(optionsOf(config.space), data.task);
  objectiveOf(data, config.search);
  const all = catalogue(space.supernet);
  requireMemory(space, all);
  if (config.retrain.epochs > 0) requireRetraining(space, config);
  if (config.retrain.epochs > 0) checkWarmStart(config.retrain, space, architecture !== undefined);
  if (architecture === undefined) checkSharedStart(config.search.start, space);
  controllerOptions(controller, config.controller);
  if (architecture === undefined) requireWarmStart(config, controller);
  data.batches(config, { carries: all.states.size > 0 });
  // Latency is measured where the run keeps its table.
  limitSpace(space, { ...config.limits, latencyMs: undefined }, undefined, config.seed);
  if (architecture !== undefined) space.decode(architecture);
}

/** A random network stands for all: they differ little in size beside what a machine has. */
function requireRetraining(space: SearchSpace, { seed }: SearchConfig): void {
  const final = space.forRetraining();
  const child = createChild(final, space.sample(stream(seed, 'memory')));
  requireMemory(final, childCatalogue(final, child), child.parameterNames);
}
