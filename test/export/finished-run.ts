/** A finished run as far as its network goes: with weights at random where a search would have trained them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig } from '../../src/config/index.js';
import { type Json } from '../../src/operations/index.js';
import { createRun, sha256 } from '../../src/runs/index.js';
import { writeSums } from '../../src/runs/sums.js';
import { type Model } from '../../src/search/model.js';
import { writeSafetensors } from '../runs/safetensors-file.js';

/** Writes the run below `folder` and returns its directory. `record` is what it has recorded of its data. */
export function finishedRun(folder: string, { card, store }: Model, config: object, record: object = {}): string {
  const { path } = createRun(folder, {
    name: 'finished',
    seed: 1,
    config: checkConfig(config) as unknown as Json,
    facts: { data: { name: 'data', sources: [], splits: {}, ...record } },
  });
  writeFileSync(join(path, 'model.json'), JSON.stringify(card));
  writeSafetensors(join(path, 'model.safetensors'), { ...store.parameters, ...store.statistics });
  const hashOf = (name: string): string => sha256(readFileSync(join(path, name)));
  writeSums(path, { 'model.json': hashOf('model.json'), 'model.safetensors': hashOf('model.safetensors') });
  return path;
}
