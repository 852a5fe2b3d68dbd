import { WeftError } from '../../errors.js';

/** The error for a solver that the representation does not have. */
export function refuseSolver(representation: string, solver: string, solvers: readonly string[]): never {
  throw new WeftError(
    'unsupported',
    `the solver '${solver}' cannot be used with the representation '${representation}'`,
    `solvers of '${representation}': ${solvers.join(', ')}`,
  );
}

/** The error for a curvature with several gradients per example, where the representation takes only one. */
export function refuseCurvature(representation: string, curvature: string): never {
  throw new WeftError(
    'unsupported',
    `the representation '${representation}' needs one gradient per example, which the curvature '${curvature}' does not have`,
    "use curvature: empirical, or the representation 'layer'",
  );
}
