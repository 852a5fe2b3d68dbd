/** Networks as rows of numbers, for any space. */
import { multiplyAddCount, parameterCount } from '../graph/cost.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Operation } from '../operations/operation.js';
import { type ChoiceSpace } from '../space/choice-space.js';
import { isOneOf } from '../space/choice.js';

export interface Encoding<A> {
  /** What each number says. */
  readonly names: readonly string[];
  encode(architecture: A): number[];
}

/**
 * Every choice one-hot, and how often each option is chosen over all decisions that offer it: what a linear model needs to know that another
 * convolution helps wherever it stands.
 */
export function choiceEncoding<A>(space: ChoiceSpace<A>): Encoding<A> {
  const { cardinalities, decisions, genotype } = space;
  const offsets: number[] = [];
  let width = 0;
  for (const cardinality of cardinalities) {
    offsets.push(width);
    width += cardinality;
  }
  const options: string[] = [];
  /** Of each slot and value, the place of its count; undefined where the choice has no named options. */
  const counted = cardinalities.map((): number[] | undefined => undefined);
  for (const { choice, offset } of decisions) {
    if (!isOneOf(choice)) continue;
    counted[offset] = choice.options.map((option) => {
      const name = String(option);
      if (!options.includes(name)) options.push(name);
      return options.indexOf(name);
    });
  }
  return {
    names: [
      ...cardinalities.flatMap((cardinality, slot) =>
        Array.from({ length: cardinality }, (_, value) => `slot ${slot} is ${value}`),
      ),
      ...options.map((option) => `number of ${option}`),
    ],
    encode(architecture) {
      const row = Array.from({ length: width + options.length }, () => 0);
      genotype(architecture).forEach((value, slot) => {
        row[offsets[slot]! + value] = 1;
        const place = counted[slot]?.[value];
        if (place !== undefined) row[width + place]!++;
      });
      return row;
    },
  };
}

/**
 * What the child's graph says, in which only those operations stand whose results reach the head: the logarithms of its parameters and multiply-adds, its nodes,
 * its joins, the logarithm of the number of ways from input to head, the longest way, and of each different operation how
 * often it occurs and how often at most on one way.
 */
export function graphEncoding<A>(space: SearchSpace<A>): Encoding<A> {
  const { graph, order } = space.supernet;
  const places = new Map<string, number>();
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind !== 'operation') continue;
    const key = signature(node.operation);
    if (!places.has(key)) places.set(key, places.size);
  }
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
      ...kinds.map((kind) => `most ${kind} on one way`),
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
          const place = places.get(signature(node.operation));
          if (place !== undefined) {
            counts[place]!++;
            below.most[place]!++;
          }
          below.longest++;
        }
        ways.set(node.name, below);
      }
      const head = ways.get(nodes.at(-1)!.name)!;
      return [
        Math.log1p(parameterCount(nodes)),
        Math.log1p(multiplyAddCount(nodes)),
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

/** All ways from the input to a node: how many there are, and the most operations, of each kind and in all, on one of them. */
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

const signature = ({ kind, config }: Operation): string => `${kind} ${JSON.stringify(config)}`;

/** Two encodings side by side. */
export function joinEncodings<A>(a: Encoding<A>, b: Encoding<A>): Encoding<A> {
  return {
    names: [...a.names, ...b.names],
    encode: (architecture) => [...a.encode(architecture), ...b.encode(architecture)],
  };
}
