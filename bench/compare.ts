/** Ours and the anchors in alternating blocks, so that whatever else the machine does hits all alike. */
import { type TorchWorker } from './torch-worker.js';
import { type Workload } from './workload.js';

export interface Comparison {
  workload: string;
  oursMs: number;
  /** The fastest anchor. */
  anchor: string;
  anchorMs: number;
  /** oursMs / anchorMs. */
  ratio: number;
}

export interface CompareOptions {
  /** Blocks of each side. */
  blocks?: number;
  /** Steps before the first block that counts. */
  warmUp?: number;
}

/** Medians over all steps of all blocks. Each anchor needs a worker of its own. */
export async function compare(workload: Workload, workers: readonly TorchWorker[], { blocks = 6, warmUp = 5 }: CompareOptions = {}): Promise<Comparison> {
  const { step, dispose } = workload.prepare();
  const block = workload.block ?? 5;
  let index = 0;
  const runOurs = (steps: number): number[] => Array.from({ length: steps }, () => {
    const start = performance.now();
    step(index++);
    return performance.now() - start;
  });
  for (const [i, { module, options }] of workload.anchors.entries()) await workers[i]!.prepare(module, options);
  const sides = [(steps: number) => Promise.resolve(runOurs(steps)), ...workload.anchors.map((_, i) => (steps: number) => workers[i]!.run(steps))];
  for (const side of sides) await side(warmUp);
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round < blocks; round++) {
    for (const [i, side] of sides.entries()) times[i]!.push(...(await side(block)));
  }
  dispose();
  const [oursMs, ...anchorsMs] = times.map(median) as [number, ...number[]];
  const anchorMs = Math.min(...anchorsMs);
  const anchor = workload.anchors[anchorsMs.indexOf(anchorMs)]!.name;
  return { workload: workload.name, oursMs, anchor: `PyTorch, ${anchor}`, anchorMs, ratio: oursMs / anchorMs };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
