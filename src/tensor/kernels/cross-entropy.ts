/** Softmax cross-entropy: loss = log Σ exp(z) − z_label, gradient softmax(z) − 1[label], in one kernel. */
import { tf, type Tensor, type Tensor2D } from '../library.js';
import { defineKernel, independent, type Kernel } from './define.js';
import { hasOneDnn, ONEDNN } from './onednn.js';
import { boolAttribute, type NativeBackend, rawOps, T, typeAttribute } from './raw-op.js';
import { type NativeId, rawSession } from './raw-session.js';

const RESHAPE = [T, typeAttribute('Tshape', 'int32')];
const NATIVE_ATTRIBUTES = [T, typeAttribute('Tlabels', 'int32')];

/**
 * logits [N,K], labels int32 [N] -> loss [N] and its gradient with respect to the logits [N,K]; only the loss is
 * differentiable.
 */
export const crossEntropy: Kernel<{ logits: Tensor; labels: Tensor }, object, Tensor[]> = defineKernel({
  name: 'WeftCrossEntropy',
  native: ({ logits, labels }, _, backend) => {
    // On a GPU TensorFlow's cross-entropy adds in no fixed order.
    if (backend.isUsingGpuDevice || logits.shape[1]! >= MANY_CLASSES) return throughSoftmax(backend, logits, labels);
    return rawOps(backend, 'SparseSoftmaxCrossEntropyWithLogits', NATIVE_ATTRIBUTES, [logits, labels], [0, 1], 2);
  },
  plain({ logits, labels }) {
    const marked = marks(labels, logits);
    const loss = tf.sub(tf.logSumExp(logits, -1), tf.sum(tf.mul(logits, marked), -1));
    return [loss, tf.sub(tf.softmax(logits as Tensor2D), marked)];
  },
  gradient: {
    save: ['logits', 'labels'],
    // On the tape the copy of the slope does not depend on the logits; `crossEntropyGrad` accounts for that.
    saveOutputs: [false, true],
    backward: ([dy], [logits, labels, slope]) => ({
      logits: () => crossEntropyGrad({ dy: dy!, logits: logits!, labels: labels!, slope: slope! }, {}),
      labels: independent,
    }),
  },
});

/**
 * From this number of classes on, oneDNN's softmax and a few small operations are faster than TensorFlow's
 * cross-entropy.
 */
const MANY_CLASSES = 256;
const MAX = [T, typeAttribute('Tidx', 'int32'), boolAttribute('keep_dims', false)];
const INTEGER = typeAttribute('T', 'int32');
const RANGE = [typeAttribute('Tidx', 'int32')];
const FILL = [T, typeAttribute('index_type', 'int32')];
const GATHER = [
  typeAttribute('Tparams', 'float32'),
  typeAttribute('Tindices', 'int32'),
  typeAttribute('Taxis', 'int32'),
];

/** The same from p = softmax(z): log Σ exp(z) = max z − log(max p), whatever the size of z. */
function throughSoftmax(backend: NativeBackend, logits: Tensor, labels: Tensor): Tensor[] {
  const s = rawSession(backend);
  const [count, classes] = logits.shape as [number, number];
  const flat = (id: NativeId): NativeId => s.run('Reshape', RESHAPE, [id, s.constant([count * classes, 1])]);
  const largest = (id: NativeId): NativeId => s.run('Max', MAX, [id, s.constant([1])]);
  const z = s.idOf(logits);
  const p = hasOneDnn(backend) ? s.run('_MklSoftmax', [T, ONEDNN], [z]) : s.run('Softmax', [T], [z]);
  const positions = s.run(
    'AddV2',
    [INTEGER],
    [
      s.run(
        'Range',
        RANGE,
        [0, count * classes, classes].map((n) => s.constant(n)),
      ),
      s.idOf(labels),
    ],
  );
  const ofLabels = s.run('Reshape', RESHAPE, [
    s.run('GatherV2', GATHER, [flat(z), positions, s.constant(0)]),
    s.constant([count]),
  ]);
  const logSum = s.run('Sub', [T], [largest(z), s.run('Log', [T], [largest(p)])]);
  const loss = s.run('Sub', [T], [logSum, ofLabels]);
  // In place: nothing else uses p, and its reshapes share its memory.
  const flatSlope = s.run(
    'InplaceSub',
    [T],
    [flat(p), positions, s.run('Fill', FILL, [s.constant([count, 1]), s.constant(1, 'float32')])],
  );
  const slope = s.run('Reshape', RESHAPE, [flatSlope, s.constant([count, classes])]);
  const results = [s.release(loss, [count]), s.release(slope, logits.shape)];
  s.end();
  return results;
}

/** dy [N], slope [N,K] -> dy·slope [N,K]; the slope must be that of the logits at the labels. */
const crossEntropyGrad: Kernel<{ dy: Tensor; logits: Tensor; labels: Tensor; slope: Tensor }, object> = defineKernel({
  name: 'WeftCrossEntropyGrad',
  native: ({ dy, slope }, _, backend) => {
    const s = rawSession(backend);
    const column = s.run('Reshape', RESHAPE, [s.idOf(dy), s.constant([-1, 1])]);
    const result = s.release(s.run('Mul', [T], [column, s.idOf(slope)]), slope.shape);
    s.end();
    return result;
  },
  plain: ({ dy, slope }) => tf.mul(tf.reshape(dy, [-1, 1]), slope),
  gradient: {
    save: ['dy', 'logits', 'labels'],
    /**
     * The derivative of the softmax p along g is p·(g − Σ p·g): the entire dependence on the logits, so the slope gets
     * no gradient.
     */
    backward: (g, [dy, logits, labels]) => {
      const p = tf.softmax(logits as Tensor2D);
      const mean = tf.sum(tf.mul(p, g), -1, true);
      return {
        dy: () => tf.sub(tf.reshape(mean, [-1]), tf.sum(tf.mul(marks(labels!, logits!), g), -1)),
        logits: () => tf.mul(tf.mul(tf.reshape(dy!, [-1, 1]), p), tf.sub(g, mean)),
        labels: independent,
        slope: independent,
      };
    },
  },
});

/** One where the label is, else zero: [N,K]. (WebAssembly's own float32 one-hot holds the bits of integers.) */
const marks = (labels: Tensor, logits: Tensor): Tensor => tf.cast(tf.oneHot(labels, logits.shape[1]!), 'float32');
