/**
 * Averages of the weights along the way: training goes on as it would without, and evaluation uses the average. Each parameter
 * counts its own updates, so that one that is rarely active is averaged over its own history.
 */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { WeftError } from '../../errors.js';
import { type Trainer } from '../../chain/trainer.js';
import { draftState, type Slots, type StepContext } from '../../chain/transform.js';

/** One parameter right after its update. */
export interface Updated {
  readonly name: string;
  /** Borrowed. */
  readonly weight: Tensor;
  /** The weight before the step; borrowed. */
  readonly before: Tensor;
  readonly context: StepContext;
}

export interface AveragingRule {
  readonly name: string;
  /** Takes the new weight into the average; may give another weight to go on with. Runs inside a tidy. */
  update(updated: Updated, slots: Slots): Tensor | undefined;
  /** The average, if there is one yet. Runs inside a tidy. */
  average(name: string, slots: Slots): Tensor | undefined;
  /** Takes notice of a validation loss; `names` are the parameters with any state of this rule. Runs inside a tidy. */
  observe?(validationLoss: number, names: readonly string[], slots: Slots): void;
}

/** The base optimizer with an average of its weights. */
export function averaged(base: Trainer, rule: AveragingRule): Trainer {
  if (base.evaluationParameters) {
    throw new WeftError(
      'config',
      `'${rule.name}' cannot average the weights of '${base.name}', which has an average of its own`,
      'use one of the two',
    );
  }
  const { observe } = rule;
  return {
    ...base,
    name: rule.name,
    step(evaluate, parameters, state, context) {
      const stepped = base.step(evaluate, parameters, state, context);
      const draft = draftState(stepped.state);
      const slots = draft.slots(rule.name);
      const replaced = tf.tidy(() => {
        const changes: Record<string, Tensor> = {};
        for (const [name, weight] of Object.entries(stepped.parameters)) {
          const other = rule.update({ name, weight, before: parameters[name]!, context }, slots);
          if (other) changes[name] = other;
        }
        return changes;
      });
      for (const name of Object.keys(replaced)) stepped.parameters[name]!.dispose();
      return { ...stepped, parameters: { ...stepped.parameters, ...replaced }, state: draft.commit() };
    },
    evaluationParameters(parameters, state) {
      const slots = draftState(state).slots(rule.name);
      return mapNamed(parameters, (weight, name) => tf.tidy(() => tf.clone(rule.average(name, slots) ?? weight)));
    },
    ...(observe &&
      ({
        observe(validationLoss, state) {
          const draft = draftState(state);
          const slots = draft.slots(rule.name);
          tf.tidy(() => observe(validationLoss, parametersOf(state.tensors, rule.name), slots));
          return draft.commit();
        },
      } satisfies Pick<Trainer, 'observe'>)),
  };
}

/** Names of the parameters that have a tensor of this rule. */
function parametersOf(tensors: NamedTensors, rule: string): string[] {
  const names = Object.keys(tensors)
    .filter((key) => key.startsWith(`${rule}/`))
    .map((key) => key.split('/').slice(2).join('/'));
  return [...new Set(names)];
}
