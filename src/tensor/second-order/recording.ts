import { WeftError } from '../../errors.js';
import { mapNamed, type NamedTensors } from '../named.js';
import { activeTape, pathBetween, recordOn, releaseTape, type Cotangent, type Tape } from '../tape.js';
import { tf, tidy, type Tensor } from '../tf.js';

/** A recorded computation; holds tensors until `dispose`. */
export interface Recording {
  readonly tape: Tape;
  readonly outputs: NamedTensors;
  dispose(): void;
}

/**
 * Runs `f` in a tidy. Its result has no derivative, so inside an enclosing gradient it is refused rather than
 * differentiated wrongly.
 */
export function offTape<T>(f: () => T): T {
  if (!activeTape()) return tidy(f);
  throw new WeftError(
    'unsupported',
    'a second-order product inside a loss that is itself differentiated',
    'third derivatives are not supported: compute the product outside and pass it in as a constant',
  );
}

/** Runs `f` on a fresh tape and keeps alive what it returns and what the backward pass needs. */
export function record(f: (tape: Tape) => NamedTensors): Recording {
  const tape: Tape = [];
  try {
    // Copies, because an output may be one of the caller's tensors, passed through.
    const outputs = offTape(() => recordOn(tape, () => mapNamed(f(tape), (output) => tf.keep(tf.clone(output)))));
    return {
      tape,
      outputs,
      dispose() {
        releaseTape(tape);
        tf.dispose({ ...outputs });
      },
    };
  } catch (error) {
    releaseTape(tape);
    throw error;
  }
}

/** The part of the recording that leads from the sources to its outputs; frees what the rest kept alive. */
export function pathFrom({ tape, outputs }: Recording, sources: readonly Tensor[]): Tape {
  const path = pathBetween(tape, sources, Object.values(outputs));
  const onPath = new Set(path);
  releaseTape(tape.filter((node) => !onPath.has(node)));
  return path;
}

/** The entries of `direction` as gradients of the outputs of the same names. */
export function cotangentsOf({ outputs }: Recording, direction: NamedTensors): Cotangent[] {
  return Object.entries(outputs).flatMap(([name, output]) =>
    direction[name] ? [[output, direction[name]] as const] : [],
  );
}
