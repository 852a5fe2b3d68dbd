/** The processor's vector instructions, and what TensorFlow makes of them. */
import { readFileSync } from 'node:fs';

/**
 * The names of the vector instructions in alphabetical order, if the system reports them. The kernel lists them under
 * `flags` on x86 and under `Features` on ARM.
 */
export function vectorInstructions(): string | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined; // a different system
  }
  return /^(?:flags|Features)\s*: (.*)$/m
    .exec(text)?.[1]
    ?.split(' ')
    .filter((name) => /^(sse4|avx|fma|f16c|amx|asimd|sve|sme|bf16|i8mm)/.test(name))
    .sort()
    .join(' ');
}

/** Whether TensorFlow uses oneDNN by itself on an x86 processor with these instructions. */
export function usesOneDnnByDefault(instructions: string): boolean {
  return /\b(avx512_?vnni|avx512_?bf16|avx_vnni|amx_)/.test(instructions);
}

/**
 * Whether oneDNN is faster than TensorFlow's own kernels on an x86 processor with these instructions and has to be
 * asked for: TensorFlow uses it by itself only on processors with instructions for neural networks, but its
 * convolutions take less than half the time on those with AVX2 too.
 */
export function gainsFromOneDnn(instructions: string): boolean {
  return /\bavx2\b/.test(instructions) && !usesOneDnnByDefault(instructions);
}
