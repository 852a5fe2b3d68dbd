/** Preconditioners built from what the layers see: any per-example curvature in any block-wise representation. */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type Link, type LinkStep } from '../../chain/link.js';
import {
  type BlockSolver,
  type Curvature,
  type Damping,
  type OwnGradient,
  type Representation,
  type Statistics,
} from '../contract.js';
import { type Slots } from '../../chain/state.js';
import { costOf } from '../curvatures/fisher.js';
import { fallBack } from '../fallback.js';
import { klScale } from '../kl-clip.js';
import { raisedCount } from '../raised-damping.js';
import { type Block, type BlockData, type BlockShape, blocksOf, type CapturedBlock } from './blocks.js';
import { dataOf, fromFactors, fromMatrix, ownGradient, sized, toMatrix } from './data.js';
import { type Intervals, refreshSchedule } from './schedule.js';
import { recallBlocks, rememberBlock, usesOf } from './structure.js';

export interface LayeredOptions extends Intervals {
  readonly name: string;
  readonly curvature: Curvature;
  readonly representation: Representation;
  /** λ. */
  readonly damping: number;
  /** Fraction of the running statistics that is kept at a measurement; 0 uses each batch on its own. */
  readonly decay?: number;
  /** Bound κ on the squared length of a step in the metric of the curvature. */
  readonly klClip?: number | 'none' | undefined;
}

/**
 * (C + λI)⁻¹·g block by block; blocks are found in the child, and their state is kept under the names of their weights.
 */
export function layered({
  name,
  curvature,
  representation,
  damping: lambda,
  decay = 0,
  klClip,
  ...intervals
}: LayeredOptions): Link {
  const bound = klClip === 'none' ? undefined : klClip;
  return {
    name,
    layers: ({ parameters, slots, choose, context }) =>
      refreshSchedule({ slots, choose }, intervals).isDue(Object.keys(parameters)) ||
      prefersOwn(representation, slots, parameters, context.labels)
        ? { skipDense: true }
        : undefined,
    update(gradients, step) {
      const { parameters, layers, slots, context, scalar, values, charge, report, note } = step;
      const schedule = refreshSchedule(step, intervals);
      const { raise, total } = raisedCount(step);
      const damping: Damping = { lambda, raised: raise };
      const found = layers && blocksOf(layers);
      const shapes = found?.blocks ?? recallBlocks(slots, parameters);
      const results: Record<string, Tensor> = {};
      const inner: Tensor[] = [];
      const own: { block: Block; factors: OwnGradient }[] = [];
      let passes: Tensor[][] | undefined;
      const passesOnce = (): Tensor[][] => {
        if (!passes) charge(costOf(curvature, layers!));
        return (passes ??= curvature.outputGradients(layers!, context, values));
      };
      const measuring = layers !== undefined && schedule.isDue(Object.keys(parameters));
      const measure = (
        block: Block,
        solver: BlockSolver,
        captured: CapturedBlock,
      ): { data: BlockData; now: Statistics } => {
        const data = dataOf(captured, layers!, passesOnce, parameters, curvature.passes === 0);
        const now = solver.statistics(data);
        const statistics = averaged(step, solver, block.key, now, decay);
        const before = read(slots, 'prepared', solver.preparedNames, block.key);
        if (schedule.inverts(block.key)) {
          write(slots, 'prepared', solver.preparedNames, block.key, solver.prepare(statistics, damping, data, before));
          schedule.inverted(block.key);
        } else if (solver.update && before) {
          write(slots, 'prepared', solver.preparedNames, block.key, solver.update(before, data));
        }
        return { data, now };
      };
      const uncovered: string[] = [...(found?.rest ?? [])];
      const endedBy = new Map<string, string>();
      for (const shape of shapes) {
        const block = sized(shape, parameters);
        const members = membersOf(block);
        const form = representation.of(block);
        const end = form?.byExample ? (shape as Partial<CapturedBlock>).endedBy : undefined;
        if (end !== undefined) for (const member of members) endedBy.set(member, end);
        const solver = end === undefined ? form : undefined;
        if (measuring) rememberBlock(slots, block, (shape as CapturedBlock).uses.length);
        const measured =
          solver && measuring && schedule.measures(block.key)
            ? measure(block, solver, shape as CapturedBlock)
            : undefined;
        const prepared = solver && read(slots, 'prepared', solver.preparedNames, block.key);
        const missing = members.some((member) => !gradients[member]);
        const data = missing ? (measured?.data ?? dataOf(shape as CapturedBlock, layers!, [], parameters)) : undefined;
        if (!solver || !prepared) {
          uncovered.push(...members);
          if (data) Object.assign(results, fromMatrix(block, ownGradient(data), parameters));
          continue;
        }
        const factors = data && solver.applyToOwn?.(prepared, data, measured?.now);
        if (factors) {
          if (bound !== undefined) inner.push(factors.inner());
          own.push({ block, factors });
          continue;
        }
        const gradient = data ? ownGradient(data) : toMatrix(block, gradients);
        const matrix = solver.apply(prepared, gradient);
        if (bound !== undefined) inner.push(tf.sum(tf.mul(matrix, gradient)));
        Object.assign(results, fromMatrix(block, matrix, parameters));
      }
      if (measuring) schedule.measured(Object.keys(parameters));
      schedule.aged(Object.keys(parameters));

      const known = new Set([...Object.keys(results), ...own.flatMap(({ block }) => membersOf(block))]);
      const left = [...new Set([...uncovered, ...Object.keys(gradients).filter((member) => !known.has(member))])];
      const raw: NamedTensors = Object.fromEntries(
        left.flatMap((member) =>
          (gradients[member] ?? results[member]) ? [[member, (gradients[member] ?? results[member])!]] : [],
        ),
      );
      Object.assign(
        results,
        fallBack(raw, slots, { lambda, labels: context.labels ?? context.batchSize ?? 1, endedBy, note, name }),
      );
      const squaredRate = (): Scalar => scalar(({ learningRate }) => learningRate ** 2);
      const scale = bound === undefined ? undefined : klScale(inner, bound, squaredRate());
      const scaled = (tensor: Tensor): Tensor => (scale ? tf.mul(tensor, scale) : tensor);
      // Factors are smaller than their product, so they are scaled instead of it.
      const made = own.map(({ block, factors }) =>
        fromFactors(block, { ...factors, outputs: scaled(factors.outputs) }, parameters),
      );
      report({ dampingRaised: total(), ...(scale && { klScale: scale }) });
      return Object.assign({ ...mapNamed(results, scaled) }, ...made) as NamedTensors;
    },
  };
}

