/**
 * In-place distillation: smaller networks learn the outputs of the largest one instead of the labels (Yu & Huang 2019,
 * arXiv 1903.05134, section 3.3).
 */
import { WeftError } from '../errors.js';
import { areFlags, areTargets } from '../tensor/logits.js';
import { squaredErrors } from '../tensor/squared-error.js';
import { recordOn } from '../tensor/tape.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';

/**
 * Mean Kullback-Leibler divergence KL(teacher ‖ student) in nats of logits [N,K] or [N,T,K], over examples and places;
 * no gradient flows into the teacher. Throws WeftError('operation') if the two have different tasks, that is, different
 * numbers of classes or positions.
 */
export function klDivergence(teacher: Tensor, student: Tensor): Scalar {
  requireOneTask(teacher, student);
  const target = recordOn(undefined, () => tf.logSoftmax(teacher));
  const probabilities = recordOn(undefined, () => tf.exp(target));
  return tf.mean(tf.sum(tf.mul(probabilities, tf.sub(target, tf.logSoftmax(student))), -1)) as Scalar;
}

/** Upper bound on a ratio of probabilities. */
const LARGEST_RATIO = 5;

/**
 * Mean over examples and places of the larger of the alpha divergences -1 and 1 of logits [N,K] or [N,T,K] (Wang et al.
 * 2021, arXiv 2102.07954, section 3), in nats. With p of the teacher, q of the student and r = p/q it is Σ q (r^alpha -
 * 1) / (alpha (alpha - 1)), at alpha = 1 Σ p log r. r^-1 is capped at 5, so that a student is not driven by classes
 * that the teacher rules out; the gradient is that of -Σ [q rho] log q with the bracketed factor held fixed, rho =
 * r^alpha / alpha with the same cap. No gradient flows into the teacher.
 */
export function alphaDivergence(teacher: Tensor, student: Tensor): Scalar {
  requireOneTask(teacher, student);
  const logQ = tf.logSoftmax(student);
  const { value, weights } = recordOn(undefined, () => {
    const logP = tf.logSoftmax(teacher);
    const q = tf.exp(logQ);
    const logR = tf.sub(logP, logQ);
    const p = tf.exp(logP);
    const inverse = tf.minimum(tf.exp(tf.neg(logR)), LARGEST_RATIO);
    const minus = tf.sum(tf.mul(q, tf.div(tf.sub(inverse, 1), 2)), -1, true);
    const plus = tf.sum(tf.mul(p, logR), -1, true);
    // 1 if the divergence of alpha = -1 is the larger one. At alpha = 1 the weights q·rho are p.
    const isMinus = tf.cast(tf.greater(minus, plus), 'float32');
    const weights = tf.sub(tf.mul(p, tf.sub(1, isMinus)), tf.mul(tf.mul(q, inverse), isMinus));
    return { value: tf.mean(tf.maximum(minus, plus)) as Scalar, weights };
  });
  const surrogate = tf.neg(tf.mean(tf.sum(tf.mul(weights, logQ), -1)));
  // The value of the divergence with the gradient of the surrogate.
  return tf.add(
    surrogate,
    recordOn(undefined, () => tf.sub(value, surrogate)),
  ) as Scalar;
}

const DISTILLATIONS = { kl: klDivergence, alpha: alphaDivergence } as const;
export type Distillation = keyof typeof DISTILLATIONS;

/**
 * The distance of a student from its teacher: the divergence of their class distributions, or for targets the mean
 * squared difference of their outputs.
 */
export function distilled(divergence: Distillation, teacher: Tensor, student: Tensor, labels: Tensor): Scalar {
  if (areFlags(labels))
    throw new WeftError(
      'config',
      'distillation compares classes or numbers, but each example has several labels',
      'set search.elastic.distill: none',
    );
  if (!areTargets(labels)) return DISTILLATIONS[divergence](teacher, student);
  const target = recordOn(undefined, () => tf.clone(teacher));
  return tf.mean(squaredErrors(student, target)) as Scalar;
}

function requireOneTask(teacher: Tensor, student: Tensor): void {
  if (teacher.shape.join() === student.shape.join()) return;
  throw new WeftError(
    'operation',
    `logits [${student.shape.join(', ')}] cannot be compared with logits [${teacher.shape.join(', ')}] of the teacher`,
    'the teacher must have the same task: the same examples and the same classes',
  );
}
