import { tf, type Tensor, type Tensor1D } from '../../library.js';

/**
 * Sums of the rows of x [n,...] with the same id [n]: [numSegments,...]. The gradient of an embedding; rows with
 * negative ids are ignored.
 */
export function segmentSum(
  { x, segmentIds }: { x: Tensor; segmentIds: Tensor1D },
  { numSegments }: { numSegments: number },
): Tensor {
  const ids = segmentIds.dataSync();
  const values = x.dataSync();
  const width = x.size / ids.length;
  const sums = new Float32Array(numSegments * width);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    if (id < 0) continue;
    for (let i = 0; i < width; i++) sums[id * width + i]! += values[row * width + i]!;
  }
  return tf.tensor(sums, [numSegments, ...x.shape.slice(1)]);
}
