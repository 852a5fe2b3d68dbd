/**
 * Latency from a table: every operation of a space is timed once, in isolation, on this machine or on another device,
 * and a child's latency is the sum over its operations (as in ProxylessNAS, Cai et al. 2019, section 3.3). The table is
 * kept with the run, so that a resumed search makes the same decisions.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type ActiveNode } from '../graph/activate.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type BuiltOperation, type Context, type Operation, type Shape } from '../operations/operation.js';
import { stopwatch } from '../runs/index.js';
import { largestOf, median } from '../statistics/index.js';
import { availableBytes } from '../tensor/memory.js';
import { stream } from '../tensor/rng.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { keptTable } from './kept-table.js';

const tableSchema = z.object({
  /** Number of examples in the timed batch. */
  batchSize: z.int().min(1),
  /** Milliseconds of each operation on its input shapes, by `keyOf`; of each join of two inputs, by `joinKey`. */
  milliseconds: z.record(z.string(), z.number()),
  /** Milliseconds of any network without its operations; 0 if not measured. */
  base: z.number().optional(),
  /** The device that it was measured on, if not this machine. */
  device: z.string().optional(),
  /** Error of its sums on whole networks there. */
  error: z
    .object({
      networks: z.int().min(1),
      /** Mean of |sum - measured| / measured. */
      relative: z.number(),
      /** Absent for fewer than two networks, and for equal ones. */
      spearman: z.number().optional(),
    })
    .optional(),
});

export type LatencyTable = z.output<typeof tableSchema>;

const WARM_UP = 3;
const TIMED = 15;

/** A unit that is timed in isolation: an operation on inputs of certain shapes, or a join of two values. */
export interface TimedOperation {
  /** Its key in the table. */
  readonly key: string;
  /** Input shapes of one example. */
  readonly inputs: readonly Shape[];
  /** Shapes of the weights and running statistics that it reads, by their local names. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** inputs [N, ...shape] -> [N, ...output], evaluating. */
  compute(inputs: readonly Tensor[], weight: (local: string) => Tensor): Tensor;
}

/** Every operation of the space on every input shape that can occur, and every join, each once. */
export function timedOperations(space: SearchSpace): TimedOperation[] {
  const { graph, order } = space.supernet;
  const found = new Map<string, TimedOperation>();
  const add = (one: TimedOperation): void => void (found.has(one.key) || found.set(one.key, one));
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind === 'operation') {
      const all =
        node.elastic ?? [...node.built].map(([shapes, built]) => ({ operation: node.operation, shapes, built }));
      for (const { operation, shapes, built } of all) add(operationOf(keyOf(operation, shapes), shapes, built));
    } else if (node.kind === 'combine') {
      for (const shape of node.shapes)
        add({ key: joinKey(shape), inputs: [shape, shape], weights: {}, compute: (inputs) => tf.addN([...inputs]) });
    }
  }
  return [...found.values()];
}

function operationOf(key: string, shapes: string, built: BuiltOperation): TimedOperation {
  const { parameters, statistics = {}, forward } = built;
  const context = (weight: (local: string) => Tensor): Context => ({
    mode: { training: false, normalization: 'running' },
    parameter: weight,
    statistic: weight,
    record: () => {},
    state: () => undefined,
    carry: () => {},
    random: () => stream('latency'),
    values: (shape) => tf.ones([...shape]),
  });
  return {
    key,
    inputs: shapes.split(',').map((shape) => shape.split('x').map(Number)),
    weights: Object.fromEntries(
      Object.entries({ ...parameters, ...statistics }).map(([local, { shape }]) => [local, shape]),
    ),
    compute: (inputs, weight) => forward(inputs, context(weight)),
  };
}

/**
 * Measures the median time of each operation of the space on one batch, in evaluation mode, with the current backend.
 */
export function measureLatency(space: SearchSpace, batchSize: number): LatencyTable {
  const operations = timedOperations(space);
  requireMemory(operations, batchSize);
  return {
    batchSize,
    milliseconds: Object.fromEntries(operations.map((one) => [one.key, timeOperation(one, batchSize)])),
  };
}

/** Throws WeftError('config') if the inputs of one operation on such a batch exceed the memory of this machine. */
function requireMemory(operations: readonly TimedOperation[], batchSize: number): void {
  const bytes = ({ inputs }: TimedOperation): number =>
    4 * inputs.reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0);
  const most = Math.floor(availableBytes() / largestOf(operations.map(bytes)));
  if (batchSize > most)
    throw new WeftError(
      'config',
      `a batch of ${batchSize} examples for measuring the latency does not fit into the memory of this machine`,
      `set limits.latencyBatchSize to at most ${most}, better to the size of batch that the network will be used with`,
    );
}

/** Milliseconds of a child according to the table; a join of n inputs counts as n - 1 joins of two. */
export function latencyOf(nodes: readonly ActiveNode[], { milliseconds, base = 0 }: LatencyTable): number {
  return latencyTerms(nodes).reduce((sum, [key, times]) => {
    const one = milliseconds[key];
    if (one === undefined)
      throw new WeftError(
        'run',
        `the latency table has no '${key}'`,
        'the table was measured for another space or other options: start a new run',
      );
    return sum + times * one;
  }, base);
}

/**
 * The table entries that add up to a child's latency, and how often each; a join of n inputs counts as n - 1 joins of
 * two.
 */
export function latencyTerms(nodes: readonly ActiveNode[]): (readonly [key: string, times: number])[] {
  const shapes = new Map(nodes.map(({ name, output }) => [name, output.join('x')]));
  return nodes.flatMap((node) => {
    if (node.kind === 'input') return [];
    if (node.kind === 'combine') return [[joinKey(node.output), node.inputs.length - 1] as const];
    return [[keyOf(node.operation, node.inputs.map((input) => shapes.get(input)).join()), 1] as const];
  });
}

/** The run's table: read if there is one, else measured and written. */
export const latencyTableOf = (run: string, measure: () => LatencyTable): LatencyTable =>
  keptTable(join(run, 'latency.json'), 'a latency table', tableSchema, measure);

/** Operation and input shapes: two nodes with the same key compute the same, on other weights. */
function keyOf({ kind, config }: Operation, shapes: string): string {
  return `${kind} ${JSON.stringify(config)} ${shapes}`;
}

function joinKey(shape: Shape): string {
  return `join ${shape.join('x')}`;
}

function timeOperation({ inputs, weights, compute }: TimedOperation, batchSize: number): number {
  const ones = inputs.map((shape) => tf.ones([batchSize, ...shape]));
  const values = new Map(Object.entries(weights).map(([local, shape]) => [local, tf.fill([...shape], 0.1)]));
  try {
    return timed(() => compute(ones, (local) => values.get(local)!));
  } finally {
    tf.dispose([...ones, ...values.values()]);
  }
}

/** Median milliseconds of a computation, including reading its last value. */
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
