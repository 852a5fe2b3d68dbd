/**
 * The update of a chain, recorded once for all children of a supernet, for chains that work coordinate by coordinate,
 * whose recordings do not depend on shapes. It becomes part of the function of the supernet's gradients, so that a step
 * is one native call.
 */
import { chain, type Trainer, type TrainerStep } from '../chain/chain.js';
import { type Link, type Movement, type SettleEach } from '../chain/link.js';
import { type StepMoment } from '../chain/moment.js';
import { emptyState, type OptimizerState } from '../chain/state.js';
import { readStep } from '../chain/step-numbers.js';
import { LOSS, MEASURED, type TracedStep } from '../chain/trace-step.js';
import {
  type Continuation,
  type Further,
  GRADIENT_INPUT,
  LOSS_INPUT,
  type NameOf,
  PARAMETER_INPUT,
  type SlotNames,
} from '../supernet/dynamic/index.js';
import { disposeNamed, keepNamed, mapNamed, type NamedTensors, underPrefix, withPrefix } from '../tensor/named.js';
import { difference, type Host, nativeBackend, record, type Recording, type Step } from '../tensor/plan/index.js';
import { type Scalar, type Tensor, tf, tidy } from '../tensor/tf.js';

type Fixed = Pick<TracedStep, 'changes' | 'reported' | 'gradientEvaluations' | 'notes'>;

const STATE = 'state/';
/** The inputs by which a weight settles, by index, and its settled value. */
const MEMORY = 'memory/';
const SETTLED = 'settled/';

/** The update of a chain as part of the supernet's function. */
export interface SharedUpdate {
  /** For `dynamicGradients`. */
  continuation(slots: readonly SlotNames[]): Continuation<StepMoment> | undefined;
  /** A step of the child; undefined if one of its parameters has never been trained and so has no state yet. */
  step(
    call: (further: Further<StepMoment>) => { loss: Scalar; outputs: NamedTensors },
    parameters: NamedTensors,
    state: OptimizerState,
    moment: StepMoment,
  ): TrainerStep | undefined;
}

/**
 * The update of this chain, if it works coordinate by coordinate apart from norms, and in the same way at every age.
 * `still` names weights that are not trained.
 */
