/**
 * One step of a chain up to the point where its numbers are read: tensors in and out, and everything else declared to a
 * host.
 */
import { Signal } from '../errors.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { type Host } from '../tensor/plan/index.js';
import { type LayerCapture } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor, tf, tidy } from '../tensor/tf.js';
import { exactProduct, hessianProduct } from './hessian-product.js';
import { type Declaring, type Link, type LinkStep, type SettleStep } from './link.js';
import { type Evaluate, type Examples, type LossAndGradients, metered, type StepContext, sumOfAll } from './loss.js';
import { linkMoment, type LinkMoment, type StepMoment } from './moment.js';
import { penalized } from './penalties.js';
import { type Schedule } from './schedule.js';
import { meanOverShards, refusedCapture } from './shards.js';
import { type CountChanges, draftState, type OptimizerState } from './state.js';
import { globalNorm } from './transforms/clip.js';

/** What a chain does in each step. */
export interface Plan {
  readonly links: readonly Link[];
  readonly runs: readonly (readonly Link[])[];
  readonly learningRate: Schedule;
}

/** A step whose numbers are still tensors; the caller owns all of them. */
export interface TracedStep {
  /** New values of the parameters that moved. */
  readonly parameters: NamedTensors;
  /** Tensors of the new state that have changed. */
  readonly state: NamedTensors;
  readonly changes: CountChanges;
  readonly loss: Scalar;
  /** What the links reported, as scalars and as numbers. */
  readonly measured: NamedTensors;
  readonly reported: Readonly<Record<string, number>>;
  readonly gradientEvaluations: number;
  readonly notes: readonly string[];
}

/** Whether a link receives only finite gradients. */
export const isGuarded = ({ gradientEvaluations }: Link): boolean => gradientEvaluations !== undefined;

/** Whether a link is run separately, because it reads more than the updates passed to it. */
const readsContext = (link: Link): boolean => isGuarded(link) || !!link.layers;

/** Links that are run together; the last run moves the weights, and may be empty. */
export function runsOf(links: readonly Link[]): Link[][] {
  const runs: Link[][] = [[]];
  for (const link of links.filter(({ update }) => update)) {
    if (!readsContext(link)) runs.at(-1)!.push(link);
    else if (runs.at(-1)!.length === 0) runs.splice(-1, 0, [link]);
    else runs.push([link], []);
  }
  return runs;
}

/** A gradient was not finite: nothing moves. */
export class SkippedStep extends Signal {
  constructor(
    readonly link: string,
    readonly loss: number,
    readonly gradientNorm: number | undefined,
    readonly gradientEvaluations: number,
  ) {
    super();
  }
}

export const GRADIENT_NORM = 'gradientNorm';

/** Names of a compiled step's results. */
export const LOSS = 'loss';
export const MEASURED = 'measured/';

