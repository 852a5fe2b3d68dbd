/** In-place distillation: smaller networks learn what the largest one says instead of the labels (Yu and Huang 2019, arXiv 1903.05134, section 3.3). */
import { WeftError } from '../errors.js';
import { recordOn } from '../tensor/tape.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';

/**
 * Mean Kullback-Leibler divergence KL(teacher ‖ student) in nats of logits [N,K] or [N,T,K], over examples and places; no gradient flows into the
 * teacher. Throws WeftError('operation') where the two are of different tasks: other numbers of classes or places.
 */
export function klDivergence(teacher: Tensor, student: Tensor): Scalar {
  if (teacher.shape.join() !== student.shape.join())
    throw new WeftError(
      'operation',
      `logits [${student.shape.join(', ')}] cannot be taught by logits [${teacher.shape.join(', ')}]`,
      'a teacher has the same task: the same examples and the same classes',
    );
  const target = recordOn(undefined, () => tf.logSoftmax(teacher));
  const probabilities = recordOn(undefined, () => tf.exp(target));
  return tf.mean(tf.sum(tf.mul(probabilities, tf.sub(target, tf.logSoftmax(student))), -1)) as Scalar;
}
