/** Runs in a child process: loads the requested backend, computes something, reports to the parent. */
import { WeftError } from '../errors.js';
import { describeBackend, loadBackend, type BackendName } from '../tensor/backend.js';
import { conv2d } from '../tensor/nn.js';
import { tf, type Tensor4D } from '../tensor/tf.js';
import { type ProbeReport } from './backends.js';

async function report(): Promise<ProbeReport> {
  try {
    await loadBackend(process.argv[2] as BackendName);
    const [gradient] = await tf
      .grad((kernel) => conv2d(tf.ones([1, 3, 3, 1]), kernel as Tensor4D))(tf.zeros([3, 3, 1, 1]))
      .data();
    if (gradient !== 4) throw new Error(`it computes wrong results: ${gradient} instead of 4`);
    return { loaded: describeBackend() };
  } catch (error) {
    const { message, cause } = error as Error;
    return {
      reason: cause instanceof Error ? cause.message : message,
      remedy: error instanceof WeftError ? error.hint : undefined,
    };
  }
}

process.send?.(await report(), () => process.exit());
