/**
 * A gradient together with what each layer saw: one forward pass, the backward pass of the loss, and further backward
 * passes with other gradients of the outputs, as the Fisher information needs them.
 */
import { assertScalar, backpropagateTo } from '../autodiff.js';
import type { NamedTensors } from '../named.js';
import { recordOn, releaseTape, type Cotangent, type Tape } from '../tape.js';
import { tf, tidy, type Scalar, type Tensor } from '../tf.js';
import { findUses, type CapturedUse, type FoundUse, type FoundUses } from './captured-uses.js';
import type { CutLoss } from './gauss-newton.js';

/** The inputs and output gradients of the layers in a forward pass. Holds tensors until `dispose`. */
export interface LayerCapture {
  /** What the model returned, borrowed. */
  readonly outputs: Tensor;
  /** In the order of use; their tensors are borrowed. */
  readonly uses: readonly CapturedUse[];
  /** Parameters that are also used outside known layers. */
  readonly uncovered: ReadonlySet<string>;
  /** ∂loss/∂(output of each use), borrowed. */
  readonly lossGradients: readonly Tensor[];
  /**
   * ∂(cotangentᵀ·outputs)/∂(output of each use), without any gradient of weights: one backward pass, no forward pass.
   */
  outputGradients(cotangent: Tensor): Tensor[];
  dispose(): void;
}

export interface CapturedGradients {
  value: Scalar;
  gradients: NamedTensors;
  layers: LayerCapture;
}

export interface CaptureOptions {
  /** Leave out the gradients of weights of dense layers: they are products of what is captured. */
  skipDense?: boolean;
}

/** Loss and gradients at `params`, as from `valueAndGradients`, and the layers. */
export function capturedGradients(
  { outputs, loss }: CutLoss,
  params: NamedTensors,
  { skipDense = false }: CaptureOptions = {},
): CapturedGradients {
  const tape: Tape = [];
  let found: FoundUses | undefined;
  const dispose = (): void => {
    releaseTape(tape.splice(0));
    if (found) tf.dispose([...found.kept]);
  };
  try {
    return tidy(() => {
      const { value, logits } = recordOn(tape, () =>
        tidy(() => {
          const { result, ...rest } = (found = findUses(() => outputs(params), params));
          const copy = recordOn(undefined, () => tf.keep(tf.clone(result)));
          found = { result, ...rest, kept: [...rest.kept, copy] };
          return { value: loss(result), logits: copy };
        }),
      );
      assertScalar(value);
      const { uses, result, uncovered } = found!;
      const skipped = new Set(skipDense ? densely(uses, uncovered) : []);
      const sources = Object.fromEntries(Object.entries(params).filter(([name]) => !skipped.has(name)));
      const { gradients, outputGradients } = backward(tape, [[value, tf.ones(value.shape)]], uses, sources);
      const lossGradients = outputGradients.map((gradient) => tf.keep(gradient));
      return {
        value,
        gradients,
        layers: {
          outputs: logits,
          uses: uses.map(({ use }) => use),
          uncovered,
          lossGradients,
          outputGradients: (cotangent: Tensor) =>
            tidy(() => backward(tape, [[result, cotangent]], uses, {}).outputGradients),
          dispose() {
            dispose();
            tf.dispose(lossGradients);
          },
        },
      };
    });
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Gradients of the parameters and of the outputs of the uses by one walk. */
function backward(
  tape: Tape,
  cotangents: readonly Cotangent[],
  uses: readonly FoundUse[],
  params: NamedTensors,
): { gradients: NamedTensors; outputGradients: Tensor[] } {
  // Two uses may have one output, as the halves of a factorized reduction.
  const outputs = [...new Map(uses.map(({ output }) => [output.id, output])).values()];
  const named = Object.fromEntries(outputs.map((output) => [String(output.id), output]));
  const prefixed = Object.fromEntries(Object.entries(params).map(([name, parameter]) => [`w ${name}`, parameter]));
  const all = backpropagateTo({ ...named, ...prefixed }, tape, cotangents);
  const gradients = Object.fromEntries(
    Object.keys(params).flatMap((name) => (all[`w ${name}`] ? [[name, all[`w ${name}`]!]] : [])),
  );
  const outputGradients = uses.map(({ output, channels }) => {
    const gradient = all[String(output.id)] ?? tf.zeros(output.shape);
    if (!channels) return gradient;
    const begin = output.shape.map(() => 0);
    begin[begin.length - 1] = channels[0];
    return tf.slice(gradient, begin, [...output.shape.slice(0, -1), channels[1]]);
  });
  return { gradients, outputGradients };
}

/** Weights of dense layers, each with a single bias or none, that are used nowhere else. */
function densely(uses: readonly FoundUse[], uncovered: ReadonlySet<string>): string[] {
  const partners = new Map<string, Set<string | undefined>>();
  for (const {
    use: { kind, weight, bias },
  } of uses) {
    for (const [name, partner] of [
      [weight, bias],
      [bias, weight],
    ]) {
      if (name !== undefined)
        partners.set(name, (partners.get(name) ?? new Set()).add(kind === 'dense' ? partner : `${kind} layer`));
    }
  }
  const alone = (name: string | undefined): boolean =>
    name === undefined || (partners.get(name)!.size === 1 && !uncovered.has(name));
  const found = uses.flatMap(({ use: { kind, weight, bias } }) =>
    kind === 'dense' && weight !== undefined && alone(weight) && alone(bias) ? [weight, bias] : [],
  );
  return found.filter((name) => name !== undefined);
}
