/** Checks before a run begins: mistakes that would end it are reported while there is nothing to lose yet. */
import { type SearchConfig } from '../config/schema.js';
import { type SearchSpace } from '../graph/define-space.js';
import { catalogue, childCatalogue } from '../supernet/catalogue.js';
import { createChild } from '../supernet/child.js';
import { requireMemory } from '../supernet/memory.js';
import { stream } from '../tensor/rng.js';
import { energiesFor } from './energy.js';
import { refuseHyperparameters } from './hyperparameters/index.js';
import { limitSpace } from './limits.js';
import { objectiveOf } from './objective.js';
import { requireFitForTargets } from './regression.js';
import { controllerOptions, optionsOf, type SearchParts } from './session.js';
import { requireWarmStart } from './proxy-start.js';
import { checkSharedStart, checkWarmStart } from './warm-start.js';

/**
 * Throws the errors that a search, or the training of one architecture, would fail with: options of the space and the
 * controller, data that the space cannot take, memory, limits that no architecture meets, batches larger than the data,
 * an architecture of another space.
 */
export function checkParts({ config, space: factory, controller, data }: SearchParts, architecture?: string): void {
  const [why, remedy] = architecture === undefined ? SHARED : ALONE;
  refuseHyperparameters(config, why, remedy);
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
  // Latency is measured later, when the run keeps its table.
  const energies = energiesFor(space, config);
  limitSpace(space, { ...config.limits, latencyMs: undefined }, { energies }, config.seed);
  if (architecture !== undefined) space.decode(architecture);
}

/** Why neither a search with shared weights nor a single training can search hyper-parameters, and what to do. */
const SHARED = [
  'all networks of a search share their weights, which are trained once and with one value of each',
  'find values with `weft halve`, which trains candidates alone, or leave search.hyperparameters out',
] as const;
const ALONE = [
  'one network is trained with one value of each',
  'name the winner.yaml of `weft halve` as the configuration, or leave search.hyperparameters out',
] as const;

/** A random network stands for all: their sizes differ little compared with the memory of a machine. */
function requireRetraining(space: SearchSpace, { seed }: SearchConfig): void {
  const final = space.forRetraining();
  const child = createChild(final, space.sample(stream(seed, 'memory')));
  requireMemory(final, childCatalogue(final, child), child.parameterNames);
}