export function sharedUpdate(
  trainer: Trainer,
  still: (name: string) => boolean = () => false,
): SharedUpdate | undefined {
  const settling = trainer.links.filter(isSettling);
  const each = settling.length === 1 ? settling[0]!.settleEach : undefined;
  const links = trainer.links.filter((link) => !isSettling(link));
  if (!links.every(isPlain)) return undefined;
  const inner = chain(...links);
  let recording: Recording<StepMoment, Fixed> | undefined;
  /** Keys of the state's tensors, and of what is counted, without the name of the parameter. */
  let [slotKeys, countKeys]: readonly (readonly string[])[] = [[], []];
  return {
    continuation(slots) {
      const trained = slots.filter((names) => !names.every(still));
      const kinds = [still, ...links.map(({ elementwise }) => elementwise!.kind)];
      if (!kinds.every((kind) => trained.every((names) => isAlike(names, kind)))) return undefined;
      const names = trained.map(([name]) => name);
      recording = recordUpdate(inner, names, each);
      if (!recording) return undefined;
      const written = new Set(recording.outputs.map(({ name }) => name));
      slotKeys = links
        .flatMap(({ name, elementwise }) => elementwise!.slots.map((slot) => `${name}/${slot}/`))
        .filter((key) => written.has(`${STATE}${key}${names[0]}`));
      const { advanced } = recording.fixed.changes;
      countKeys = links.map(({ name }) => `${name}/`).filter((key) => advanced.includes(key + names[0]));
      return { recording };
    },
    step(call, parameters, state, moment) {
      const trained = Object.keys(parameters).filter((name) => !still(name));
      if (!recording || !slotKeys!.every((key) => trained.every((name) => state.tensors[key + name]))) return undefined;
      let advanced: readonly string[] = [];
      const rate = trainer.learningRate(moment.step);
      const memory = new Map(trained.map((name) => [name, each?.recall(name, rate)]));
      const { loss, outputs } = call((nameOf) => {
        const prefixes = slotKeys!.map((key) => STATE + key);
        /** The value that the step has moved a weight to, or in which it has then settled. */
        const moved = (output: string): string | undefined => {
          const prefix = output.startsWith(SETTLED) ? SETTLED : PARAMETER_INPUT;
          const name = nameOf(output.slice(prefix.length));
          const isWanted = name !== undefined && (prefix === SETTLED) === (memory.get(name) !== undefined);
          return isWanted ? PARAMETER_INPUT + name : undefined;
        };
        const counted = recording!.fixed.changes.advanced.flatMap((key) => {
          const own = renamed(key, nameOf, countKeys!);
          return own === undefined ? [] : [[key, own] as const];
        });
        advanced = counted.map(([, own]) => own);
        return {
          // The age of a slot is that of its parameter.
          moment: { ...moment, counts: Object.fromEntries(counted.map(([key, own]) => [key, state.counts[own] ?? 0])) },
          given(input) {
            if (input.startsWith(MEMORY)) {
              const [, place, ...slot] = input.split('/');
              const name = nameOf(slot.join('/'));
              // For a weight that does not settle, anything of its shape: the result is ignored.
              return name === undefined ? undefined : (memory.get(name)?.[Number(place)] ?? parameters[name]);
            }
            const key = renamed(input.slice(STATE.length), nameOf, slotKeys!);
            return key === undefined ? undefined : state.tensors[key];
          },
          wanted(output) {
            if (output.startsWith(MEASURED)) return output;
            return output.startsWith(STATE) ? renamed(output, nameOf, prefixes) : moved(output);
          },
        };
      });
      const { changes, reported, gradientEvaluations, notes } = recording.fixed;
      const stepped = readStep(
        {
          parameters: inOrder(underPrefix(PARAMETER_INPUT, outputs), parameters),
          state: keepNamed(underPrefix(STATE, outputs)),
          measured: underPrefix(MEASURED, outputs),
          loss,
          changes: { ...changes, advanced },
          reported,
          gradientEvaluations,
          notes,
        },
        state,
        moment,
        trainer,
      );
      return each
        ? stepped
        : { ...stepped, parameters: settled(settling, parameters, stepped.parameters, trainer, moment) };
    },
  };
}

/** A link that only moves weights after the step and keeps its own memory. */
const isSettling = ({ settle, update, penalty, start, layers, evaluation, elementwise }: Link): boolean =>
  !!settle && settle.length < 2 && !update && !penalty && !start && !layers && !evaluation && !elementwise;

/** A link that depends only on the updates, coordinate by coordinate. */
const isPlain = (link: Link): boolean =>
  !!link.elementwise &&
  !link.gradientEvaluations &&
  !link.penalty &&
  !link.start &&
  !link.layers &&
  !link.settle &&
  !link.evaluation;

const isAlike = (names: SlotNames, kind: ((parameter: string) => string | boolean) | undefined): boolean =>
  !kind || names.every((name) => kind(name) === kind(names[0]));

/** The key `prefix` with the child's parameter in place of the slot. */
function renamed(key: string, nameOf: NameOf, prefixes: readonly string[]): string | undefined {
  const prefix = prefixes.find((one) => key.startsWith(one));
  const name = prefix === undefined ? undefined : nameOf(key.slice(prefix.length));
  return name === undefined ? undefined : prefix! + name;
}

const inOrder = (tensors: NamedTensors, order: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.keys(order).flatMap((name) => (tensors[name] ? [[name, tensors[name]]] : [])));

/**
 * The update of parameters with these names that have all been trained before, and how they settle, independent of
 * their shapes.
 */
