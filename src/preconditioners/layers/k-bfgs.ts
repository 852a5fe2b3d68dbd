/**
 * K-BFGS (Goldfarb, Ren & Bahamou 2020): BFGS for each Kronecker factor. The output factor learns from how the mean
 * output gradient of a layer changes with its mean output between the previous weights and these, both on the current
 * batch; the input factor from A itself.
 */
import { cholesky, choleskySolve } from '../../tensor/linalg/index.js';
import { type NamedTensors } from '../../tensor/named.js';
import { capturedGradients, type LayerCapture } from '../../tensor/second-order/index.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { fallBack } from '../fallback.js';
import { modelOf } from '../products/model.js';
import { type BlockData, blocksOf, type CapturedBlock } from './blocks.js';
import { dataOf, fromMatrix, toMatrix } from './data.js';
import { type Intervals, refreshSchedule } from './schedule.js';
import { recallBlocks, rememberBlock } from './structure.js';
import { sized } from './data.js';

export interface KroneckerBfgsOptions extends Intervals {
  readonly damping: number;
  /** Decay of the means. */
  readonly decay: number;
  /** μ₁ of Powell's damping: sᵀy is at least this fraction of yᵀHy. */
  readonly powell: number;
}

/** H_A·G·H_B for dense layers and convolutions. */
export function kroneckerBfgs({ damping, decay, powell, ...intervals }: KroneckerBfgsOptions): Link {
  const name = 'k-bfgs';
  return {
    name,
    layers: ({ parameters, slots, choose }) =>
      refreshSchedule({ slots, choose }, intervals).isDue(Object.keys(parameters)) ? {} : undefined,
    update(gradients, { parameters, layers, slots, choose, context, charge, report, note }) {
      const schedule = refreshSchedule({ slots, choose }, intervals);
      const captured = layers && blocksOf(layers).blocks.filter(({ kind }) => kind === 'matrix');
      if (layers && captured) {
        const due = captured.filter(({ key }) => schedule.measures(key));
        const moved = due.filter(({ weight, bias }) =>
          [weight, bias].every((member) => member === undefined || slots.get('previous', member)),
        );
        const before = moved.length > 0 ? atPreviousWeights(moved) : undefined;
        for (const block of due) {
          rememberBlock(slots, block);
          const now = dataOf(block, layers, [], parameters);
          updateInput(block.key, meanInput(now), now);
          if (before && moved.includes(block)) updateOutput(block, now, before);
        }
        before?.layers.dispose();
        schedule.measured(Object.keys(parameters));
      }
      schedule.aged(Object.keys(parameters));
      for (const [parameter, tensor] of Object.entries(parameters))
        if (gradients[parameter]) slots.set('previous', parameter, tf.clone(tensor));
      const results: Record<string, Tensor> = {};
      for (const shape of recallBlocks(slots, parameters)) {
        const block = sized(shape, parameters);
        const [input, output] = [slots.get('input-inverse', block.key), slots.get('output-inverse', block.key)];
        const members = [block.weight, block.bias].filter((member) => member !== undefined);
        if (!input || !members.every((member) => gradients[member])) continue;
        const left = tf.matMul(input, toMatrix(block, gradients));
        Object.assign(results, fromMatrix(block, output ? tf.matMul(left, output) : left, parameters));
      }
      const rest = Object.fromEntries(Object.entries(gradients).filter(([parameter]) => !results[parameter]));
      Object.assign(
        results,
        fallBack(rest, slots, { lambda: damping, labels: context.labels ?? context.batchSize ?? 1, note, name }),
      );
      const counted = recallBlocks(slots, parameters).flatMap(({ key }) => slots.get('pairs', key) ?? []);
      const [bfgsUpdates, bfgsSkipped] = tf.unstack(counted.length === 0 ? tf.zeros([2]) : tf.addN(counted));
      report({ bfgsUpdates: bfgsUpdates as Scalar, bfgsSkipped: bfgsSkipped as Scalar });
      return results;

      function atPreviousWeights(blocks: readonly CapturedBlock[]): { layers: LayerCapture; weights: NamedTensors } {
        const old = Object.fromEntries(
          blocks.flatMap(({ weight, bias }) =>
            [weight, bias].flatMap((member) =>
              member === undefined ? [] : [[member, slots.get('previous', member)!]],
            ),
          ),
        );
        const weights = { ...parameters, ...old };
        charge(1);
        const { layers: earlier, gradients: _gradients } = capturedGradients(modelOf(context, name), weights, {
          skipDense: true,
        });
        return { layers: earlier, weights };
      }

      /** Updates the running mean of A, and H_A from it by the pair s = H_A·ā, y = (A + √λ·I)·s. */
      function updateInput(key: string, mean: Tensor, { flat, block }: BlockData): void {
        const rows = flat!.inputs;
        const a = running(key, 'A', tf.div(tf.matMul(rows, rows, true, false), rows.shape[0]));
        const damped = tf.add(a, tf.mul(Math.sqrt(damping), tf.eye(block.rows)));
        const h = slots.get('input-inverse', key);
        if (!h) {
          slots.set('input-inverse', key, choleskySolve(cholesky(damped), tf.eye(block.rows)));
          return;
        }
        const s = tf.matMul(h, tf.reshape(running(key, 'mean-input', mean), [-1, 1]));
        slots.set('input-inverse', key, bfgs(h, s, tf.matMul(damped, s)));
      }

      /** s and y of the layer's mean output and mean output gradient, damped twice. */
      function updateOutput(
        shape: CapturedBlock,
        now: BlockData,
        { layers: earlier, weights }: { layers: LayerCapture; weights: NamedTensors },
      ): void {
        const same = blocksOf(earlier).blocks.find(({ key }) => key === shape.key);
        if (!same) return;
        const then = dataOf(same, earlier, [], weights);
        const s = running(shape.key, 's', tf.sub(meanOutput(now, parameters), meanOutput(then, weights)));
        const y = running(shape.key, 'y', tf.sub(meanGradient(now), meanGradient(then)));
        const h = slots.get('output-inverse', shape.key) ?? tf.eye(now.block.columns);
        const pair = dampedPair(h, tf.reshape(s, [-1, 1]), tf.reshape(y, [-1, 1]), powell, damping);
        slots.set('output-inverse', shape.key, tf.where(pair.isCurved, bfgs(h, pair.s, pair.y), h));
        // How many pairs have been used, and how many have not.
        const one = tf.cast(pair.isCurved, 'float32');
        const counted = tf.stack([one, tf.sub(1, one)]);
        const before = slots.get('pairs', shape.key);
        slots.set('pairs', shape.key, before ? tf.add(before, counted) : counted);
      }

      function running(key: string, what: string, value: Tensor): Tensor {
        const before = slots.get(what, key);
        const next = before ? tf.add(tf.mul(before, decay), tf.mul(value, 1 - decay)) : value;
        slots.set(what, key, next);
        return next;
      }
    },
  };
}

