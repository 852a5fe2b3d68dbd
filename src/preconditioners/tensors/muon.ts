/**
 * Muon (Jordan et al. 2024) as a preconditioner: the directions of the optimizer of that name, for any optimizer that
 * follows.
 */
import { type Link } from '../../chain/link.js';
import { type TrainingSetting } from '../../chain/setting.js';
import { muonGroups, type MuonGroupsOptions } from '../../chain/transforms/muon-groups.js';

/** Muon for matrices; Adam for everything else, at a fraction of the learning rate. */
export function muonPreconditioner(options: MuonGroupsOptions, setting: TrainingSetting): Link {
  const { directions, rateShare } = muonGroups(options, setting);
  return {
    name: 'muon',
    rateShare,
    layers: () => undefined,
    update: (gradients, step) => directions.reduce((updates, direction) => direction.update!(updates, step), gradients),
  };
}
