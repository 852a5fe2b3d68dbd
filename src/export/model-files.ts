/** A graph model as the files that `tf.loadGraphModel` fetches. */
import { type GraphModel } from './graph-model.js';

/** Browsers cache files up to this size. */
const SHARD_BYTES = 4 * 1024 * 1024;

/** `model.json` and its weights, in shards. */
export function modelFiles({ weightData, weightSpecs, ...model }: GraphModel): Record<string, Uint8Array | string> {
  const count = Math.max(1, Math.ceil(weightData.byteLength / SHARD_BYTES));
  const shards = Array.from(
    { length: count },
    (_, i) =>
      [
        `group1-shard${i + 1}of${count}.bin`,
        new Uint8Array(weightData.slice(i * SHARD_BYTES, (i + 1) * SHARD_BYTES)),
      ] as const,
  );
  const { format, generatedBy, ...rest } = model;
  const json = {
    format,
    generatedBy,
    convertedBy: null,
    ...rest,
    weightsManifest: [{ paths: shards.map(([name]) => name), weights: weightSpecs }],
  };
  return { 'model.json': `${JSON.stringify(json)}\n`, ...Object.fromEntries(shards) };
}
