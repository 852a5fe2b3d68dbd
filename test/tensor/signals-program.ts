/** Multiplies matrices until it is told to stop, and counts the signals that it handles. Started by signals.test.ts. */
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';

let stopped = false;
let handled = 0;
process.on('SIGUSR2', () => handled++);
process.on('message', () => (stopped = true));

const native = await loadBackend('native', { threads: 1 }).then(
  () => true,
  () => false,
);
process.send!(native ? 'native' : 'none');
if (native) {
  const [a, b] = [tf.randomNormal([3072, 16]), tf.randomNormal([3072, 16])];
  while (!stopped) {
    for (let product = 0; product < 20; product++) tf.matMul(a, b, true).dispose();
    await new Promise((resolve) => setImmediate(resolve));
  }
  tf.dispose([a, b]);
  process.send!(handled);
}
process.disconnect();
