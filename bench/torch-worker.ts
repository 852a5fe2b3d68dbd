/** A Python process with PyTorch that runs the anchors of the workloads, one request at a time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface TorchWorker {
  readonly version: string;
  /** Makes an anchor ready: a module of `torch/` and the options of its `prepare`. */
  prepare(module: string, options: object): Promise<void>;
  /** Runs so many steps; their times in ms. */
  run(steps: number): Promise<number[]>;
  close(): void;
}

type Answer = { torch: string } | { times: number[] };

export async function startTorch(python: string, threads: number): Promise<TorchWorker> {
  const folder = fileURLToPath(new URL('torch/', import.meta.url));
  const child = spawn(python, ['-u', 'worker.py', String(threads)], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <A extends Answer>(request: object): Promise<A> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done) throw new Error(`PyTorch ended at the request ${JSON.stringify(request)}`);
    return JSON.parse(value) as A;
  };
  return {
    version: 'unknown',
    async prepare(module, options) {
      await ask({ prepare: module, options });
    },
    run: async (steps) => (await ask<{ times: number[] }>({ run: steps })).times,
    close: () => child.stdin.end(),
  };
}
