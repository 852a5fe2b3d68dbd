/** Our implementation and the anchors in alternating blocks, so that other load on the machine affects all alike. */
import { type AnchorWorker } from './anchor-worker.js';
import { type Workload } from './workload.js';

export interface Comparison {
  workload: string;
  /** Median of all steps, like all times. */
  oursMs: number;
  /** The fastest anchor. */
  anchor: string;
  anchorMs: number;
  /** oursMs / anchorMs. */
  ratio: number;
  /** Billions of floating-point operations per second, if counted. */
  gigaflops?: number;
}

export interface CompareOptions {
  /** Number of blocks per side. */
  blocks: number;
}

/** Compares a workload with its anchors, each of which needs its own worker: memory layouts must not share caches. */
export async function compare(
  workload: Workload,
  workers: readonly AnchorWorker[],
  { blocks }: CompareOptions,
): Promise<Comparison> {
  const { name, anchors, block = 5, warmUp = block } = workload;
  const ours = await workload.prepare();
  let index = 0;
  const runOurs = (steps: number): number[] =>
    Array.from({ length: steps }, () => {
      const start = performance.now();
      ours.step(index++);
      return performance.now() - start;
    });
  for (const [i, { module, options }] of anchors.entries()) await workers[i]!.prepare(module, options);
  const sides = [
    (steps: number) => Promise.resolve(runOurs(steps)),
    ...anchors.map((_, i) => (steps: number) => workers[i]!.run(steps)),
  ];

  for (const [i, side] of sides.entries()) await side(i === 0 ? warmUp : block);
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round < blocks; round++) {
    for (const [i, side] of sides.entries()) times[i]!.push(...(await side(block)));
  }
  ours.dispose();
  const [oursMs, ...anchorsMs] = times.map(median) as [number, ...number[]];
  const anchorMs = Math.min(...anchorsMs);
  return {
    workload: name,
    oursMs,
    anchor: anchors[anchorsMs.indexOf(anchorMs)]!.name,
    anchorMs,
    ratio: oursMs / anchorMs,
    ...(workload.gigaOperations && { gigaflops: workload.gigaOperations / (oursMs / 1000) }),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
