/**
 * Records in the state which blocks exist when they are captured: steps between two captures, and a resumed training,
 * read them from there.
 */
import { type Slots } from '../../chain/state.js';
import { type NamedTensors } from '../../tensor/named.js';
import { type BlockKind, type BlockShape } from './blocks.js';

const KINDS: readonly BlockKind[] = ['matrix', 'channels', 'table'];

/** Records the block, and how many layers use it. */
export function rememberBlock(slots: Slots, { key, kind, weight, bias }: BlockShape, uses = 1): void {
  slots.setNumber(`kind ${key}`, KINDS.indexOf(kind) + 1);
  slots.setNumber(`uses ${key}`, uses);
  if (weight !== undefined) slots.setNumber(`owner ${weight}`, 1);
  if (bias !== undefined) slots.setNumber(`bias ${key} ${bias}`, 1);
}

/** Number of layers that used the block when it was recorded. */
export const usesOf = (slots: Slots, key: string): number => slots.number(`uses ${key}`);

/** The recorded blocks among the active parameters. */
export function recallBlocks(slots: Slots, parameters: NamedTensors): BlockShape[] {
  const entries = Object.entries(parameters);
  const vectors = entries.filter(([, { rank }]) => rank === 1);
  return entries.flatMap(([key]): BlockShape[] => {
    const kind = KINDS[slots.number(`kind ${key}`) - 1];
    if (!kind) return [];
    const weight = slots.number(`owner ${key}`) === 1 ? key : undefined;
    if (weight === undefined) return [{ key, kind, bias: key }];
    const bias = vectors.find(([name]) => slots.number(`bias ${key} ${name}`) === 1)?.[0];
    return [{ key, kind, weight, bias }];
  });
}
