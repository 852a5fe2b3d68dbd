/** Small changes to how shared weights are trained (`search.remedies`): each a switch, all off by default. */
import { type SearchConfig } from '../../config/schema.js';
import { type Link } from '../../chain/link.js';
import { stepRate } from '../../chain/transforms/learning-rate.js';
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { type Learner } from '../../training/learner.js';
import { type BatchSource } from '../../training/batch.js';
import { type Regularizer } from '../../forgetting/index.js';
import { type CapacityRates, capacityRates } from './capacity-rates.js';
import { createImportance, type Importance } from './importance-state.js';
import { type SeparateMomentum, separateMomentum } from './separate-momentum.js';
import { type UniqueNetworks } from './unique-networks.js';

export { type UniqueNetworks, uniqueNetworks } from './unique-networks.js';
export { trainWithRemedies } from './step.js';

/** What a session uses of the remedies. */
export interface Remedies {
  readonly unique?: UniqueNetworks | undefined;
  readonly rates?: CapacityRates | undefined;
  readonly momentum?: SeparateMomentum | undefined;
  readonly importance?: Importance | undefined;
}

type Switches = SearchConfig['search']['remedies'];

/** Settings of the shared weights' learner: further links, and the weights that stay fixed. */
export function linksOf(
  remedies: Switches,
  regularizer: Link | undefined,
): { links: readonly Link[]; still?: readonly ['scale', 'offset'] } {
  return {
    links: [...(remedies?.capacityRates ? [stepRate()] : []), ...(regularizer ? [regularizer] : [])],
    ...(remedies?.fixedAffine && { still: ['scale', 'offset'] }),
  };
}

export interface RemediesSetting {
  readonly config: SearchConfig;
  readonly space: SearchSpace;
  readonly unique: UniqueNetworks | undefined;
  readonly controller: { readonly name: string; readonly relaxation?: unknown };
  readonly regularizer: Regularizer | undefined;
  readonly learner: Learner;
  readonly train: BatchSource;
}

/** The remedies that a configuration asks for. Throws WeftError('config') if one cannot be applied. */
export function createRemedies({
  config: { data, search, seed },
  space,
  unique,
  controller,
  regularizer,
  learner: { trainer, still, store },
  train,
}: RemediesSetting): Remedies {
  const { remedies } = search;
  if (!remedies) return {};
  const { uniqueNetworks, capacityRates: rates, separateMomentum: momentum, importance, fixedAffine } = remedies;
  const refuse = (message: string, hint: string): never => {
    throw new WeftError('config', message, hint);
  };
  const asked = [
    uniqueNetworks && 'uniqueNetworks',
    rates && 'capacityRates',
    momentum && 'separateMomentum',
    importance && 'importance',
  ].find((name) => typeof name === 'string');
  if (asked && search.elastic)
    refuse(
      `search.remedies.${asked} applies to steps that train one network, but search.elastic trains several per step`,
      `leave out search.elastic or search.remedies.${asked}`,
    );
  if (asked && controller.relaxation)
    refuse(
      `search.remedies.${asked} applies to steps that train one network, but '${controller.name}' trains a mixture of all`,
      `use a controller that samples, or leave out search.remedies.${asked}`,
    );
  if (fixedAffine && !Object.keys(store.parameters).some((name) => still!(name)))
    refuse(
      `search.remedies.fixedAffine keeps scales and offsets of normalization fixed, but '${space.name}' has none`,
      'leave it out',
    );
  if (rates) requireConstantRate(trainer.learningRate, search.epochs * train.steps);
  if (importance) {
    if (regularizer?.mixture)
      refuse(
        `search.remedies.importance weights the loss of the drawn network, but the regularizer '${regularizer.name}' mixes it with those of others`,
        'leave out one of the two; wpl and the anchors can be combined with it',
      );
    if (importance.data && (!train.pick || !train.places || (space.task.kind ?? 'classification') !== 'classification'))
      refuse(
        'search.remedies.importance.data draws individual labelled examples, but this data is a text or has numbers to predict',
        'set it to false',
      );
    if (importance.data && data.sampling === 'balanced')
      refuse(
        'search.remedies.importance.data draws each example by its own probability, but data.sampling: balanced by that of its class',
        'set one of the two to its default, or use data.classWeights, which can be combined with it',
      );
    if (importance.data && trainer.links.some(({ layers, shards = 1 }) => layers !== undefined || shards > 1))
      refuse(
        'search.remedies.importance.data reads the outputs of each step, which are not available with a preconditioner that captures layers or with gradients of parts of a batch',
        'set it to false, or use another optimizer',
      );
  }
  return {
    unique,
    ...(rates && { rates: capacityRates(space, seed) }),
    ...(momentum && { momentum: separateMomentum(space, trainer, seed) }),
    ...(importance && {
      importance: createImportance(importance, {
        space,
        seed,
        epochs: search.epochs,
        examples: train.examples ?? 0,
        ...(unique && { listed: unique.representatives }),
      }),
    }),
  };
}

/** CaLR is a schedule itself: two schedules would multiply. */
function requireConstantRate(rate: (step: number) => number, steps: number): void {
  if ([Math.floor(steps / 2), steps - 1].every((step) => rate(step) === rate(0))) return;
  throw new WeftError(
    'config',
    'search.remedies.capacityRates has its own schedule of learning rates, but search.optimizer has one too',
    'set search.optimizer.schedule to {name: constant} (for an averaging optimizer, that of its base) and leave out warmUp',
  );
}
