/**
 * How the library keeps alive what a gradient will need. By itself it copies with the Identity kernel, recorded as a
 * kernel run of its own and, where a kernel saves its output, before that kernel: to a second derivative the copy then
 * seems to depend on nothing (tensorflow/tfjs issue 3252), and the result is silently wrong. It costs a dispatch for
 * every saved tensor, on WebAssembly a real copy as well.
 */
import { tf, type Tensor } from '../library.js';

interface Internals {
  state: { tensorInfo: WeakMap<object, { backend: { incRef(dataId: object): void } }> };
  clone(x: Tensor): Tensor;
}

/** Makes saved tensors second handles on the same data that the tape takes for the tensor itself. */
export function installSavedCopies(): void {
  const engine = tf.engine() as unknown as Internals & Pick<ReturnType<typeof tf.engine>, 'makeTensorFromDataId'>;
  const copy = engine.clone.bind(engine);
  engine.clone = (x) => {
    const info = engine.state.tensorInfo.get(x.dataId);
    if (!info || x.dtype === 'string' || x.dtype === 'complex64') return copy(x);
    info.backend.incRef(x.dataId);
    const handle = engine.makeTensorFromDataId(x.dataId, x.shape, x.dtype);
    (handle as { id: number }).id = x.id;
    return handle;
  };
}

/** A second handle on the tensor's data, for a gradient that is not a registered kernel's. */
export const savedCopy = (x: Tensor): Tensor => tf.keep((tf.engine() as unknown as Internals).clone(x));
