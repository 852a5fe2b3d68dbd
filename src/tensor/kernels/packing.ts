/**
 * Many small tensors as a few larger ones: an optimizer spends most of its time calling kernels on vectors
 * of a few dozen numbers. Tensors that agree in all axes but the first are joined along it, so no value moves
 * within its tensor and elementwise arithmetic gives the same bits.
 */
import { tf, type Tensor } from '../library.js';

type Tensors = Readonly<Record<string, Tensor>>;

export interface Packing {
  /** One tensor per group, under the name of its first member; groups whose first member is not among the tensors are left out. */
  pack(tensors: Tensors): Record<string, Tensor>;
  /** The tensors by name again. */
  unpack(packed: Tensors): Record<string, Tensor>;
}

/** Beyond so many numbers, copying costs more than the kernel calls that joining saves. */
export const LARGEST_JOINED = 1 << 14;

/** To join and part so few costs more than it saves. */
const FEW = 4;

/** Names of the tensors that others agree with, so that they may be joined. */
export function joinable(tensors: Tensors): string[] {
  return alike(tensors, () => '').flatMap((names) => (names.length < FEW ? [] : names));
}

/** Groups tensors by their shape behind the first axis, and by `kind` where they must not be mixed. */
export function packing(tensors: Tensors, kind: (name: string) => string = () => ''): Packing {
  const groups = alike(tensors, kind).flatMap((names) => (names.length < FEW ? names.map((name) => [name]) : [names]));
  return {
    pack(values) {
      const packed: Record<string, Tensor> = {};
      for (const names of groups) if (values[names[0]!]) packed[names[0]!] = join(names.map((name) => values[name]!));
      return packed;
    },
    unpack(packed) {
      const unpacked: Record<string, Tensor> = {};
      for (const names of groups) {
        if (!packed[names[0]!]) continue;
        const parts = split(
          packed[names[0]!]!,
          names.map((name) => tensors[name]!.shape),
        );
        names.forEach((name, i) => (unpacked[name] = parts[i]!));
      }
      return unpacked;
    },
  };
}

/** Names of tensors that agree in kind and in all axes but the first. */
function alike(tensors: Tensors, kind: (name: string) => string): string[][] {
  const found = new Map<string, string[]>();
  for (const [name, { shape }] of Object.entries(tensors)) {
    const key = `${kind(name)}[${shape.length === 0 ? 'scalar' : shape.slice(1)}]`;
    const names = found.get(key);
    if (names) names.push(name);
    else found.set(key, [name]);
  }
  return [...found.values()];
}

function join(tensors: Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  return tensors[0]!.rank === 0 ? tf.stack(tensors) : tf.concat(tensors, 0);
}

function split(packed: Tensor, shapes: number[][]): Tensor[] {
  if (shapes.length === 1) return [packed];
  return shapes[0]!.length === 0
    ? tf.unstack(packed)
    : tf.split(
        packed,
        shapes.map(([length]) => length!),
        0,
      );
}
