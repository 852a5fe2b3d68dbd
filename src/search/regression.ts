/** Checks and completes the configuration of a search for regression, or with several labels per example. */
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { type SearchData } from './data.js';
import { isRewardOfLabels } from './objective.js';

/** Throws WeftError('config') naming a field that is meaningful only for classification. */
export function requireFitForTargets(
  { data, search, retrain, forgetting, objectives }: SearchConfig,
  kind: Task['kind'] = 'regression',
): void {
  const refused: readonly (readonly [wrong: boolean, field: string, why: string, remedy: string])[] = [
    [data.labelNoise > 0, 'data.labelNoise', 'changes classes', 'leave it out'],
    [data.classWeights !== undefined && kind !== 'multi-label', 'data.classWeights', 'weighs classes', 'leave it out'],
    [data.sampling === 'balanced', 'data.sampling', 'draws classes equally often', 'leave it out'],
    [
      search.reward !== undefined && !(kind === 'multi-label' && isRewardOfLabels(search.reward)),
      'search.reward',
      'measures how well classes are told apart',
      kind === 'multi-label' ? 'take f1, auc or log-loss, or leave it out' : 'leave it out',
    ],
    [search.labelSmoothing > 0, 'search.labelSmoothing', 'spreads a label over classes', 'leave it out'],
    [retrain.labelSmoothing > 0, 'retrain.labelSmoothing', 'spreads a label over classes', 'leave it out'],
    [retrain.calibrate === true, 'retrain.calibrate', 'fits probabilities of classes', 'leave it out'],
    [search.rewardScale !== undefined, 'search.rewardScale', 'belongs to language models', 'leave it out'],
    [
      search.regularizer.name !== 'none',
      'search.regularizer',
      'measures forgetting as the share of wrong classes',
      'set it to none',
    ],
    [forgetting.measure === true, 'forgetting.measure', 'counts wrong classes', 'leave it out'],
    [
      objectives?.includes('accuracy') === true,
      'objectives',
      kind === 'multi-label'
        ? 'names accuracy, which needs one class per example'
        : 'names accuracy, which does not exist for numbers',
      'name loss instead',
    ],
  ];
  for (const [wrong, field, why, remedy] of refused)
    if (wrong)
      throw new WeftError(
        'config',
        `${field} ${why}, but ${kind === 'multi-label' ? 'each example has several labels' : 'the label column contains numbers to predict'}`,
        kind === 'multi-label' ? remedy : `${remedy}; if its numbers are classes, set data.task: classification`,
      );
}

/** Default bound on the norm of gradients. */
const CLIP_NORM = 1;
/** Optimizers whose step is proportional to the gradient. */
const PROPORTIONAL: ReadonlySet<string> = new Set(['sgd', 'momentum', 'nesterov']);

/**
 * The configuration completed for a run on these data. The gradient of a squared error grows with the error, without
 * the bound that cross-entropy has: with learning rates that suit classification, steps proportional to the gradient
 * diverge. So gradients are clipped, unless the configuration sets a bound. The error also keeps growing on new
 * examples once a network has memorized the training part, whereas accuracy hardly falls: the best epoch is kept,
 * unless the configuration says otherwise.
 */
export function settle(config: SearchConfig, { task }: Pick<SearchData, 'task'>): SearchConfig {
  if (task.kind !== 'regression') return config;
  const { search, retrain } = config;
  return {
    ...config,
    search: { ...search, optimizer: clipped(search.optimizer) },
    retrain: {
      ...retrain,
      optimizer: clipped(retrain.optimizer),
      ...(retrain.patience === undefined && { keep: retrain.keep ?? 'best' }),
    },
  };
}

function clipped<O extends object>(optimizer: O): O {
  const { name, base, clipNorm } = optimizer as { name?: string; base?: object; clipNorm?: number };
  if (base) return { ...optimizer, base: clipped(base) };
  return name !== undefined && PROPORTIONAL.has(name) && clipNorm === undefined
    ? { ...optimizer, clipNorm: CLIP_NORM }
    : optimizer;
}
