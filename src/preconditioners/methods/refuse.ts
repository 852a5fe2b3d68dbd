import { WeftError } from '../../errors.js';

/** No solver of this name works on the representation. */
export function refuseSolver(representation: string, solver: string, solvers: readonly string[]): never {
  throw new WeftError(
    'unsupported',
    `the solver '${solver}' cannot be used with the representation '${representation}'`,
    `solvers of '${representation}': ${solvers.join(', ')}`,
  );
}

/** The representation has rows for one gradient of each example only. */
export function refuseCurvature(representation: string, curvature: string): never {
  throw new WeftError(
    'unsupported',
    `the representation '${representation}' needs one gradient per example, which the curvature '${curvature}' does not have`,
    "use curvature: empirical, or the representation 'layer'",
  );
}