const membersOf = ({ weight, bias }: BlockShape): string[] => [weight, bias].filter((member) => member !== undefined);

/**
 * Whether capturing the layers saves more than it costs; a cell that has to be unrolled for it, or a layer that is used
 * twice, costs too much.
 */
function prefersOwn(
  representation: Representation,
  slots: Slots,
  parameters: NamedTensors,
  labels: number | undefined,
): boolean {
  const shapes = recallBlocks(slots, parameters);
  if (labels === undefined || shapes.some(({ key }) => usesOf(slots, key) > 1)) return false;
  return shapes.some((shape) => {
    if (shape.kind !== 'matrix' || parameters[shape.key]!.rank !== 2) return false;
    const block = sized(shape, parameters);
    return representation.of(block)?.prefersOwn?.(block, labels) === true;
  });
}

/**
 * The running statistics updated with this batch; of k measurements, each weighs `decay` times the next newer one (like
 * Adam's bias-corrected means).
 */
function averaged(
  { slots, scalar, choose }: Pick<LinkStep, 'slots' | 'scalar' | 'choose'>,
  solver: BlockSolver,
  key: string,
  now: Statistics,
  decay: number,
): Statistics {
  const counted = `looks ${key}`;
  slots.advance(counted);
  const weightAt = (looks: number): number => (decay * (1 - decay ** (looks - 1))) / (1 - decay ** looks);
  const isFirst = decay === 0 || choose(({ count }) => count(counted) === 1);
  const before = isFirst ? undefined : read(slots, 'statistics', solver.statisticNames, key);
  const merged = (old: Statistics): Statistics => {
    const shares = {
      before: scalar(({ count }) => weightAt(count(counted))),
      now: scalar(({ count }) => 1 - weightAt(count(counted))),
    };
    const mean = (): Statistics =>
      mapNamed(now, (tensor, name) => tf.add(tf.mul(old[name]!, shares.before), tf.mul(tensor, shares.now)));
    return solver.merge?.(old, now, shares) ?? mean();
  };
  const next = before ? merged(before) : now;
  // What the next batch replaces is not read again.
  if (decay > 0) write(slots, 'statistics', solver.statisticNames, key, next);
  return next;
}

function read(slots: Slots, kind: string, names: readonly string[], key: string): Statistics | undefined {
  const found = names.flatMap((name) => {
    const tensor = slots.get(`${kind}-${name}`, key);
    return tensor ? [[name, tensor] as const] : [];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** Replaces the stored statistics; names that are no longer used are removed. */
function write(slots: Slots, kind: string, names: readonly string[], key: string, values: Statistics): void {
  for (const name of names) {
    const slot = `${kind}-${name}`;
    if (values[name]) slots.set(slot, key, values[name]);
    else if (slots.get(slot, key)) slots.remove(slot, key);
  }
}
