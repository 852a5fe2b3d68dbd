/** In-place distillation: smaller networks learn what the largest one says instead of the labels (Yu and Huang 2019, arXiv 1903.05134, section 3.3). */
import { WeftError } from '../errors.js';
import { recordOn } from '../tensor/tape.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';

/**
 * Mean Kullback-Leibler divergence KL(teacher ‖ student) in nats of logits [N,K] or [N,T,K], over examples and places; no gradient flows into the
 * teacher. Throws WeftError('operation') where the two are of different tasks: other numbers of classes or places.
 */
export function klDivergence(teacher: Tensor, student: Tensor): Scalar {
  requireOneTask(teacher, student);
  const target = recordOn(undefined, () => tf.logSoftmax(teacher));
  const probabilities = recordOn(undefined, () => tf.exp(target));
  return tf.mean(tf.sum(tf.mul(probabilities, tf.sub(target, tf.logSoftmax(student))), -1)) as Scalar;
}

/** The divergences of which each example takes the larger one, and how large a ratio of probabilities r^alpha may count. */
const ALPHAS = [-1, 1] as const;
const LARGEST_RATIO = 5;

/**
 * Mean over examples and places of the larger of the alpha divergences -1 and 1 of logits [N,K] or [N,T,K] (Wang et al. 2021, arXiv 2102.07954,
 * section 3), in nats. With p of the teacher, q of the student and r = p/q it is Σ q (r^alpha - 1) / (alpha (alpha - 1)), at alpha = 1 Σ p log r.
 * r^-1 counts as 5 at most, so that a student is not driven by classes that the teacher rules out; the gradient is that of
 * -Σ [q rho] log q with what is in brackets held fixed, rho = r^alpha / alpha with the same bound. No gradient flows into the teacher.
 */
export function alphaDivergence(teacher: Tensor, student: Tensor): Scalar {
  requireOneTask(teacher, student);
  const logQ = tf.logSoftmax(student);
  const { value, weights } = recordOn(undefined, () => {
    const logP = tf.logSoftmax(teacher);
    const q = tf.exp(logQ);
    const logR = tf.sub(logP, logQ);
    const candidates = ALPHAS.map((alpha) => {
      if (alpha === 1) return { divergence: tf.sum(tf.mul(tf.exp(logP), logR), -1, true), weights: tf.exp(logP) };
      const ratio = tf.minimum(tf.exp(tf.mul(logR, alpha)), LARGEST_RATIO);
      return {
        divergence: tf.sum(tf.mul(q, tf.div(tf.sub(ratio, 1), alpha * (alpha - 1))), -1, true),
        weights: tf.mul(q, tf.div(ratio, alpha)),
      };
    });
    const [low, high] = candidates as [(typeof candidates)[number], (typeof candidates)[number]];
    const isLow = tf.greater(low.divergence, high.divergence);
    return {
      value: tf.mean(tf.maximum(low.divergence, high.divergence)),
      weights: tf.where(
        tf.tile(isLow, [...isLow.shape.slice(0, -1).map(() => 1), q.shape.at(-1)!]),
        low.weights,
        high.weights,
      ),
    };
  });
  const surrogate = tf.neg(tf.mean(tf.sum(tf.mul(weights, logQ), -1)));
  // The value of the divergence with the gradient of the surrogate.
  return tf.add(
    surrogate,
    recordOn(undefined, () => tf.sub(value, surrogate)),
  ) as Scalar;
}

export const DISTILLATIONS = { kl: klDivergence, alpha: alphaDivergence } as const;
export type Distillation = keyof typeof DISTILLATIONS;

function requireOneTask(teacher: Tensor, student: Tensor): void {
  if (teacher.shape.join() === student.shape.join()) return;
  throw new WeftError(
    'operation',
    `logits [${student.shape.join(', ')}] cannot be taught by logits [${teacher.shape.join(', ')}]`,
    'a teacher has the same task: the same examples and the same classes',
  );
}
