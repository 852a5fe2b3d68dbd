/** A Python process that runs the workloads' PyTorch counterparts (anchors), one request at a time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface AnchorWorker {
  /** Version of PyTorch. */
  readonly torch: string;
  /** Prepares an anchor: a module of `anchors/` and the options of its `prepare`. */
  prepare(module: string, options: object): Promise<void>;
  /** Runs this many steps; returns their times in ms. */
  run(steps: number): Promise<number[]>;
  close(): void;
}

export async function startWorker(python: string, threads: number): Promise<AnchorWorker> {
  const cwd = fileURLToPath(new URL('anchors/', import.meta.url));
  const child = spawn(python, ['-B', '-u', 'worker.py', String(threads)], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<{ torch?: string; times?: number[] }> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done) throw new Error(`${python} ended before it answered`);
    return JSON.parse(line.value) as { torch?: string; times?: number[] };
  };
  const ask = async (request: object): Promise<number[]> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return (await answer()).times!;
  };
  return {
    torch: (await answer()).torch!,
    async prepare(module, options) {
      await ask({ prepare: module, options });
    },
    run: (steps) => ask({ run: steps }),
    close: () => child.stdin.end(),
  };
}
