/** What a configuration may ask of a search whose networks predict numbers, or several labels of an example. */
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { type SearchData } from './data.js';
import { isRewardOfLabels } from './objective.js';

/** Throws WeftError('config') that names the field of what has a meaning for classes alone. */
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
      'comes with measures of forgetting in shares of wrong classes',
      'set it to none',
    ],
    [forgetting.measure === true, 'forgetting.measure', 'counts wrong classes', 'leave it out'],
    [
      objectives?.includes('accuracy') === true,
      'objectives',
      kind === 'multi-label'
        ? 'names accuracy, which is that of one class'
        : 'names accuracy, which numbers do not have',
      'name loss in its place',
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

/** Bound of a gradient's norm where nobody has set one. */
const CLIP_NORM = 1;
/** Optimizers whose step is as long as the gradient. */
const PROPORTIONAL: ReadonlySet<string> = new Set(['sgd', 'momentum', 'nesterov']);

/**
 * The configuration as a run of these data has it. The gradient of a squared error grows with the error, without a bound as that of cross-entropy
 * has it: with rates that suit classes, steps that are as long as the gradient diverge. So these are clipped, unless the configuration says where. It also
 * continues to grow on new examples once a network has memorized the training part, where accuracy hardly falls: the best epoch is kept, unless the
 * configuration says which.
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
