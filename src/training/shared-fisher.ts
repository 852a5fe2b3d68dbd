/**
 * Fisher information of a supernet's children by one native call each, if a search estimates it often enough; see
 * `shared-gradients.ts`.
 */
import { fisherLosses } from '../curvature/fisher.js';
import { squaresOfPart } from '../curvature/fisher-squares.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Child } from '../supernet/child.js';
import { type DynamicGradients, dynamicGradients } from '../supernet/dynamic/index.js';
import { type NamedTensors, pickNamed } from '../tensor/named.js';
import { type CompileMode, nativeBackend, pays } from '../tensor/plan/index.js';
import { tf } from '../tensor/tf.js';
import { type TensorBatch } from './batch.js';
import { comparedAtFirst } from './compared.js';

export interface SharedFisherOptions {
  /** Number of estimates that the search makes. */
  readonly estimates: number;
  /** How far to compile; `graph` makes the function even for few estimates. */
  readonly mode?: CompileMode | undefined;
  /** Called once with the reason why it is not used, unless there are too few estimates. */
  readonly note?: ((remark: string) => void) | undefined;
}

export interface SharedFisher {
  /**
   * The empirical information in the examples about these parameters of the child, or the result of `asItIs`; the
   * caller owns it.
   */
  of(
    child: Child,
    parameters: NamedTensors,
    batch: TensorBatch,
    names: readonly string[],
    asItIs: () => NamedTensors,
  ): NamedTensors;
  /** Number of calls of the function so far. */
  readonly runs: number;
  dispose(): void;
}

/** The empirical Fisher information (`empirical-sample`) of a space's children; the function is made on first use. */
export function sharedFisher(space: SearchSpace, { estimates, mode, note }: SharedFisherOptions): SharedFisher {
  let made: DynamicGradients | undefined;
  let isOpen =
    pays('fisherGraph', { runs: estimates, mode }) && (space.task.kind ?? 'classification') === 'classification';
  const close = (reason?: string): void => {
    made?.dispose();
    made = undefined;
    isOpen = false;
    if (reason !== undefined) note?.(`Fisher information is not estimated by one function: ${reason}`);
  };
  const compared = comparedAtFirst((name) => close(`the bits of '${name}' differ`));
  let examples = 0;
  const compute = (): DynamicGradients | undefined => {
    if (!isOpen || made) return made;
    if (!pays('fisherGraph', { runs: estimates, mode, isOnGpu: nativeBackend()?.isUsingGpuDevice })) {
      isOpen = false;
      return undefined;
    }
    const result = dynamicGradients(space, {
      batchSize: examples,
      loss: fisherLosses,
      training: false,
      wayBack: squaresOfPart,
    });
    if ('reason' in result) close(result.reason);
    else made = result;
    return made;
  };
  return {
    get runs() {
      return compared.runs;
    },
    of(child, parameters, { inputs, labels }, names, asItIs) {
      // Estimates of a size other than the first are computed directly.
      examples ||= inputs.shape[0];
      const shared = inputs.shape[0] === examples ? compute() : undefined;
      if (!shared?.serves(child)) return asItIs();
      const byFunction = (): NamedTensors => {
        const { loss, gradients } = shared.run(
          child,
          pickNamed(parameters, child.parameterNames),
          { inputs, labels },
          {},
        );
        loss.dispose();
        const wanted = pickNamed(gradients, names);
        tf.dispose(Object.values(gradients).filter((tensor) => !Object.values(wanted).includes(tensor)));
        return wanted;
      };
      return compared.of(asItIs, byFunction, (fisher) => fisher);
    },
    dispose: () => close(),
  };
}