/** Traces the step; throws SkippedStep through the host's `require` if a gradient is not finite. */
export function traceStep(
  { links, runs, learningRate }: Plan,
  evaluate: Evaluate,
  parameters: NamedTensors,
  state: OptimizerState,
  given: StepContext,
  host: Host<StepMoment>,
): TracedStep {
  const draft = draftState(state, {
    onCount: (key) => host.undeclared(`the count '${key}' is read; use scalar or choose`),
    onNumber: (key) => void host.choose(({ counts }) => counts[key] ?? 0),
  });
  const rate = learningRate(given.step);
  const { evaluate: penalizedEvaluate, context } = penalized(links, evaluate, watched(given, host));
  const meter = metered(penalizedEvaluate, context);
  const reported: Record<string, number> = {};
  const measured: Record<string, Scalar> = {};
  const notes = new Set<string>();
  const corrections: NamedTensors[] = [];
  let diagonal: NamedTensors | undefined;
  let layers: LayerCapture | undefined;
  let loss: Scalar | undefined;

  const requireFinite = (link: Link, value: Scalar): void => {
    const cost = meter.cost();
    host.require(value, Number.isFinite, (outputs) => {
      const numberOf = (tensor: Tensor | undefined): number | undefined => tensor?.dataSync()[0];
      // A compiled step has computed its results by now; an uncompiled one has come no further than this.
      const [lossHere, normHere] = outputs
        ? [outputs[LOSS], outputs[MEASURED + GRADIENT_NORM]]
        : [loss, measured[GRADIENT_NORM]];
      return new SkippedStep(link.name, numberOf(lossHere) ?? NaN, numberOf(normHere), cost);
    });
  };
  const at = (link: Link, displacement: NamedTensors, examples?: Examples): NamedTensors => {
    const { gradients } = displaced(meter.evaluate, parameters, () => displacement, { record: false, examples });
    if (isGuarded(link)) requireFinite(link, sumOfAll(gradients));
    return gradients;
  };
  const declaring = (link: Link): Declaring => {
    const seen = (moment: StepMoment): LinkMoment => linkMoment(link.name, moment, learningRate);
    return {
      scalar: (of) => host.scalar((moment) => of(seen(moment))),
      choose: (of) => host.choose((moment) => of(seen(moment))),
      values: (shape, of) => host.values(shape, (moment) => of(seen(moment))),
      remember: (name, of) => draft.remember(`${link.name}/${name}`, (moment) => of(seen(moment))),
    };
  };

  /** What `link` knows about the step of these weights, given its first updates. */
  const stepOf = (link: Link, active: NamedTensors, given: NamedTensors, part?: readonly number[]): LinkStep => {
    let norm: Scalar | undefined;
    // In a fixed order, whatever a link has done to the updates, because the order decides the last bit.
    const normOf = (updates: NamedTensors): Scalar =>
      globalNorm(
        pickNamed(
          updates,
          Object.keys(given).filter((name) => updates[name]),
        ),
      );
    const gradientsAt: LinkStep['gradientsAt'] = (displacement, examples = part) => at(link, displacement, examples);
    return {
      ...declaring(link),
      parameters: active,
      slots: draft.slots(link.name),
      context,
      get learningRate() {
        host.undeclared(`'${link.name}' reads the learning rate; use scalar`);
        return rate;
      },
      layers,
      get norm() {
        return (norm ??= normOf(given));
      },
      normOf,
      get diagonal() {
        return diagonal;
      },
      gradientsAt,
      hessianTimes: (vector, displacement = {}) =>
        hessianProduct(
          {
            at: gradientsAt,
            weights: parameters,
            // The context's products are for the whole batch.
            exact: part ? undefined : exactProduct(context),
            charge: meter.charge,
            inexact: (reason) => notes.add(`'${link.name}' takes differences of gradients: ${reason}`),
            check(product) {
              if (isGuarded(link)) requireFinite(link, sumOfAll(product));
              return product;
            },
          },
          vector,
          displacement,
        ),
      charge: meter.charge,
      handOn: (estimate) => (diagonal = estimate),
      moveBy: (correction) => corrections.push(correction),
      report(more) {
        for (const [name, value] of Object.entries(more))
          if (typeof value === 'number') reported[name] = value;
          else measured[name] = value;
      },
      note: (remark) => notes.add(remark),
    };
  };

  /** Applies a run of links to the updates; the last run returns the resulting weights. */
  const run = (
    some: readonly Link[],
    updates: NamedTensors,
    moves: boolean,
    part?: readonly number[],
  ): NamedTensors => {
    const alone = some.length === 1 && readsContext(some[0]!);
    const active = alone && some[0]!.layers ? parameters : pickNamed(parameters, Object.keys(updates));
    const result = some.reduce((current, link) => {
      const step = stepOf(link, active, updates, part);
      if (isGuarded(link)) {
        measured[GRADIENT_NORM] = step.norm;
        requireFinite(link, step.norm);
      }
      return link.update!(current, step);
    }, updates);
    return moves ? mapNamed(result, (update, name) => tf.add(active[name]!, update)) : result;
  };

  /** The first gradient; if it is taken on parts of the batch, after the first run. */
  const begin = (): LossAndGradients & { readonly done: number } => {
    const starting = links.find(({ start }) => start);
    const start = starting && (() => starting.start!(stepOf(starting, parameters, {})));
    const [[first] = []] = runs;
    const wanted = links.flatMap(
      (link) => link.layers?.({ ...declaring(link), parameters, slots: draft.slots(link.name), context }) ?? [],
    );
    if (first?.shards && first.shards > 1) {
      if (wanted.length > 0) throw refusedCapture();
      return {
        ...meanOverShards(first.shards, context.batchSize, (examples, record) => {
          const one = displaced(meter.evaluate, parameters, start, { record, examples });
          loss = one.loss;
          return { loss: one.loss, gradients: run([first], one.gradients, false, examples) };
        }),
        done: 1,
      };
    }
    // After another link the updates no longer follow from what the layers saw, so no gradient may be left out.
    const capture = wanted.length === 1 && first?.layers ? wanted[0] : {};
    const evaluated = displaced(meter.evaluate, parameters, start, {
      record: true,
      ...(wanted.length > 0 && { capture }),
    });
    loss = evaluated.loss;
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
        updates = tidy(() => ({
          updates: run(some, before, i === rest.length - 1),
          diagonal,
          corrections,
          measured,
        })).updates;
        if (before === first.gradients) disposeNamed(without(before, updates));
        if (i + first.done === lastLook) release();
      });
      const after = { ...updates };
      for (const correction of corrections)
        for (const [name, added] of Object.entries(correction))
          if (after[name]) after[name] = tf.add(after[name], added);
      for (const link of links) {
        if (!link.settle) continue;
        const step: SettleStep = { ...declaring(link), slots: draft.slots(link.name), context };
        const movement = {
          before: parameters,
          after,
          get learningRate() {
            host.undeclared(`'${link.name}' reads the learning rate; use scalar`);
            return rate;
          },
        };
        Object.assign(after, link.settle(movement, step));
      }
      return { after, loss: first.loss, measured };
    });
    const written = draft.changes();
    return {
      parameters: moved.after,
      state: written.tensors,
      changes: written.changes,
      loss: moved.loss,
      measured: moved.measured,
      reported,
      gradientEvaluations: meter.cost(),
      notes: [...notes],
    };
  } catch (error) {
    draft.discard();
    throw error;
  } finally {
    release();
  }
}

/** The context, which reports to the host if a link reads what belongs to this step only. */
function watched(context: StepContext, host: Host<StepMoment>): StepContext {
  return Object.defineProperty({ ...context }, 'step', {
    enumerable: true,
    get() {
      host.undeclared('the number of the step is read; use scalar, values or choose');
      return context.step;
    },
  });
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

/** The tensors that are not among `others`. */
function without(tensors: NamedTensors, others: NamedTensors): NamedTensors {
  const kept = new Set(Object.values(others));
  return Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => !kept.has(tensor)));
}
