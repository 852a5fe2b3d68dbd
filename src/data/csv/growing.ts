/** Numeric arrays whose length is not known in advance. */
import { WeftError } from '../../errors.js';
import { availableBytes } from '../../tensor/memory.js';

const BLOCK = 1 << 20;

export interface GrowingNumbers {
  push(value: number): void;
  /** All numbers: bytes if every one is an integer in 0..255, otherwise 32-bit floats. To be called once. */
  finish(): Float32Array | Uint8Array;
}

/**
 * Numbers stored in blocks, so that nothing is copied before the end; `what` describes them in out-of-memory errors.
 */
export function growingNumbers(what: string): GrowingNumbers {
  const blocks: (Float32Array | undefined)[] = [];
  let block = new Float32Array(0);
  let used = 0;
  let bytes = true;
  return {
    push(value) {
      if (used === block.length) {
        if (8 * (blocks.length + 1) * BLOCK > availableBytes())
          throw new WeftError(
            'data',
            `${what} has more than ${blocks.length * BLOCK} numbers, which do not fit into the memory of this machine`,
            'use fewer rows or columns',
          );
        block = new Float32Array(BLOCK);
        blocks.push(block);
        used = 0;
      }
      bytes &&= value >= 0 && value <= 255 && Number.isInteger(value);
      block[used++] = value;
    },
    finish() {
      const count = Math.max(0, blocks.length - 1) * BLOCK + used;
      const all = bytes ? new Uint8Array(count) : new Float32Array(count);
      blocks.forEach((one, i) => {
        all.set(i === blocks.length - 1 ? one!.subarray(0, used) : one!, i * BLOCK);
        blocks[i] = undefined;
      });
      return all;
    },
  };
}
