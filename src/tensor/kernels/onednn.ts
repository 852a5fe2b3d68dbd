/** oneDNN kernels that TensorFlow offers only in graphs, called by name. */
import { tf } from '../library.js';
import { type NativeBackend, rawOp, stringAttribute, T } from './raw-op.js';

/**
 * Selects a kernel of oneDNN that TensorFlow's graph rewriting would put in place of a stock one; its
 * operation is named `_MklNative…` or `_Mkl…`. Only builds for processors that oneDNN supports have them.
 */
export const ONEDNN = stringAttribute('_kernel', 'MklNameChangeOp');

const probed = new WeakMap<NativeBackend, boolean>();

/** Whether the native library was built with oneDNN, for a processor that it serves. */
export function hasOneDnn(backend: NativeBackend): boolean {
  let has = probed.get(backend);
  if (has === undefined) {
    const one = tf.zeros([1, 1]);
    try {
      rawOp(backend, '_MklSoftmax', [T, ONEDNN], [one]).dispose();
      has = !backend.isUsingGpuDevice;
    } catch {
      has = false;
    }
    one.dispose();
    probed.set(backend, has);
  }
  return has;
}
