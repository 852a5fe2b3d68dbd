/**
 * The sandwich rule (Yu and Huang 2019, arXiv 1903.05134, section 3.2): each step trains the largest network, the smallest one and some
 * between them on the same batch, so that the bounds of what all others can reach are trained in every step.
 */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Child } from '../supernet/child.js';
import { stream } from '../tensor/rng.js';
import { type LearnOptions } from '../training/learner.js';
import { sizeSlots } from './levels.js';
import { type SearchSession } from './session.js';

/** Throws WeftError('config') where the sandwich rule has nothing to work with: no sizes, or a mixture of all architectures. */
export function requireSandwich(space: SearchSpace, controller: { name: string; relaxation?: unknown }): void {
  if (sizeSlots(space).length === 0)
    throw new WeftError(
      'config',
      `'${space.name}' has no sizes, so that none of its networks is the largest`,
      'leave out search.elastic, or take an elastic space: elastic-cnn, elastic-mlp',
    );
  if (space.constraints.length > 0)
    throw new WeftError(
      'config',
      `the sandwich rule trains the largest network of '${space.name}', which its limits may exclude`,
      'leave out the limits and take networks within budgets afterwards: weft specialize',
    );
  if (controller.relaxation)
    throw new WeftError(
      'config',
      `'${controller.name}' trains a mixture of all architectures at once, and the sandwich rule several by themselves`,
      'take a controller that samples, for example random',
    );
}

/**
 * What one step trains in the place of the sampled child: the largest network first, which the others learn from if they are to, then the
 * smallest, then the child itself and others with its choices but for sizes, which are drawn uniformly. The loss is the mean of theirs.
 */
export function sandwich(session: SearchSession, child: Child): Pick<LearnOptions, 'child' | 'others' | 'distill'> {
  const { config, space, state } = session;
  const { networks, distill } = config.search.elastic!;
  const sizes = sizeSlots(space);
  const genotype = space.genotype(child.architecture);
  const withSizes = (indexOf: (size: (typeof sizes)[number]) => number): Child =>
    session.child(
      space.fromGenotype(sizes.reduce((slots, size) => slots.with(size.slot, indexOf(size)), [...genotype])),
    );
  const rng = stream(config.seed, 'sandwich', state.globalStep);
  const others = [
    withSizes(({ smallest }) => smallest),
    ...(networks > 2 ? [child] : []),
    ...Array.from({ length: Math.max(0, networks - 3) }, () => withSizes(({ count }) => rng.int(count))),
  ];
  return {
    child: withSizes(({ largest }) => largest),
    others: others.map((other) => ({ child: other, weight: 1 / networks })),
    ...(distill !== 'none' && { distill }),
  };
}
