/** Muon (Jordan et al. 2024) as a preconditioner: the directions of the optimizer of that name, for any optimizer behind. */
import { type TrainingSetting } from '../../chain/setting.js';
import { muonGroups, type MuonGroupsOptions } from '../../chain/transforms/muon-groups.js';
import { type Preconditioner } from '../contract.js';

/** Matrices by Muon; everything else by Adam, at a share of the learning rate. */
export function muonPreconditioner(options: MuonGroupsOptions, setting: TrainingSetting): Preconditioner {
  const { directions, rateShare } = muonGroups(options, setting);
  return {
    name: 'muon',
    rateShare,
    request: () => undefined,
    precondition: ({ gradients, parameters, slots, context }) => ({
      gradients: directions.reduce(
        (updates, direction) => direction.update(updates, slots, parameters, context),
        gradients,
      ),
    }),
  };
}
