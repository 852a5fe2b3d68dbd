/** An operation at its place in a graph. */
import { WeftError } from '../errors.js';
import { buildOperation } from '../operations/build-operation.js';
import { type BuiltOperation, type Operation, type Shape } from '../operations/operation.js';

/** The operation on inputs of these shapes; errors name the node, those of its forward pass too. */
export function fitted(operation: Operation, shapes: readonly Shape[], where: string): BuiltOperation {
  const built = located(where, () => buildOperation(operation, shapes));
  return {
    ...built,
    forward: (inputs, context) => located(where, () => built.forward(inputs, context), 'operation'),
  };
}

/** What `run` returns; errors of this code, or of any, name the place. */
function located<T>(where: string, run: () => T, code?: 'operation'): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof WeftError) || (code !== undefined && error.code !== code)) throw error;
    throw new WeftError(error.code, `${where}: ${error.message}`, error.hint, { cause: error });
  }
}
