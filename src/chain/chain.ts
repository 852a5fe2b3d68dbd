/** One training step by a chain of links: from the loss of a batch to new weights. */
import { WeftError } from '../errors.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { eagerHost, type Host } from '../tensor/plan/index.js';
import { tf, tidy } from '../tensor/tf.js';
import { type Link } from './link.js';
import { type Evaluate, type StepContext } from './loss.js';
import { type StepMoment } from './moment.js';
import { type Schedule } from './schedule.js';
import { draftState, type OptimizerState } from './state.js';
import { readStep, skippedStep } from './step-numbers.js';
import { type Plan, runsOf, SkippedStep, type TracedStep, traceStep } from './trace-step.js';

export interface TrainerStep {
  /** New values of the parameters that moved; owned by the caller. */
  readonly parameters: NamedTensors;
  /** The new state; its changed tensors are owned by the caller (see `replaceState`). */
  readonly state: OptimizerState;
  /** Loss before the step. */
  readonly loss: number;
  /** Gradients that this step cost, in whole batches. */
  readonly gradientEvaluations: number;
  /**
   * What the links reported, and `learningRate`; for a chain that takes gradients at displaced points also
   * `gradientNorm` and `skipped` (1 if a gradient was not finite and nothing moved).
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** Notes for the user; the same text may come with every step. */
  readonly notes: readonly string[];
}

/** Links that train together. */
export interface Trainer {
  readonly links: readonly Link[];
  /** Gradients of a whole batch that one step costs, on average. */
  readonly gradientEvaluations: number;
  readonly learningRate: Schedule;
  /** One step on the active parameters. Arguments are borrowed. */
  step(evaluate: Evaluate, parameters: NamedTensors, state: OptimizerState, context: StepContext): TrainerStep;
  /** The same step before its numbers are read, through a host: what a compiled step is made of. */
  trace(
    evaluate: Evaluate,
    parameters: NamedTensors,
    state: OptimizerState,
    context: StepContext,
    host: Host<StepMoment>,
  ): TracedStep;
  /**
   * The weights to evaluate and to export if they are not the trained ones (averages, schedule-free), under the names
   * in `parameters`; owned by the caller. Running batch statistics belong to the trained weights: re-estimate them.
   */
  evaluationParameters?(parameters: NamedTensors, state: OptimizerState): NamedTensors;
  /** Receives the validation loss after each evaluation; returns the new state (see `replaceState`). */
  observe?(validationLoss: number, state: OptimizerState): OptimizerState;
}

/**
 * The trainer made of these links, in this order. Throws WeftError('config') if two have the same name, or if two keep
 * averages.
 *
 * @example
 * const trainer = chain(sam({ rho: 0.05 }), clipByGlobalNorm(5), trace(), scaleByLearningRate(constant(0.1)), ema());
 */
export function chain(...links: readonly Link[]): Trainer {
  check(links);
  const plan: Plan = { links, runs: runsOf(links), learningRate: rateOf(links) };
  const averaging = links.find(({ evaluation }) => evaluation);
  const observing = links.filter(({ observe }) => observe);
  return {
    links,
    learningRate: plan.learningRate,
    gradientEvaluations: links.reduce((product, { gradientEvaluations = 1 }) => product * gradientEvaluations, 1),
    trace: (...step) => traceStep(plan, ...step),
    step: (...step) => take(plan, ...step),
    ...(averaging && {
      evaluationParameters(parameters, state) {
        const slots = draftState(state).slots(averaging.name);
        return mapNamed(parameters, (weight, name) =>
          tidy(() => tf.clone(averaging.evaluation!(name, weight, slots) ?? weight)),
        );
      },
    }),
    ...(observing.length > 0 && {
      observe(validationLoss, state) {
        const draft = draftState(state);
        tidy(() => {
          for (const { name, observe } of observing)
            observe!(validationLoss, parametersOf(state.tensors, name), draft.slots(name));
        });
        return draft.commit();
      },
    }),
  };
}

/** The learning rate of a chain of these links at each step; 1 if no link has one. */
export function rateOf(links: readonly Link[]): Schedule {
  return links.findLast(({ learningRate }) => learningRate)?.learningRate ?? (() => 1);
}

/**
 * The same chain with a link inserted before those that keep averages, so that they average the weights after it has
 * moved them.
 */
export function withLink({ links }: Trainer, link: Link): Trainer {
  const place = links.findIndex(({ settle, evaluation }) => settle && evaluation);
  return chain(...(place < 0 ? [...links, link] : links.toSpliced(place, 0, link)));
}

function check(links: readonly Link[]): void {
  const twice = links.find(({ name }, i) => links.some((other, j) => j < i && other.name === name));
  if (twice)
    throw new WeftError(
      'config',
      `two links of one chain are named '${twice.name}'`,
      'their states would be mixed up: leave one out, or rename it',
    );
  const [first, second] = links.filter(({ evaluation }) => evaluation);
  if (second)
    throw new WeftError(
      'config',
      `'${second.name}' cannot average the weights of '${first!.name}', which already averages its weights`,
      'use one of the two',
    );
  const late = links.slice(1).find(({ shards = 1 }) => shards > 1);
  if (late)
    throw new WeftError('config', `'${late.name}' takes parts of the batch after '${links[0]!.name}'`, 'put it first');
}

function take(
  plan: Plan,
  evaluate: Evaluate,
  parameters: NamedTensors,
  state: OptimizerState,
  context: StepContext,
): TrainerStep {
  const moment: StepMoment = { step: context.step, seed: context.seed, rate: context.rate, counts: state.counts };
  try {
    return readStep(traceStep(plan, evaluate, parameters, state, context, eagerHost(moment)), state, moment, plan);
  } catch (error) {
    if (!(error instanceof SkippedStep)) throw error;
    return skippedStep(error, state, moment, plan);
  }
}

/** Names of the parameters that have a tensor of this link. */
function parametersOf(tensors: NamedTensors, link: string): string[] {
  const names = Object.keys(tensors)
    .filter((key) => key.startsWith(`${link}/`))
    .map((key) => key.split('/').slice(2).join('/'));
  return [...new Set(names)];
}
