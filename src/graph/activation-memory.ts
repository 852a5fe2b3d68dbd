/** Memory for a child's activations, computed from its graph. */
import { type ActiveNode } from './activate.js';

/** Bytes of a value: a 32-bit float. */
const BYTES = 4;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/**
 * Peak bytes of activations while a child evaluates one example, node by node: at each node its output, its inputs, and
 * whatever a later node still needs (the SRAM limit of MCUNet, Lin et al. 2020, arXiv 2007.10319). Weights, and
 * internal buffers of operations, are not counted.
 */
export function peakActivationBytes(nodes: readonly ActiveNode[]): number {
  const lastUse = new Map<string, number>();
  nodes.forEach(({ inputs }, step) => inputs.forEach((input) => lastUse.set(input, step)));
  const live = new Map<string, number>();
  let [held, peak] = [0, 0];
  nodes.forEach(({ name, output }, step) => {
    const size = sizeOf(output);
    live.set(name, size);
    held += size;
    peak = Math.max(peak, held);
    for (const [other, its] of live) {
      if ((lastUse.get(other) ?? Infinity) > step) continue;
      live.delete(other);
      held -= its;
    }
  });
  return peak * BYTES;
}
