/**
 * Latency by table: every operation of a space is timed alone, once, and a child's latency is the sum over its operations (as in
 * ProxylessNAS, Cai et al. 2019, section 3.3). The table is kept with the run, so that a resumed search decides as the first one would.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type ActiveNode } from '../graph/activate.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type BuiltOperation, type Context, type Operation, type Shape } from '../operations/operation.js';
import { readSealedJson, sealJson, stopwatch, writeFileAtomic } from '../runs/index.js';
import { median } from '../statistics/index.js';
import { stream } from '../tensor/rng.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';

const tableSchema = z.object({
  /** Examples in the batch that was timed. */
  batchSize: z.int().min(1),
  /** Milliseconds of each operation on its input shapes, by `keyOf`; of each join of two inputs, by `joinKey`. */
  milliseconds: z.record(z.string(), z.number()),
});

export type LatencyTable = z.output<typeof tableSchema>;

const WARM_UP = 3;
const TIMED = 15;

/** Median time of each operation of the space on one batch, evaluating, with the present backend. */
export function measureLatency(space: SearchSpace, batchSize: number): LatencyTable {
  const { graph, order } = space.supernet;
  const milliseconds: Record<string, number> = {};
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind === 'operation') {
      const all =
        node.elastic ?? [...node.built].map(([shapes, built]) => ({ operation: node.operation, shapes, built }));
      for (const { operation, shapes, built } of all)
        milliseconds[keyOf(operation, shapes)] ??= timeOperation(built, shapes, batchSize);
    } else if (node.kind === 'combine') {
      for (const shape of node.shapes) milliseconds[joinKey(shape)] ??= timeJoin(shape, batchSize);
    }
  }
  return { batchSize, milliseconds };
}

/** Milliseconds of a child by the table; a join of n inputs counts as n - 1 joins of two. */
export function latencyOf(nodes: readonly ActiveNode[], { milliseconds }: LatencyTable): number {
  const shapes = new Map(nodes.map(({ name, output }) => [name, output.join('x')]));
  return nodes.reduce((sum, node) => {
    if (node.kind === 'input') return sum;
    const key =
      node.kind === 'operation'
        ? keyOf(node.operation, node.inputs.map((input) => shapes.get(input)).join())
        : joinKey(node.output);
    const one = milliseconds[key];
    if (one === undefined)
      throw new WeftError(
        'run',
        `the latency table has no '${key}'`,
        'the table was measured for another space or other options: start a new run',
      );
    return sum + one * (node.kind === 'operation' ? 1 : node.inputs.length - 1);
  }, 0);
}

/** The run's table: read where there is one, else measured and written. */
export function latencyTableOf(run: string, measure: () => LatencyTable): LatencyTable {
  const path = join(run, 'latency.json');
  if (!existsSync(path)) {
    const table = measure();
    writeFileAtomic(path, sealJson({ formatVersion: 2, ...table }, 2));
    return table;
  }
  const parsed = tableSchema.safeParse(readSealedJson(path, REMEDY));
  if (!parsed.success) throw new WeftError('run', `${path} is no latency table`, REMEDY);
  return parsed.data;
}

const REMEDY = 'put back the original, or start a new run';

/** Operation and input shapes: two nodes with the same key compute the same, on other weights. */
function keyOf({ kind, config }: Operation, shapes: string): string {
  return `${kind} ${JSON.stringify(config)} ${shapes}`;
}

function joinKey(shape: Shape): string {
  return `join ${shape.join('x')}`;
}

function timeOperation(
  { parameters, statistics = {}, forward }: BuiltOperation,
  shapes: string,
  batchSize: number,
): number {
  const values = new Map<string, Tensor>();
  const context: Context = {
    mode: { training: false, normalization: 'running' },
    parameter: (local) => values.get(local)!,
    statistic: (local) => values.get(local)!,
    record: () => {},
    state: () => undefined,
    carry: () => {},
    random: () => stream('latency'),
    values: (shape) => tf.ones([...shape]),
  };
  const inputs = shapes.split(',').map((shape) => tf.ones([batchSize, ...shape.split('x').map(Number)]));
  for (const [local, { shape }] of [...Object.entries(parameters), ...Object.entries(statistics)])
    values.set(local, tf.fill([...shape], 0.1));
  try {
    return timed(() => forward(inputs, context));
  } finally {
    tf.dispose([...inputs, ...values.values()]);
  }
}

function timeJoin(shape: Shape, batchSize: number): number {
  const [a, b] = [tf.ones([batchSize, ...shape]), tf.ones([batchSize, ...shape])];
  try {
    return timed(() => tf.addN([a, b]));
  } finally {
    tf.dispose([a, b]);
  }
}

/** Median milliseconds of a computation, to its end: its last value is read. */
function timed(compute: () => Tensor): number {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + TIMED; i++) {
    const watch = stopwatch();
    tidy(() => {
      const result = compute();
      tf.slice(tf.reshape(result, [-1]), [result.size - 1], [1]).dataSync();
    });
    if (i >= WARM_UP) times.push(1000 * watch.elapsed());
  }
  return median(times);
}
