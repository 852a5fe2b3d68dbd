/** Files of tensors, as exports and checkpoints hold them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/index.js';
import { type NamedTensors } from '../../src/tensor/named.js';

/** The tensors of a file; the caller owns them. */
export const readSafetensors = (path: string): ReturnType<typeof decodeSafetensors> =>
  decodeSafetensors(readFileSync(path), path);

export const writeSafetensors = (path: string, tensors: NamedTensors): void =>
  writeFileSync(path, encodeSafetensors(tensors));
