/** Networks as rows of numbers, for any space. */
import { multiplyAddCount, parameterCount } from '../graph/cost.js';
import { type SearchSpace } from '../graph/define-space.js';
import { sampleDistinct } from '../graph/sample-distinct.js';
import { WeftError } from '../errors.js';
import { type Operation } from '../operations/operation.js';
import { type ChoiceSpace } from '../space/choice-space.js';
import { isOneOf } from '../space/choice.js';
import { largestOf } from '../statistics/extremes.js';
import { stream } from '../tensor/rng.js';

export interface Encoding<A> {
  /** The meaning of each number. */
  readonly names: readonly string[];
  encode(architecture: A): number[];
}

/**
 * Every choice one-hot, and how often each option is chosen over all decisions that offer it: what a linear model needs
 * this to learn that another convolution helps anywhere. An ordinal choice is two numbers: its position on the scale,
 * and the squared distance of that from the middle, so that a linear model can prefer a position between the ends.
 */
export function choiceEncoding<A>(space: ChoiceSpace<A>): Encoding<A> {
  const { cardinalities, decisions, genotype } = space;
  const scales = new Map(
    decisions.flatMap(({ choice, offset }) => (isOneOf(choice) && choice.places ? [[offset, choice.places]] : [])),
  );
  const offsets: number[] = [];
  let width = 0;
  for (const [slot, cardinality] of cardinalities.entries()) {
    offsets.push(width);
    width += scales.has(slot) ? 2 : cardinality;
  }
  const options: string[] = [];
  /** For each slot and value, the index of its count; undefined if the choice has no named options. */
  const counted = cardinalities.map((): number[] | undefined => undefined);
  for (const { choice, offset } of decisions) {
    if (!isOneOf(choice) || choice.places) continue;
    counted[offset] = choice.options.map((option) => {
      const name = String(option);
      if (!options.includes(name)) options.push(name);
      return options.indexOf(name);
    });
  }
  return {
    names: [
      ...cardinalities.flatMap((cardinality, slot) =>
        scales.has(slot)
          ? [`place of slot ${slot}`, `distance of slot ${slot} from the middle`]
          : Array.from({ length: cardinality }, (_, value) => `slot ${slot} is ${value}`),
      ),
      ...options.map((option) => `number of ${option}`),
    ],
    encode(architecture) {
      const row = Array.from({ length: width + options.length }, () => 0);
      genotype(architecture).forEach((value, slot) => {
        const places = scales.get(slot);
        if (places) {
          const place = places[value]!;
          row[offsets[slot]!] = place;
          row[offsets[slot]! + 1] = (2 * place - 1) ** 2;
          return;
        }
        row[offsets[slot]! + value] = 1;
        const place = counted[slot]?.[value];
        if (place !== undefined) row[width + place]!++;
      });
      return row;
    },
  };
}

/**
 * Features of the child's graph, restricted to operations whose results reach the head: the logarithms of its
 * parameters and multiply-adds, its nodes, its joins, the logarithm of the number of paths from input to head, the
 * longest path, and for each distinct operation its total count and its maximum count on a single path.
 */
export function graphEncoding<A>(space: SearchSpace<A>): Encoding<A> {
  const { graph, order } = space.supernet;
  const places = new Map<string, number>();
  const know = (key: string): void => void (places.has(key) || places.set(key, places.size));
  let families = false;
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind !== 'operation') continue;
    if (node.member) families = true;
    else know(signature(node.operation));
    for (const { operation } of node.elastic ?? []) know(signature(operation));
  }
  // Families of operations can only be found from sampled networks.
  if (families)
    for (const { architecture } of sampleDistinct(space, SAMPLES, stream('graph-encoding')))
      for (const node of space.activate(architecture))
        if (node.kind === 'operation') for (const row of rowsOf(node.operation)) know(row.at(-1)!);
  const kinds = [...places.keys()];
  return {
    names: [
      'log parameters',
      'log multiply-adds',
      'nodes',
      'joins',
      'log ways',
      'longest way',
      ...kinds.map((kind) => `number of ${kind}`),
      ...kinds.map((kind) => `most ${kind} on one path`),
    ],
    encode(architecture) {
      const nodes = space.activate(architecture);
      const counts = kinds.map(() => 0);
      const ways = new Map<string, Ways>();
      let joins = 0;
      for (const node of nodes) {
        const below = joinWays(
          node.inputs.flatMap((input) => ways.get(input) ?? []),
          kinds.length,
        );
        if (node.kind === 'combine') joins += node.inputs.length - 1;
        if (node.kind === 'operation') {
          const rows = rowsOf(node.operation);
          const most = new Map<string, number>();
          for (const row of rows) {
            const key = row.at(-1)!;
            const place = places.get(key);
            if (place !== undefined) counts[place]!++;
            most.set(key, Math.max(most.get(key) ?? 0, row.filter((one) => one === key).length));
          }
          for (const [key, times] of most) {
            const place = places.get(key);
            if (place !== undefined) below.most[place]! += times;
          }
          below.longest += largestOf(rows.map((row) => row.length));
        }
        ways.set(node.name, below);
      }
      const head = ways.get(nodes.at(-1)!.name)!;
      return [
        Math.log1p(parameterCount(nodes)),
        Math.log1p(knownMultiplyAdds(nodes)),
        nodes.length,
        joins,
        Math.log(head.count),
        head.longest,
        ...counts,
        ...head.most,
      ];
    },
  };
}

