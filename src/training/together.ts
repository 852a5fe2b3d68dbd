/**
 * Several children that learn from one batch: loss and gradients of each separately, since they share weights but not
 * values. So a child that takes part in many steps can be compiled, whatever the others are.
 */
import { type LossAndGradients } from '../chain/loss.js';
import { type Mode, type PassMoment } from '../operations/operation.js';
import { type Child } from '../supernet/child.js';
import { sliceKey } from '../supernet/slices.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { type NamedTensors, pickNamed, underPrefix, withPrefix } from '../tensor/named.js';
import { type Compiler, type Host, type StepResult } from '../tensor/plan/index.js';
import { sumFromLeft } from '../tensor/sum.js';
import { type Scalar, type Tensor, tf, tidy } from '../tensor/tf.js';
import { type TensorBatch } from './batch.js';
import { labelLosses } from './cross-entropy.js';
import { type Distillation, distilled } from './distill.js';

export type CompiledChildren = Compiler<PassMoment, null>;

export interface Together {
  readonly child: Child;
  /** The loss is (1 - Σ weights) times the child's plus these shares of theirs. */
  readonly others: readonly { readonly child: Child; readonly weight: number }[];
  /** What the others learn: the labels by default, or the child's outputs. */
  readonly distill?: Distillation | undefined;
  /** Whether dropout and the like act on the others too. */
  readonly othersTrain: boolean;
  readonly statistics: NamedTensors;
  readonly smoothing?: number | undefined;
  /** Without it every child runs uncompiled. */
  readonly compiled?: CompiledChildren | undefined;
}

/** The loss of one of them, and its logits. */
export interface PartOfLoss {
  readonly loss: Scalar;
  readonly logits: Tensor;
  readonly weight: number;
}

/** The parts of the loss at these parameters, the child's first. */
export function partsOfLoss(
  together: Together,
  parameters: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
): PartOfLoss[] {
  const first = partOf(together, 0, parameters, batch, mode, undefined);
  return [first, ...together.others.map((_, i) => partOf(together, i + 1, parameters, batch, mode, first.logits))];
}

/** The weighted sum of parts of a loss. */
export const sumOfParts = (parts: readonly PartOfLoss[]): Scalar =>
  tf.addN(parts.map(({ loss, weight }) => tf.mul(loss, weight))) as Scalar;

/** Loss and gradients of all together, and the loss of each; the caller owns the tensors. */
export function gradientsTogether(
  together: Together,
  parameters: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
): LossAndGradients & { readonly losses: readonly number[] } {
  const { loss, gradients, losses } = tidy(() => {
    let logits: Tensor | undefined;
    const found = [together.child, ...together.others].map((_, i) => {
      const result = gradientsOfPart(together, i, parameters, batch, mode, logits);
      logits ??= result['logits'];
      return result;
    });
    const terms = new Map<string, Tensor[]>();
    // In the order of a backward pass through all of them: the last one first.
    for (const one of found.toReversed())
      for (const [name, gradient] of Object.entries(underPrefix(GRADIENT, one)))
        terms.set(name, [...(terms.get(name) ?? []), gradient]);
    const names = Object.keys(parameters).filter((name) => terms.has(name));
    return {
      loss: tf.addN(found.map((one) => one['value']!)) as Scalar,
      gradients: Object.fromEntries(names.map((name) => [name, sumFromLeft(terms.get(name)!)])),
      losses: tf.stack(found.map((one) => one['loss']!)),
    };
  });
  const numbers = [...losses.dataSync()];
  losses.dispose();
  return { loss, gradients, losses: numbers };
}

/** The loss of the child at this index; the first has no teacher. */
function partOf(
  { child, others, distill, othersTrain, statistics, smoothing }: Together,
  place: number,
  parameters: NamedTensors,
  { inputs, labels, weights }: TensorBatch,
  mode: Mode,
  teacher: Tensor | undefined,
): PartOfLoss {
  const other = others[place - 1];
  // States and statistics are only those of the first child.
  const { record: _r, carry: _c, ...silent } = mode;
  const own = other ? { ...silent, training: mode.training && othersTrain } : mode;
  const logits = (other?.child ?? child).forward(parameters, statistics, inputs, own);
  const loss =
    other && distill && teacher
      ? distilled(distill, teacher, logits, labels)
      : (tf.mean(labelLosses(logits, labels, smoothing, weights)) as Scalar);
  return { loss, logits, weight: other?.weight ?? 1 - others.reduce((sum, { weight }) => sum + weight, 0) };
}

const GRADIENT = 'gradient/';

/**
 * For one child: its loss, its weighted `value` in the sum, the gradients of that, and `logits` for those that learn
 * from it. Runs inside a tidy.
 */
function gradientsOfPart(
  together: Together,
  place: number,
  parameters: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
  teacher: Tensor | undefined,
): NamedTensors {
  const { child, others, distill, othersTrain, statistics, smoothing, compiled } = together;
  const one = others[place - 1]?.child ?? child;
  const own = weightsOf(one, parameters);
  const teaches = place === 0 && distill !== undefined;
  const step = (host?: Host<PassMoment>): StepResult<null> => {
    const { value, gradients, aux } = valueAndGradients<NamedTensors>((current) => {
      const { loss, logits, weight } = partOf(
        together,
        place,
        current,
        batch,
        host ? { ...mode, host } : mode,
        teacher,
      );
      const aux = { loss: tf.clone(loss), ...(teaches && { logits: tf.clone(logits) }) };
      return { loss: tf.mul(loss, weight) as Scalar, aux };
    }, own);
    return { outputs: { ...aux, value, ...withPrefix(GRADIENT, gradients) }, fixed: null };
  };
  const { record, carry, state = {} } = mode;
  const isPlain = !record && !carry && Object.keys(state).length === 0;
  const weight = others[place - 1]?.weight ?? others.map((other) => other.weight).join(' ');
  const key = [
    one.encoding,
    place === 0,
    weight,
    distill,
    othersTrain,
    mode.training,
    mode.normalization,
    smoothing,
  ].join();
  if (!compiled || !isPlain || !compiled.isWorthwhile({ key })) return step().outputs;
  const { inputs, labels, weights } = batch;
  const given = {
    ...withPrefix('parameter/', own),
    ...withPrefix(
      'statistic/',
      pickNamed(
        statistics,
        one.statisticNames.filter((name) => statistics[name]),
      ),
    ),
    inputs,
    labels,
    ...(weights && { weights }),
    ...(teacher && distill && { teacher }),
  };
  return compiled.run((_, host) => step(host), given, { seed: mode.seed }, { key }).outputs;
}

/** Those of these weights, or slices of weights, that a child reads. */
function weightsOf({ parameterNames, slices }: Child, parameters: NamedTensors): NamedTensors {
  const names = parameterNames.map((name) => {
    const spec = slices?.get(name);
    const key = spec ? sliceKey(name, spec.shape) : name;
    return key in parameters ? key : name;
  });
  return pickNamed(parameters, names);
}
