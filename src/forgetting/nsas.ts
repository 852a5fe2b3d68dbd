/** Replay of an archive of diverse architectures: novelty search (Zhang et al. 2020). */
import { z } from 'zod';
import { type SearchSpace } from '../graph/define-space.js';
import { regularizer } from './regularizer.js';
import { replay } from './replaying.js';

interface Memory {
  readonly [name: string]: string[];
  readonly archive: string[];
  /** The last `candidates` trained ones. */
  readonly recent: string[];
}

export const nsas = regularizer({
  name: 'nsas',
  formula: '(1 - epsilon) L(sampled) + epsilon mean of L over an archive of M that is kept novel',
  cost: 'M more forward and backward passes each step',
  reference: 'Zhang et al. 2020, CVPR; 2021, TPAMI',
  schema: z.strictObject({
    name: z.literal('nsas'),
    epsilon: z.number().min(0).max(1).default(0.5).describe('share of the archive in the loss'),
    archive: z.int().min(1).default(8).describe('architectures that are replayed'),
    candidates: z
      .int()
      .min(1)
      .default(50)
      .describe('most recently trained architectures from which the archive is updated'),
    neighbours: z.int().min(1).default(10).describe('nearest members whose mean distance is the novelty'),
  }),
  create({ epsilon, archive: size, candidates, neighbours }, { space }) {
    const novelty = noveltyOf(space, neighbours);
    return replay<Memory>({
      name: 'nsas',
      strength: epsilon,
      initial: { archive: [], recent: [] },
      mixture(architecture, { archive }) {
        const others = archive.filter((member) => member !== architecture);
        return others.length === 0
          ? undefined
          : [
              { architecture, weight: 1 - epsilon },
              ...others.map((member) => ({ architecture: member, weight: epsilon / others.length })),
            ];
      },
      remember({ architecture }, { archive, recent }) {
        const seen = [...recent.filter((member) => member !== architecture), architecture].slice(-candidates);
        if (archive.includes(architecture)) return { archive, recent: seen };
        if (archive.length < size) return { archive: [...archive, architecture], recent: seen };
        // The most novel of the recent architectures replaces the member most like the new one.
        const kept = without(archive, nearest(space, architecture, archive));
        const eligible = seen.filter((member) => !kept.includes(member));
        return { archive: [...kept, best(eligible, (member) => novelty(member, kept))], recent: seen };
      },
    });
  },
});

/** Share of the choices in which two architectures differ. */
export function distance(space: SearchSpace, a: string, b: string): number {
  const [x, y] = [space.genotype(space.decode(a)), space.genotype(space.decode(b))];
  return x.filter((value, i) => value !== y[i]).length / Math.max(1, x.length);
}

/** Mean distance to the nearest members. */
function noveltyOf(
  space: SearchSpace,
  neighbours: number,
): (architecture: string, members: readonly string[]) => number {
  return (architecture, members) => {
    const near = members
      .map((member) => distance(space, architecture, member))
      .sort((a, b) => a - b)
      .slice(0, neighbours);
    return near.reduce((sum, value) => sum + value, 0) / Math.max(1, near.length);
  };
}

const nearest = (space: SearchSpace, architecture: string, members: readonly string[]): string =>
  best(members, (member) => -distance(space, architecture, member));
const without = (members: readonly string[], one: string): string[] => members.filter((member) => member !== one);

/** The first one with the highest score. */
function best(members: readonly string[], score: (member: string) => number): string {
  return members.reduce((top, member) => (score(member) > score(top) ? member : top));
}
