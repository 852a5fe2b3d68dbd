/**
 * Max pooling. TensorFlow's own gradient searches for the maxima again, fifteen times as slowly as oneDNN's forward
 * pass; oneDNN's forward pass notes where they are.
 */
import { tf, tidy, type Tensor, type Tensor1D, type Tensor4D } from '../library.js';
import { defineKernel, independent, type Kernel } from './define.js';
import { hasOneDnn, ONEDNN } from './onednn.js';
import { boolAttribute, rawOp, rawOps, type NativeBackend } from './raw-op.js';
import { poolAttributes, type Window } from './window.js';

/**
 * x [N,H,W,C] -> y [N,H',W',C], and notes for the gradient that only the same backend can read: which element
 * of each window is the (first) maximum. They are empty on backends whose gradient finds the maxima itself.
 */
export const maxPool: Kernel<{ x: Tensor4D }, Window, Tensor[]> = defineKernel({
  name: 'WeftMaxPool',
  native: ({ x }, window, backend) => {
    if (hasOneDnn(backend))
      return rawOps(backend, '_MklNativeMaxPool', [...poolAttributes(window), ONEDNN], [x], [0, 1], 2);
    return [rawOp(backend, 'MaxPool', poolAttributes(window), [x]), noNotes()];
  },
  plain: ({ x }, { size, stride, padding }) => [tf.maxPool(x, size, stride, padding), noNotes()],
  gradient: {
    save: ['x'],
    saveOutputs: [false, true],
    backward: ([dy], [x, notes], window) => ({
      x: () => maxPoolGrad({ dy: dy as Tensor4D, x: x as Tensor4D, notes: notes! }, window),
    }),
  },
});

/** dy at the position of each window's maximum, added up: [N,H',W',C] -> [N,H,W,C]. */
const maxPoolGrad: Kernel<{ dy: Tensor4D; x: Tensor4D; notes: Tensor }, Window> = defineKernel({
  name: 'WeftMaxPoolGrad',
  native: ({ dy, x, notes }, window, backend) => {
    if (notes.size > 0)
      return rawOp(
        backend,
        '_MklNativeMaxPoolGrad',
        [...poolAttributes(window), WITH_NOTES, ONEDNN],
        [x, dy, dy, notes],
      );
    // The operation takes the output of the forward pass. On a processor only its shape matters; cuDNN compares it with
    // x.
    if (!backend.isUsingGpuDevice) return rawOp(backend, 'MaxPoolGrad', poolAttributes(window), [x, dy, dy]);
    const y = rawOp(backend, 'MaxPool', poolAttributes(window), [x]);
    const result = rawOp(backend, 'MaxPoolGrad', poolAttributes(window), [x, y, dy]);
    y.dispose();
    return result;
  },
  plain: ({ dy, x }, window) => {
    const dx = new Float32Array(x.size);
    const values = dy.dataSync();
    maxima(x, window).forEach((position, i) => (dx[position]! += values[i]!));
    return tf.tensor(dx, x.shape);
  },
  gradient: {
    save: ['x', 'notes'],
    backward: (g, [x, notes], window) => ({
      dy: () => atMaximum({ g: g as Tensor4D, x: x as Tensor4D, notes: notes! }, window),
      x: independent,
    }),
  },
});
const WITH_NOTES = boolAttribute('workspace_enabled', true);

/** g read at the position of each window's maximum: [N,H,W,C] -> [N,H',W',C]. The adjoint of `maxPoolGrad` in dy. */
const atMaximum: Kernel<{ g: Tensor4D; x: Tensor4D; notes: Tensor }, Window> = defineKernel({
  name: 'WeftAtMaximum',
  native: ({ g, x, notes }, window, backend) => {
    if (notes.size > 0 && tiles(x, window)) return throughMask(g, x, notes, window, backend);
    const y = rawOp(backend, 'MaxPool', poolAttributes(window), [x]);
    const result = rawOp(backend, 'MaxPoolGradGrad', poolAttributes(window), [x, y, g]);
    y.dispose();
    return result;
  },
  plain: ({ g, x }, window) => {
    const values = g.dataSync();
    const { outShape } = geometry(x, window);
    return tf.tensor(
      Float32Array.from(maxima(x, window), (position) => values[position]!),
      outShape,
    );
  },
  gradient: {
    save: ['x', 'notes'],
    backward: (gg, [x, notes], window) => ({
      g: () => maxPoolGrad({ dy: gg as Tensor4D, x: x as Tensor4D, notes: notes! }, window),
      x: independent,
    }),
  },
});

/** Whether every value is in at most one window, and every window full. */
function tiles(x: Tensor4D, { size, stride, padding }: Window): boolean {
  return size <= stride && (padding === 'valid' || (x.shape[1] % stride === 0 && x.shape[2] % stride === 0));
}

/**
 * `atMaximum` where windows tile: the mean over each window of g times a mask, four times as fast as `MaxPoolGradGrad`.
 */
function throughMask(g: Tensor4D, x: Tensor4D, notes: Tensor, window: Window, backend: NativeBackend): Tensor4D {
  return tidy(() => {
    const mask = maxPoolGrad({ dy: tf.fill(geometry(x, window).outShape, window.size ** 2), x, notes }, window);
    return rawOp(backend, 'AvgPool', poolAttributes(window), [tf.mul(g, mask)]) as Tensor4D;
  });
}

const geometry = (x: Tensor4D, { size, stride, padding }: Window) =>
  tf.backend_util.computePool2DInfo(x.shape, size, stride, 1, padding);

/**
 * Where in x each window's first maximum lies, in the order of the outputs. In JavaScript, because
 * WebAssembly's kernels find no maximum below zero.
 */
function maxima(x: Tensor4D, window: Window): Int32Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outShape, padInfo } = geometry(x, window);
  const values = x.dataSync();
  const positions = new Int32Array(tf.util.sizeFromShape(outShape));
  let output = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let p = 0; p < outHeight; p++) {
      const top = p * window.stride - padInfo.top;
      const bottom = Math.min(inHeight, top + window.size);
      for (let q = 0; q < outWidth; q++) {
        const left = q * window.stride - padInfo.left;
        const right = Math.min(inWidth, left + window.size);
        for (let c = 0; c < inChannels; c++) {
          let best = -1;
          for (let row = Math.max(0, top); row < bottom; row++) {
            for (let column = Math.max(0, left); column < right; column++) {
              const position = ((n * inHeight + row) * inWidth + column) * inChannels + c;
              if (best < 0 || values[position]! > values[best]!) best = position;
            }
          }
          positions[output++] = best;
        }
      }
    }
  }
  return positions;
}

const noNotes = (): Tensor1D => tf.tensor1d([], 'int32');