/** 0 if an operation does not report its own. */
function knownMultiplyAdds(nodes: Parameters<typeof multiplyAddCount>[0]): number {
  try {
    return multiplyAddCount(nodes);
  } catch (error) {
    if (error instanceof WeftError && error.code === 'unsupported') return 0;
    throw error;
  }
}

/**
 * All paths from the input to a node: their number, and the largest number of operations, of each kind and in total, on
 * one of them.
 */
interface Ways {
  count: number;
  longest: number;
  most: number[];
}

function joinWays(inputs: readonly Ways[], kinds: number): Ways {
  const most = Array.from({ length: kinds }, () => 0);
  let [count, longest] = [0, 0];
  for (const one of inputs) {
    count += one.count;
    longest = Math.max(longest, one.longest);
    one.most.forEach((value, kind) => (most[kind] = Math.max(most[kind]!, value)));
  }
  return { count: inputs.length === 0 ? 1 : count, longest, most };
}

/** Random networks of a space in which families are identified. */
const SAMPLES = 60;

/**
 * The components of an operation: the operation itself or, for a recurrent cell, every path from its entry to one of
 * its nodes, by their activations. Each sequence is one of them and ends with its last component.
 */
function rowsOf(operation: Operation): string[][] {
  const { cell } = operation.config as { cell?: unknown };
  const walk = (tree: unknown, before: readonly string[]): string[][] => {
    const [activation, ...readers] = tree as [string, ...string[]];
    const row = [...before, `${operation.kind} ${activation}`];
    return [row, ...readers.flatMap((reader) => walk(JSON.parse(reader), row))];
  };
  return Array.isArray(cell) ? walk(cell, []) : [[signature(operation)]];
}

const signature = ({ kind, config }: Operation): string => `${kind} ${JSON.stringify(config)}`;

export interface PathOptions {
  /** Maximum number of consecutive operations in a path. Default 3: complete paths through a cell of four nodes. */
  readonly length?: number;
  /** Maximum number of distinct paths, the most frequent ones. Default 256. */
  readonly paths?: number;
  /** Number of random networks in which paths are collected. Default 200. */
  readonly samples?: number;
}

/**
 * Which paths the child's graph contains: one indicator for each sequence of up to `length` consecutive operations on a
 * path from input to head. Complete paths from input to output, as in BANANAS (White et al. 2021, arXiv 1910.11858,
 * section 4), are among these in a single cell, but would be too many in networks of many cells. As there, the encoding
 * is truncated to the paths that random networks have most often; those that occur in all of them carry no information.
 */
export function pathEncoding<A>(
  space: SearchSpace<A>,
  { length = 3, paths = 256, samples = 200 }: PathOptions = {},
): Encoding<A> {
  const frequency = new Map<string, number>();
  const drawn = sampleDistinct(space, samples, stream('path-encoding'));
  for (const { architecture } of drawn)
    for (const path of pathsOf(space, architecture, length)) frequency.set(path, (frequency.get(path) ?? 0) + 1);
  const names = [...frequency]
    .filter(([, count]) => count < drawn.length)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, paths)
    .map(([path]) => path);
  return {
    names,
    encode(architecture) {
      const found = pathsOf(space, architecture, length);
      return names.map((path) => (found.has(path) ? 1 : 0));
    },
  };
}

const STEP = ' > ';

/** Every sequence of up to `length` consecutive operations in the child. */
function pathsOf<A>(space: SearchSpace<A>, architecture: A, length: number): Set<string> {
  /** For each node, the sequences that end there, by length. */
  const ending = new Map<string, readonly ReadonlySet<string>[]>();
  const all = new Set<string>();
  for (const node of space.activate(architecture)) {
    const before = Array.from({ length }, (_, i) => {
      const joined = new Set<string>();
      for (const input of node.inputs) for (const path of ending.get(input)?.[i] ?? []) joined.add(path);
      return joined;
    });
    if (node.kind !== 'operation') {
      ending.set(node.name, before);
      continue;
    }
    const here = Array.from({ length }, () => new Set<string>());
    for (const row of rowsOf(node.operation))
      for (let from = 0; from < row.length; from++) {
        const own = row.slice(from);
        if (own.length <= length) here[own.length - 1]!.add(own.join(STEP));
        if (from > 0) continue;
        // A sequence from the first component on continues with the predecessors of the operation.
        for (let i = 0; i + own.length < length; i++)
          for (const path of before[i]!) here[i + own.length]!.add([path, ...own].join(STEP));
      }
    for (const rows of here) for (const path of rows) all.add(path);
    ending.set(node.name, here);
  }
  return all;
}

/** Two encodings concatenated. */
export function joinEncodings<A>(a: Encoding<A>, b: Encoding<A>): Encoding<A> {
  return {
    names: [...a.names, ...b.names],
    encode: (architecture) => [...a.encode(architecture), ...b.encode(architecture)],
  };
}