function recordUpdate(
  trainer: Trainer,
  names: readonly string[],
  each: SettleEach | undefined,
): Recording<StepMoment, Fixed> | undefined {
  const backend = nativeBackend();
  if (!backend) return undefined;
  // No two have the same shape.
  const tensorOf = (i: number): Tensor => tf.fill([1, i + 1], 0.5);
  const fresh = (): NamedTensors => Object.fromEntries(names.map((name, i) => [name, tensorOf(i)]));
  const context = { step: 0 };
  const slots = trainer.links.flatMap(({ name, elementwise }) =>
    elementwise!.slots.flatMap((slot) =>
      names.map((parameter, i) => [`${name}/${slot}/${parameter}`, tensorOf(i)] as const),
    ),
  );
  const state: OptimizerState = { ...emptyState, tensors: Object.fromEntries(slots) };
  const [gradients, parameters] = [fresh(), fresh()];
  const loss = tf.scalar(1);
  const memory = Array.from({ length: each?.given.memory ?? 0 }, fresh);
  const inputs: NamedTensors = {
    ...Object.fromEntries(memory.flatMap((one, place) => Object.entries(withPrefix(`${MEMORY}${place}/`, one)))),
    [LOSS_INPUT]: loss,
    ...withPrefix(GRADIENT_INPUT, gradients),
    ...withPrefix(PARAMETER_INPUT, parameters),
    ...withPrefix(STATE, state.tensors),
  };
  const step: Step<StepMoment, Fixed> = (_, host: Host<StepMoment>) => {
    // The chain disposes its inputs.
    const evaluate = (): { loss: Scalar; gradients: NamedTensors } => ({
      loss: tf.clone(loss),
      gradients: mapNamed(gradients, (gradient) => tf.clone(gradient)),
    });
    const traced = trainer.trace(evaluate, parameters, state, context, host);
    const { changes, reported, gradientEvaluations, notes } = traced;
    const numbers = Array.from({ length: each?.given.numbers ?? 0 }, (_, i) =>
      host.scalar(({ step: at }) => each!.numbers(trainer.learningRate(at))[i]!),
    );
    const settle = (after: Tensor, name: string): Tensor =>
      tidy(() =>
        each!.value(
          parameters[name]!,
          after,
          memory.map((one) => one[name]!),
          numbers,
        ),
      );
    const settledOnes = each ? mapNamed(traced.parameters, settle) : {};
    tf.dispose(numbers);
    return {
      outputs: {
        ...withPrefix(PARAMETER_INPUT, traced.parameters),
        ...withPrefix(SETTLED, settledOnes),
        ...withPrefix(STATE, traced.state),
        ...withPrefix(MEASURED, traced.measured),
        [LOSS]: traced.loss,
      },
      fixed: { changes, reported, gradientEvaluations, notes },
    };
  };
  const moments: StepMoment[] = [0, 1].map((at) => ({ step: at, seed: 'update', counts: {} }));
  const [first, second] = moments.map((moment) => {
    const { result, recording } = record(backend, step, inputs, moment);
    disposeNamed(result.outputs);
    return recording;
  }) as [Recording<StepMoment, Fixed>, Recording<StepMoment, Fixed>];
  disposeNamed(inputs);
  const isShapeless = [...first.constants, ...first.declared].every(({ shape }) => shape.length === 0);
  const { removed, numbers, computed } = first.fixed.changes;
  const isPlain = [first.requirements, first.choices, removed, numbers, computed].every(({ length }) => length === 0);
  return isShapeless && isPlain && difference(first, second, moments[1]!) === undefined ? first : undefined;
}

/** The weights after these links have moved them further. */
function settled(
  links: readonly Link[],
  before: NamedTensors,
  moved: NamedTensors,
  { learningRate }: Trainer,
  { step }: StepMoment,
): NamedTensors {
  return links.reduce((after, { settle }) => {
    const movement: Movement = { before, after, learningRate: learningRate(step) };
    const changed = tidy(() => (settle as (movement: Movement) => NamedTensors)(movement));
    for (const name of Object.keys(changed)) if (changed[name] !== after[name]) after[name]?.dispose();
    return { ...after, ...changed };
  }, moved);
}
