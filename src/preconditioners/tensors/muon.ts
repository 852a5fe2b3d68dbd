/** Muon (Jordan et al. 2024) as a preconditioner: the gradient's momentum with all singular values made about one. */
import { type TrainingSetting } from '../../chain/setting.js';
import { orthogonalizedMomentum } from '../../chain/transforms/orthogonalize.js';
import { scaled } from '../../chain/named-arithmetic.js';
import { scaleByAdam } from '../../chain/transforms/adaptive.js';
import { type NamedTensors } from '../../tensor/named.js';
import { type Preconditioner } from '../contract.js';

export interface MuonPreconditionerOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly iterations: number;
  readonly adamFor: readonly string[];
  readonly adamShare: number;
}

/** Matrices by Muon; everything else by Adam, times a share. */
export function muonPreconditioner(
  { adamFor, adamShare, ...options }: MuonPreconditionerOptions,
  { roleOf }: TrainingSetting,
): Preconditioner {
  const matrices = orthogonalizedMomentum(options);
  const others = scaleByAdam({ beta2: 0.95, epsilon: 1e-10 });
  return {
    name: 'muon',
    request: () => undefined,
    precondition({ gradients, parameters, slots, context }) {
      const isMatrix = (name: string): boolean =>
        gradients[name]!.rank > 1 &&
        (roleOf?.(name) ?? 'kernel') === 'kernel' &&
        !adamFor.some((prefix) => name.startsWith(prefix));
      const part = (wanted: boolean): NamedTensors =>
        Object.fromEntries(Object.entries(gradients).filter(([name]) => isMatrix(name) === wanted));
      const [large, small] = [part(true), part(false)];
      return {
        gradients: {
          ...(Object.keys(large).length > 0 && matrices.update(large, slots, parameters, context)),
          ...(Object.keys(small).length > 0 && scaled(others.update(small, slots, parameters, context), adamShare)),
        },
      };
    },
  };
}
