/**
 * Measures which sizes of an elastic space harm which others. At the end of an epoch each of a few networks, from the
 * smallest to the largest, is trained alone for a few steps on a copy of the shared weights, and the losses of all of
 * them are compared before and after. The search itself continues as if nothing had happened.
 */
import { type ForgettingWidths } from '../../forgetting/events.js';
import { parameterCount } from '../../graph/index.js';
import { type Child } from '../../supernet/child.js';
import { type ParameterStore, type Weights } from '../../supernet/parameter-store.js';
import { readSlice } from '../../supernet/slices.js';
import { valueAndGradients } from '../../tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { tf, tidy, type Scalar, type Tensor } from '../../tensor/tf.js';
import { withBatch } from '../../training/batch.js';
import { meanLoss } from '../../training/batch-loss.js';
import { SHARED_EVALUATION } from '../../training/evaluate.js';
import { networksBySize } from '../network-sizes.js';
import { scratchCopy } from './scratch-copy.js';
import { type SearchSession } from '../session.js';

/** Loss of a network and its gradient as whole tensors; the gradients are owned. */
interface Slope {
  readonly loss: number;
  readonly gradients: NamedTensors;
}

/**
 * The measurement for the epoch that has just ended; the session's weights, state and random streams are left
 * unchanged.
 */
export function measureWidths(session: SearchSession): ForgettingWidths {
  const { config, space, supernet, state } = session;
  const { networks, steps } = config.forgetting.widths!;
  const levels = networksBySize(space, networks).map((architecture) => session.child(architecture));
  const names = Object.keys(supernet.store.parameters);
  const scratch = scratchCopy(session, 'widths');
  const before = levels.map((child) => slopeOf(session, child, supernet.store));
  const rows: { change: number[]; parts: number[][][] }[] = [];
  try {
    for (const [i, child] of levels.entries()) {
      scratch.train(child, steps);
      const moved = tidy(() =>
        mapNamed(pickNamed(scratch.store.parameters, child.parameterNames), (after, name) =>
          tf.sub(after, supernet.store.parameters[name]!),
        ),
      );
      const measured = levels.map((other, j) => {
        const after = slopeOf(session, other, scratch.store);
        const shared = levels.slice(0, 1 + Math.min(i, j));
        const parts = partsOf(names, shared, moved, before[j]!.gradients, after.gradients).map((ofBlocks) =>
          levels.map((_, block) => ofBlocks[block] ?? 0),
        );
        disposeNamed(after.gradients);
        return { change: after.loss - before[j]!.loss, parts };
      });
      disposeNamed(moved);
      rows.push({ change: measured.map(({ change }) => change), parts: measured.map(({ parts }) => parts) });
    }
  } finally {
    scratch.dispose();
    before.forEach(({ gradients }) => disposeNamed(gradients));
  }
  const matrix = (of: (parts: number[][]) => number): number[][] =>
    rows.map(({ parts }) => parts.map((one) => short(of(one))));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    type: 'forgetting-widths',
    epoch: state.epoch,
    steps,
    networks: levels.map(({ encoding, nodes }) => ({ architecture: encoding, parameters: parameterCount(nodes) })),
    loss: before.map(({ loss }) => short(loss)),
    change: rows.map(({ change }) => change.map(short)),
    blocks: levels.map((_, block) => ({
      entries: blockEntries(levels, supernet.store, block),
      change: matrix((parts) => sum(parts.map((ofBlocks) => ofBlocks[block]!))),
    })),
    tensors: names.map((name, index) => ({
      name,
      change: matrix((parts) => sum(parts[index]!)),
      blocks: levels.map((_, block) => short(harm(rows.map(({ parts }) => parts.map((one) => one[index]![block]!))))),
    })),
  };
}

/** Mean over all pairs of different networks of how much training one increases the loss of the other. */
function harm(change: readonly (readonly number[])[]): number {
  const others = change.flatMap((row, i) => row.filter((_, j) => i !== j));
  return others.reduce((sum, value) => sum + value, 0) / others.length;
}

function slopeOf({ config, data, state }: SearchSession, child: Child, { parameters, statistics }: Weights): Slope {
  const batches = Math.min(config.forgetting.batches, data.revisited.steps);
  const names = child.parameterNames;
  const slopes = Array.from({ length: batches }, (_, index) =>
    withBatch(data.revisited, state.epoch, index, (batch) => {
      const { value, gradients } = valueAndGradients(
        (current) => meanLoss(child, { ...parameters, ...current }, statistics, batch, SHARED_EVALUATION) as Scalar,
        pickNamed(parameters, names),
      );
      const loss = value.dataSync()[0]!;
      value.dispose();
      return { loss, gradients };
    }),
  );
  const loss = slopes.reduce((total, one) => total + one.loss / batches, 0);
  if (batches === 1) return { loss, gradients: slopes[0]!.gradients };
  const gradients = tidy(() =>
    mapNamed(slopes[0]!.gradients, (_, name) => tf.div(tf.addN(slopes.map((one) => one.gradients[name]!)), batches)),
  );
  slopes.forEach((one) => disposeNamed(one.gradients));
  return { loss, gradients };
}

/**
 * The contribution of each block of each tensor to the change of a loss: Σ ½ (g before + g after)·Δw over its entries,
 * which is exact for a quadratic loss. Block b of a tensor holds the entries that level b reads and level b - 1 does
 * not; only blocks that both networks read can contribute.
 */
function partsOf(
  names: readonly string[],
  levels: readonly Child[],
  moved: NamedTensors,
  before: NamedTensors,
  after: NamedTensors,
): number[][] {
  return tidy(() => {
    const zero = tf.scalar(0);
    const sums = names.flatMap((name): Tensor[] => {
      const [shift, from, to] = [moved[name], before[name], after[name]];
      if (!shift || !from || !to) return levels.map(() => zero);
      const parts = tf.mul(shift, tf.mul(tf.add(from, to), 0.5));
      return levels.map(({ parameterNames, slices }) => {
        if (!parameterNames.includes(name)) return zero;
        const spec = slices?.get(name);
        return tf.sum(spec ? readSlice(parts, spec) : parts);
      });
    });
    const flat = [...tf.stack(sums).dataSync()];
    return names.map((_, index) => {
      const upTo = flat.slice(index * levels.length, (index + 1) * levels.length);
      return upTo.map((value, level) => value - (level === 0 ? 0 : upTo[level - 1]!));
    });
  });
}

function blockEntries(levels: readonly Child[], { parameters }: ParameterStore, block: number): number {
  const entries = ({ parameterNames, slices }: Child): number =>
    parameterNames.reduce((sum, name) => {
      const shape = slices?.get(name)?.shape ?? parameters[name]!.shape;
      return sum + shape.reduce((product, length) => product * length, 1);
    }, 0);
  return entries(levels[block]!) - (block === 0 ? 0 : entries(levels[block - 1]!));
}

const short = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : value);
