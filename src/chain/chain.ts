/** One step of training by a chain of links: from the loss of a batch to new weights. */
import { WeftError } from '../errors.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { type LayerCapture } from '../tensor/second-order/index.js';
import { tf, tidy } from '../tensor/tf.js';
import { exactProduct, hessianProduct } from './hessian-product.js';
import { type JoinedStep, joinSmall, unjoined } from './join-small.js';
import { type Link, type LinkStep } from './link.js';
import { allFinite, type Evaluate, type LossAndGradients, metered, type StepContext } from './loss.js';
import { penalized } from './penalties.js';
import { type Schedule } from './schedule.js';
import { meanOverShards, refusedCapture } from './shards.js';
import { draftState, type OptimizerState } from './state.js';
import { globalNorm } from './transforms/clip.js';

export interface TrainerStep {
  /** New values of the parameters that have moved; owned by the caller. */
  readonly parameters: NamedTensors;
  /** The new state; its changed tensors are owned by the caller (see `replaceState`). */
  readonly state: OptimizerState;
  /** Loss before the step. */
  readonly loss: number;
  /** Gradients that this step has cost, in whole batches. */
  readonly gradientEvaluations: number;
  /** What the links have reported, and `learningRate`; of a chain that takes gradients elsewhere `gradientNorm` and `skipped` (1 if a gradient was not finite and nothing moved). */
  readonly metrics: Readonly<Record<string, number>>;
  /** Remarks for whoever reads the run; the same text may come every step. */
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
  /**
   * The weights to evaluate and to export where they are not the trained ones (averages, schedule-free), by the names of
   * `parameters`; owned by the caller. Running batch statistics belong to the trained weights: re-estimate them.
   */
  evaluationParameters?(parameters: NamedTensors, state: OptimizerState): NamedTensors;
  /** Takes notice of a validation loss, after each evaluation; returns the new state (see `replaceState`). */
  observe?(validationLoss: number, state: OptimizerState): OptimizerState;
}

/**
 * The trainer that these links make, in their order. Throws WeftError('config') where two have one name, or where two keep averages.
 *
 * @example
 * const trainer = chain(sam({ rho: 0.05 }), clipByGlobalNorm(5), trace(), scaleByLearningRate(constant(0.1)), ema());
 */
export function chain(...links: readonly Link[]): Trainer {
  check(links);
  const plan = { links, runs: runsOf(links), learningRate: rateOf(links) };
  const averaging = links.find(({ evaluation }) => evaluation);
  const observing = links.filter(({ observe }) => observe);
  return {
    links,
    learningRate: plan.learningRate,
    gradientEvaluations: links.reduce((product, { gradientEvaluations = 1 }) => product * gradientEvaluations, 1),
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

/** The rate of a chain of these links in each step; one where no link has a rate. */
export function rateOf(links: readonly Link[]): Schedule {
  return links.findLast(({ learningRate }) => learningRate)?.learningRate ?? (() => 1);
}

/** The same chain with a link before those that keep averages, so that they are averages of where it has moved the weights. */
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
      'their states would be mixed up: leave one out, or give it another name',
    );
  const [first, second] = links.filter(({ evaluation }) => evaluation);
  if (second)
    throw new WeftError(
      'config',
      `'${second.name}' cannot average the weights of '${first!.name}', which has an average of its own`,
      'use one of the two',
    );
  const late = links.slice(1).find(({ shards = 1 }) => shards > 1);
  if (late)
    throw new WeftError('config', `'${late.name}' takes parts of the batch behind '${links[0]!.name}'`, 'put it first');
}

interface Plan {
  readonly links: readonly Link[];
  readonly runs: readonly (readonly Link[])[];
  readonly learningRate: Schedule;
}

/** Whether a link gets finite gradients only. */
const isGuarded = ({ gradientEvaluations }: Link): boolean => gradientEvaluations !== undefined;

/** Whether a link is run by itself: it looks at more than the updates that it is given. */
const looksAround = (link: Link): boolean => isGuarded(link) || !!link.layers;

