/** TensorFlow.js as one script for browsers. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The script that defines the global `tf`: the whole library, in the version that this package uses. */
export function browserBundle(): Uint8Array {
  return readFileSync(createRequire(import.meta.url).resolve('@tensorflow/tfjs/dist/tf.min.js'));
}
