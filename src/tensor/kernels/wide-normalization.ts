/**
 * oneDNN normalizes two to five times as fast when the number of channels is a multiple of 16. Neighbouring pixels can
 * pass for further channels: 24 channels of two pixels are 48.
 */
import { type Tensor } from '../library.js';
import { boolAttribute, intAttribute, type NativeBackend, type OpAttribute, T, typeAttribute } from './raw-op.js';
import { rawSession, type NativeId, type RawSession } from './raw-session.js';

/**
 * How many neighbouring pixels of x [N,H,W,C] to treat as one with more channels; 1 when that does not fit or does not
 * pay.
 */
export function pixelsTogether({ shape, size }: Tensor): number {
  const [, height, width, channels] = shape as [number, number, number, number];
  let pixels = 1;
  while ((pixels * channels) % 16 !== 0) pixels *= 2;
  return size >= 1 << 17 && (height * width) % pixels === 0 ? pixels : 1;
}

const RESHAPE = [T, typeAttribute('Tshape', 'int32')];
const MEAN = [T, typeAttribute('Tidx', 'int32'), boolAttribute('keep_dims', false)];
const STACK_FOUR = [T, intAttribute('N', 4), intAttribute('axis', 0)];
const TILE = [T, typeAttribute('Tmultiples', 'int32')];
const UNSTACK_FOUR = [T, intAttribute('num', 4), intAttribute('axis', 0)];

/**
 * Runs `FusedBatchNormV3` twice: with training attributes for mean and variance per channel and neighbour, whose y is
 * thrown away, and with inference attributes for y from the statistics of all neighbours together. x [N,H,W,C] -> y,
 * mean, variance.
 */
export function normalizeWide(
  backend: NativeBackend,
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  pixels: number,
  training: readonly OpAttribute[],
  inference: readonly OpAttribute[],
): Tensor[] {
  const s = rawSession(backend);
  const channels = x.shape.at(-1)!;
  const wide = widened(s, x, pixels);
  const filled = (value: number) => s.constant(new Array<number>(pixels * channels).fill(value), 'float32');
  const none = s.constant([], 'float32');
  const [ignored, , , means, variances] = s.runMany(
    'FusedBatchNormV3',
    training,
    [wide, filled(1), filled(0), none, none],
    6,
  );
  s.free(ignored!);

  // The variance of all is the mean of the variances and of the squared deviations of the means.
  const rows = (id: number) => s.run('Reshape', RESHAPE, [id, s.constant([pixels, channels])]);
  const average = (id: number) => s.run('Mean', MEAN, [id, s.constant([0])]);
  const mean = average(rows(means!));
  const deviations = s.run('SquaredDifference', [T], [rows(means!), mean]);
  const variance = average(s.run('AddV2', [T], [rows(variances!), deviations]));

  const y = standardizeRows(s, wide, x.shape, [s.idOf(scale), s.idOf(offset), mean, variance], pixels, inference);
  const results = [s.release(y, x.shape), s.release(mean, [channels]), s.release(variance, [channels])];
  s.end();
  return results;
}

/** The second half alone, with given statistics: x [N,H,W,C] -> y. */
export function standardizeWide(
  backend: NativeBackend,
  x: Tensor,
  [scale, offset, mean, variance]: readonly [Tensor, Tensor, Tensor, Tensor],
  pixels: number,
  inference: readonly OpAttribute[],
): Tensor {
  const s = rawSession(backend);
  const wide = widened(s, x, pixels);
  const y = s.release(
    standardizeRows(
      s,
      wide,
      x.shape,
      [scale, offset, mean, variance].map((tensor) => s.idOf(tensor)),
      pixels,
      inference,
    ),
    x.shape,
  );
  s.end();
  return y;
}

function widened(s: RawSession, x: Tensor, pixels: number): NativeId {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return s.run('Reshape', RESHAPE, [s.idOf(x), s.constant([batch, (height * width) / pixels, 1, pixels * channels])]);
}

function standardizeRows(
  s: RawSession,
  wide: NativeId,
  shape: readonly number[],
  scaleOffsetMeanVariance: readonly NativeId[],
  pixels: number,
  inference: readonly OpAttribute[],
): NativeId {
  const four = s.run('Tile', TILE, [s.run('Pack', STACK_FOUR, scaleOffsetMeanVariance), s.constant([1, pixels])]);
  const [y] = s.runMany('FusedBatchNormV3', inference, [wide, ...s.runMany('Unpack', UNSTACK_FOUR, [four], 4)], 6);
  return s.run('Reshape', RESHAPE, [y!, s.constant(shape)]);
}