/** Links that are run together, on tensors that are joined alike; the last run moves the weights, and may be empty. */
function runsOf(links: readonly Link[]): Link[][] {
  const runs: Link[][] = [[]];
  for (const link of links.filter(({ update }) => update)) {
    if (!looksAround(link)) runs.at(-1)!.push(link);
    else if (runs.at(-1)!.length === 0) runs.splice(-1, 0, [link]);
    else runs.push([link], []);
  }
  return runs;
}

/** A gradient was not finite. */
class SkippedStep extends Error {
  constructor(readonly link: string) {
    super();
  }
}

function take(
  { links, runs, learningRate }: Plan,
  evaluate: Evaluate,
  parameters: NamedTensors,
  state: OptimizerState,
  given: StepContext,
): TrainerStep {
  const draft = draftState(state);
  const rate = learningRate(given.step);
  const { evaluate: penalizedEvaluate, context } = penalized(links, evaluate, given);
  const meter = metered(penalizedEvaluate, context);
  const metrics: Record<string, number> = { learningRate: rate };
  const notes = new Set<string>();
  const corrections: NamedTensors[] = [];
  let diagonal: NamedTensors | undefined;
  let layers: LayerCapture | undefined;
  let loss = NaN;

  const at = (link: Link, displacement: NamedTensors, examples?: readonly number[]): NamedTensors => {
    const { gradients } = displaced(meter.evaluate, parameters, () => displacement, { record: false, examples });
    if (isGuarded(link) && !allFinite(gradients)) throw new SkippedStep(link.name);
    return gradients;
  };

  /** What `link` is told of the step; its tensors are joined like those of `joined`. */
  const stepOf = (link: Link, joined: JoinedStep, part?: readonly number[]): LinkStep => {
    let norm: number | undefined;
    const gradientsAt: LinkStep['gradientsAt'] = (displacement, examples = part) =>
      joined.pack(at(link, joined.unpack(displacement), examples));
    return {
      parameters: joined.parameters,
      slots: joined.slotsOf(link.name),
      context,
      learningRate: rate,
      layers,
      get norm() {
        return (norm ??= tidy(() => globalNorm(joined.gradients).dataSync()[0]!));
      },
      get diagonal() {
        return diagonal && joined.pack(diagonal);
      },
      gradientsAt,
      hessianTimes: (vector, displacement = {}) =>
        hessianProduct(
          {
            at: gradientsAt,
            weights: parameters,
            joined,
            // The context's products are of the whole batch.
            exact: part ? undefined : exactProduct(context),
            charge: meter.charge,
            inexact: (reason) => notes.add(`'${link.name}' takes differences of gradients: ${reason}`),
            check(product) {
              if (isGuarded(link) && !allFinite(product)) throw new SkippedStep(link.name);
              return product;
            },
          },
          vector,
          displacement,
        ),
      charge: meter.charge,
      handOn: (estimate) => (diagonal = joined.unpack(estimate)),
      moveBy: (correction) => corrections.push(joined.unpack(correction)),
      report: (more) => Object.assign(metrics, more),
      note: (remark) => notes.add(remark),
    };
  };

  /** What a run of links makes of the updates; the last run gives the weights that they lead to. */
  const run = (
    some: readonly Link[],
    updates: NamedTensors,
    moves: boolean,
    part?: readonly number[],
  ): NamedTensors => {
    const alone = some.length === 1 && looksAround(some[0]!);
    const active = alone && some[0]!.layers ? parameters : pickNamed(parameters, Object.keys(updates));
    const joined = joinSmall(some, { gradients: updates, parameters: active, slotsOf: draft.slots }, state);
    const result = some.reduce((current, link) => {
      const step = stepOf(link, joined, part);
      if (isGuarded(link)) {
        metrics['gradientNorm'] = step.norm;
        if (!Number.isFinite(step.norm)) throw new SkippedStep(link.name);
      }
      return link.update!(current, step);
    }, joined.gradients);
    joined.writeSlots();
    return joined.unpack(moves ? mapNamed(result, (update, name) => tf.add(joined.parameters[name]!, update)) : result);
  };

  /** The first gradient, and what the first run makes of it where that is of parts of the batch. */
  const begin = (): LossAndGradients & { readonly done: number } => {
    const starting = links.find(({ start }) => start);
    const start =
      starting &&
      (() => starting.start!(stepOf(starting, unjoined({ gradients: {}, parameters, slotsOf: draft.slots }))));
    const [[first] = []] = runs;
    const wanted = links.flatMap((link) => link.layers?.({ parameters, slots: draft.slots(link.name), context }) ?? []);
    if (first?.shards && first.shards > 1) {
      if (wanted.length > 0) throw refusedCapture();
      return {
        ...meanOverShards(first.shards, context.batchSize, (examples, record) => {
          const one = displaced(meter.evaluate, parameters, start, { record, examples });
          loss = one.loss.dataSync()[0]!;
          return { loss: one.loss, gradients: run([first], one.gradients, false, examples) };
        }),
        done: 1,
      };
    }
    // Behind another link the updates are no longer what these layers make, so no gradient may be left out.
    const capture = wanted.length === 1 && first?.layers ? wanted[0] : {};
    const evaluated = displaced(meter.evaluate, parameters, start, {
      record: true,
      ...(wanted.length > 0 && { capture }),
    });
    if (links.some(isGuarded)) loss = evaluated.loss.dataSync()[0]!;
    return { ...evaluated, done: 0 };
  };
  const release = (): void => {
    layers?.dispose();
    layers = undefined;
  };

  try {
    const moved = tidy(() => {
      const first = begin();
      layers = first.layers;
      const lastLook = runs.findLastIndex(([link]) => link?.layers);
      let updates = first.gradients;
      runs.slice(first.done).forEach((some, i, rest) => {
        const before = updates;
        updates = tidy(() => ({ updates: run(some, before, i === rest.length - 1), diagonal, corrections })).updates;
        if (before === first.gradients) disposeNamed(without(before, updates));
        if (i + first.done === lastLook) release();
      });
      const after = { ...updates };
      for (const correction of corrections)
        for (const [name, added] of Object.entries(correction))
          if (after[name]) after[name] = tf.add(after[name], added);
      for (const link of links) {
        const movement = { before: parameters, after, learningRate: rate };
        Object.assign(after, link.settle?.(movement, { slots: draft.slots(link.name), context }));
      }
      loss = first.loss.dataSync()[0]!;
      return after;
    });
    return {
      parameters: moved,
      state: draft.commit(),
      loss,
      gradientEvaluations: meter.cost(),
      metrics: 'gradientNorm' in metrics ? { ...metrics, skipped: 0 } : metrics,
      notes: [...notes],
    };
  } catch (error) {
    draft.discard();
    if (!(error instanceof SkippedStep)) throw error;
    const key = `${error.link}/skipped`;
    return {
      parameters: {},
      state: { ...state, counts: { ...state.counts, [key]: (state.counts[key] ?? 0) + 1 } },
      loss,
      gradientEvaluations: meter.cost(),
      metrics: { learningRate: rate, gradientNorm: metrics['gradientNorm']!, skipped: 1 },
      notes: [],
    };
  } finally {
    release();
  }
}

/** Loss and gradients at weights + displacement. */
function displaced(
  evaluate: Evaluate,
  weights: NamedTensors,
  displacement: (() => NamedTensors) | undefined,
  options: Parameters<Evaluate>[1],
): LossAndGradients {
  if (!displacement) return evaluate(weights, options);
  const there = tidy(() => mapNamed(displacement(), (shift, name) => tf.add(weights[name]!, shift)));
  try {
    return evaluate({ ...weights, ...there }, options);
  } finally {
    disposeNamed(there);
  }
}

/** The tensors that are not among others. */
function without(tensors: NamedTensors, others: NamedTensors): NamedTensors {
  const kept = new Set(Object.values(others));
  return Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => !kept.has(tensor)));
}

/** Names of the parameters that have a tensor of this link. */
function parametersOf(tensors: NamedTensors, link: string): string[] {
  const names = Object.keys(tensors)
    .filter((key) => key.startsWith(`${link}/`))
    .map((key) => key.split('/').slice(2).join('/'));
  return [...new Set(names)];
}
