/**
 * Muon's Newton-Schulz iteration in bfloat16, in which its authors run it: with AMX its products are five times as fast
 * as in float32.
 */
import { WeftError } from '../../errors.js';
import { defineKernel, type Kernel } from '../kernels/define.js';
import { boolAttribute, type OpAttribute, typeAttribute } from '../kernels/raw-op.js';
import { type NativeId, rawSession } from '../kernels/raw-session.js';
import { type Tensor } from '../tf.js';

const B = typeAttribute('T', 'bfloat16');
const cast = (from: 'float32' | 'bfloat16', to: 'float32' | 'bfloat16'): OpAttribute[] => [
  typeAttribute('SrcT', from),
  typeAttribute('DstT', to),
  boolAttribute('Truncate', false),
];
const [NARROW, WIDEN] = [cast('float32', 'bfloat16'), cast('bfloat16', 'float32')];
const product = (left: boolean, right: boolean): OpAttribute[] => [
  B,
  boolAttribute('adj_x', left),
  boolAttribute('adj_y', right),
];
const [PLAIN, TURNED_LEFT, TURNED_RIGHT] = [product(false, false), product(true, false), product(false, true)];

interface Attributes {
  readonly coefficients: readonly [number, number, number];
  readonly iterations: number;
}

const kernel: Kernel<{ x: Tensor }, Attributes> = defineKernel({
  name: 'WeftNewtonSchulzBfloat16',
  native: ({ x }, { coefficients, iterations }, backend) => {
    const s = rawSession(backend);
    const [a, b, c] = coefficients.map((value) => s.run('Cast', NARROW, [s.constant(value, 'float32')]));
    const times = (p: NativeId, q: NativeId): NativeId => s.run('Mul', [B], [p, q]);
    const plus = (p: NativeId, q: NativeId): NativeId => s.run('AddV2', [B], [p, q]);
    const tall = x.shape.at(-2)! > x.shape.at(-1)!;
    let matrix = s.run('Cast', NARROW, [s.idOf(x)]);
    for (let i = 0; i < iterations; i++) {
      // The Gram matrix of the shorter side is the smaller one.
      const gram = s.run('BatchMatMulV2', tall ? TURNED_LEFT : TURNED_RIGHT, [matrix, matrix]);
      const square = s.run('BatchMatMulV2', PLAIN, [gram, gram]);
      const polynomial = plus(times(gram, b!), times(square, c!));
      const rest = s.run('BatchMatMulV2', PLAIN, tall ? [matrix, polynomial] : [polynomial, matrix]);
      matrix = plus(times(matrix, a!), rest);
    }
    const result = s.release(s.run('Cast', WIDEN, [matrix]), x.shape);
    s.end();
    return result;
  },
  plain: () => {
    throw new WeftError(
      'unsupported',
      'Newton-Schulz iterations in bfloat16 need the native backend',
      'set `precision: float32`, or use the native backend',
    );
  },
});

/**
 * X ← a·X + (b·G + c·G²)·X, G = X·Xᵀ (of the shorter side), so many times, of matrices [..,rows,columns]; throws
 * WeftError('unsupported') except on the native backend.
 */
export const newtonSchulzBfloat16 = (x: Tensor, coefficients: Attributes['coefficients'], iterations: number): Tensor =>
  kernel({ x }, { coefficients, iterations });