const meanInput = ({ flat }: BlockData): Tensor => tf.mean(flat!.inputs, 0);
/** A linear layer's mean output is its output for the mean input. */
const meanOutput = (data: BlockData, weights: NamedTensors): Tensor =>
  tf.squeeze(tf.matMul(tf.expandDims(meanInput(data), 0), toMatrix(data.block, weights)), [0]);
const meanGradient = ({ flat }: BlockData): Tensor => tf.sum(flat!.lossGradient, 0);

const dot = (a: Tensor, b: Tensor): Scalar => tf.sum(tf.mul(a, b));

/** A pair for an update, scalars decided in the step so that it can be compiled. */
interface DampedPair {
  readonly s: Tensor;
  readonly y: Tensor;
  /** Whether any positive curvature is left. */
  readonly isCurved: Tensor;
}

/** Powell's damping of s on H, then that of y by √λ (their algorithm 3). */
export function dampedPair(h: Tensor, s: Tensor, y: Tensor, powell: number, lambda: number): DampedPair {
  const hy = tf.matMul(h, y);
  const [sy, yhy] = [dot(s, y), dot(y, hy)];
  const isFlat = tf.less(sy, tf.mul(yhy, powell));
  const first = between(s, hy, tf.where(isFlat, tf.div(tf.mul(yhy, 1 - powell), tf.sub(yhy, sy)), 1));
  const root = Math.sqrt(lambda);
  const [fy, ff] = [dot(first, y), dot(first, first)];
  const isSmall = tf.logicalAnd(tf.greater(ff, 0), tf.lessEqual(fy, tf.mul(ff, root)));
  // With √λ ≥ 1 the pair is that of the identity.
  const share = root >= 1 ? tf.scalar(0) : tf.div(tf.mul(ff, 1 - root), tf.sub(ff, fy));
  const second = between(y, first, tf.where(isSmall, share, 1));
  return {
    s: first,
    y: second,
    isCurved: tf.logicalAnd(tf.greater(ff, 1e-30), tf.greater(dot(first, second), 0)),
  };
}

/** θ·a + (1 − θ)·b. */
const between = (a: Tensor, b: Tensor, theta: Tensor): Tensor => tf.add(tf.mul(a, theta), tf.mul(b, tf.sub(1, theta)));

/**
 * H⁺ = (I − ρ·s·yᵀ)·H·(I − ρ·y·sᵀ) + ρ·s·sᵀ with ρ = 1/sᵀy: symmetric positive definite, H⁺·y = s; H itself if a number
 * would overflow.
 */
export function bfgs(h: Tensor, s: Tensor, y: Tensor): Tensor {
  const sy = dot(s, y);
  const hy = tf.matMul(h, y);
  const outer = tf.matMul(s, hy, false, true);
  const next = tf.add(
    tf.sub(h, tf.div(tf.add(outer, tf.transpose(outer)), sy)),
    tf.mul(tf.matMul(s, s, false, true), tf.div(tf.add(1, tf.div(dot(y, hy), sy)), sy)),
  );
  const total = tf.sum(next);
  const isFinite = tf.equal(tf.sub(total, total), 0);
  return tf.where(tf.logicalAnd(tf.greater(sy, 1e-30), isFinite), next, h);
}
