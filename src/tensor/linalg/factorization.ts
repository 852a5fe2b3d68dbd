/**
 * One definition per factorization: a raw TensorFlow operation on the native backend, ml-matrix (in
 * float64) elsewhere, one gradient, and one guarantee: the result is finite, or it throws.
 */
import { Matrix } from 'ml-matrix';
import { WeftError } from '../../errors.js';
import { decide } from '../kernels/decide.js';
import { defineKernel, type Kernel } from '../kernels/define.js';
import { reductionAttributes } from '../kernels/native-basics.js';
import { constant, rawOp, rawOps, T, type OpAttribute } from '../kernels/raw-op.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { executeInDouble } from './double.js';

/** Width of the numbers inside; tensors are float32 on both sides. Plain backends always compute in float64. */
export type Precision = 'float32' | 'float64';

export interface PrecisionOption {
  precision?: Precision;
}

export interface FactorizationAttributes {
  precision: Precision;
  /** Work with the transpose of the first argument. */
  adjoint?: boolean;
  /** The caller knows that the argument is far from singular, so this is not checked. */
  wellConditioned?: boolean;
}

export interface Factorization<I extends Record<string, Tensor>> {
  name: string;
  /** The raw operation, and its attributes besides the type. */
  op: string;
  attributes?: (attributes: FactorizationAttributes) => OpAttribute[];
  /** Rank of each output for one matrix: 2 for a matrix, 1 for a vector. */
  outputRanks: readonly (1 | 2)[];
  /** The same for one matrix of the batch; a vector is a row. */
  plain: (matrices: Matrix[], attributes: FactorizationAttributes) => Matrix[];
  /** Fixes what the backends leave open, such as signs. */
  normalize?: (outputs: Tensor[]) => Tensor[];
  /** What is wrong with a matrix for which the result is not finite or not accepted. */
  failure: string;
  /** Whether a finite result is accurate enough to be used. */
  accept?: (inputs: I, outputs: Tensor[], attributes: FactorizationAttributes) => boolean;
  save: readonly (keyof I & string)[];
  /** Gradients of the inputs from those of the outputs; `saved` holds the saved inputs, then all outputs. */
  backward: (
    gradients: Tensor[],
    saved: Tensor[],
    attributes: FactorizationAttributes,
  ) => { [name in keyof I]?: () => Tensor };
}

/** Registers the kernel; the result runs it on tensors [...,rows,columns], leading axes being a batch. */
export function defineFactorization<I extends Record<string, Tensor>>(
  definition: Factorization<I>,
): (inputs: I, attributes: FactorizationAttributes) => Tensor[] {
  const { name, op, outputRanks, plain, failure, accept, save, backward } = definition;
  const { attributes: attributesOf = () => [], normalize = (outputs) => outputs } = definition;
  const checked = (inputs: I, attributes: FactorizationAttributes, compute: () => Tensor[]): Tensor[] => {
    let outputs: Tensor[];
    try {
      outputs = normalize(compute());
    } catch (cause) {
      throw failed(inputs, failure, { cause });
    }
    if (outputs.every(isFinite) && (!accept || accept(inputs, outputs, attributes))) return outputs;
    throw failed(inputs, failure);
  };
  return defineKernel<I, FactorizationAttributes, Tensor[]>({
    name,
    native: (inputs, attributes, backend) =>
      tidy(() =>
        checked(inputs, attributes, () => {
          const extra = attributesOf(attributes);
          return attributes.precision === 'float64'
            ? executeInDouble(backend, op, extra, Object.values(inputs), outputRanks.length)
            : rawOps(
                backend,
                op,
                [T, ...extra],
                Object.values(inputs),
                outputRanks.map((_, i) => i),
                outputRanks.length,
              );
        }),
      ),
    plain: (inputs, attributes) =>
      checked(inputs, attributes, () =>
        eachMatrix(Object.values(inputs), outputRanks, (matrices) => plain(matrices, attributes)),
      ),
    gradient: {
      save,
      saveOutputs: outputRanks.map(() => true),
      backward: (dy, saved, attributes) => backward(Array.isArray(dy) ? dy : [dy], saved, attributes),
    },
  });
}

function failed(inputs: Record<string, Tensor>, failure: string, options?: { cause: unknown }): WeftError {
  const tensors = Object.values(inputs);
  const subject = `the matrix [${tensors[0]!.shape}]`;
  return tensors.every(isFinite)
    ? new WeftError(
        'numeric',
        `${subject} ${failure}`,
        'add damping to the diagonal (see `damped`) or compute in float64',
        options,
      )
    : new WeftError(
        'numeric',
        `${subject} or its right-hand side contains NaN or infinity`,
        'look for the cause in earlier steps',
        options,
      );
}

/** Sum of zero times every value: zero unless there is a NaN or infinity. A plain sum could overflow. */
const zeroSum: Kernel<{ x: Tensor }, object> = defineKernel({
  name: 'WeftZeroSum',
  native: ({ x }, _, backend) => {
    const zeros = rawOp(backend, 'Mul', [T], [x, constant(backend, 0, 'float32')]);
    const sum = rawOp(backend, 'Sum', reductionAttributes('float32', false), [
      zeros,
      constant(backend, [...x.shape.keys()]),
    ]);
    zeros.dispose();
    return sum;
  },
  plain: ({ x }) => tf.sum(tf.mul(x, 0)),
});

const isFinite = (tensor: Tensor): boolean => tidy(() => decide(zeroSum({ x: tensor }, {}), (sum) => sum === 0));

/** Applies `f` to the matrices at each place of the batch and stacks the results. */
function eachMatrix(inputs: Tensor[], outputRanks: readonly (1 | 2)[], f: (matrices: Matrix[]) => Matrix[]): Tensor[] {
  const batch = inputs[0]!.shape.slice(0, -2);
  const count = tf.util.sizeFromShape(batch);
  const values = inputs.map((input) => input.dataSync());
  const results = Array.from({ length: count }, (_, index) =>
    f(
      inputs.map((input, i) => {
        const [rows, columns] = input.shape.slice(-2) as [number, number];
        const size = rows * columns;
        return Matrix.from1DArray(rows, columns, values[i]!.subarray(index * size, (index + 1) * size));
      }),
    ),
  );
  return outputRanks.map((rank, output) => {
    const { rows, columns } = results[0]![output]!;
    return tf.tensor(Float32Array.from(results.flatMap((result) => result[output]!.to1DArray())), [
      ...batch,
      ...(rank === 2 ? [rows] : []),
      columns,
    ]);
  });
}

/** The symmetric matrix with this lower triangle: what the raw operations read. */
export function mirrorLower(matrix: Matrix): Matrix {
  const result = matrix.clone();
  for (let i = 0; i < result.rows; i++) for (let j = 0; j < i; j++) result.set(j, i, result.get(i, j));
  return result;
}
