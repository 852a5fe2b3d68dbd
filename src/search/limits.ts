/**
 * Limits on the network that is found. They become constraints of the space, so that everything that respects
 * constraints respects them: every strategy, random sampling, mutation. They apply to the network as retrained.
 */
import { type SearchConfig } from '../config/schema.js';
import { unknownNameHint, WeftError } from '../errors.js';
import { peakActivationBytes } from '../graph/activation-memory.js';
import { multiplyAddCount, parameterCount, weightBytes } from '../graph/cost.js';
import { type ActiveNode } from '../graph/activate.js';
import { type SearchSpace } from '../graph/define-space.js';
import { isOneOf } from '../space/choice.js';
import { stream } from '../tensor/rng.js';
import { type CostTables } from './costs.js';
import { energyLookup } from './energy.js';
import { latencyOf } from './latency.js';

export type Limits = SearchConfig['limits'];

interface Measure<A> {
  readonly limit: number;
  readonly words: string;
  readonly field: string;
  of(nodes: readonly ActiveNode[], architecture: A): number;
}

/** Number of draws after which no architecture within the limits is assumed to exist. */
const DRAWS = 2000;
const MAX_REMEMBERED = 20_000;

/**
 * The space with the limits as constraints, or the space itself if there are none. Throws WeftError('config') if
 * `DRAWS` random architectures all exceed them, with the smallest values seen.
 */
export function limitSpace<A>(whole: SearchSpace<A>, limits: Limits, tables: CostTables, seed: number): SearchSpace<A> {
  const space = limits.options ? limitOptions(whole, limits.options) : whole;
  const measures = measuresOf(space, limits, tables);
  if (measures.length === 0) return space;
  const final = space.forRetraining();
  const known = new Map<string, readonly number[]>();
  const costs = (architecture: A): readonly number[] => {
    const key = space.genotype(architecture).join();
    let found = known.get(key);
    if (!found) {
      const nodes = final.activate(architecture);
      found = measures.map((measure) => measure.of(nodes, architecture));
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(key, found);
    }
    return found;
  };
  requireSome(space, measures, costs, seed);
  return space.constrain(
    measures.map(({ words, limit }, i) => ({
      name: `at most ${show(limit)} ${words}`,
      holds: (architecture) => costs(architecture)[i]! <= limit,
    })),
  );
}

/**
 * The space restricted to the given options of some choices. Throws WeftError('config') for a choice or an option that
 * it does not have.
 */
function limitOptions<A>(space: SearchSpace<A>, allowed: NonNullable<Limits['options']>): SearchSpace<A> {
  return space.constrain(
    Object.entries(allowed).map(([path, wanted]) => {
      const decision = space.decisions.find((one) => one.path === path);
      if (!decision || !isOneOf(decision.choice))
        throw new WeftError(
          'config',
          `limits.options: '${space.name}' has no choice '${path}' between options`,
          unknownNameHint(
            path,
            space.decisions.flatMap((one) => (isOneOf(one.choice) ? [one.path] : [])),
          ),
        );
      const known = decision.choice.options.map(String);
      const stray = wanted.find((option) => !known.includes(String(option)));
      if (stray !== undefined)
        throw new WeftError(
          'config',
          `limits.options: '${path}' of '${space.name}' has no option '${stray}'`,
          `it chooses among ${known.join(', ')}`,
        );
      const values = new Set(wanted.map((option) => known.indexOf(String(option))));
      return {
        name: `${path} is ${wanted.join(' or ')}`,
        holds: (architecture) => values.has(space.genotype(architecture)[decision.offset]!),
      };
    }),
  );
}

function measuresOf<A>(
  space: SearchSpace<A>,
  { parameters, multiplyAdds, latencyMs, energyMj, activationBytes, fileBytes }: Limits,
  { latencies, energies }: CostTables,
): Measure<A>[] {
  const energyOf = energyMj === undefined ? undefined : energyLookup(space, energies!);
  return [
    ...(parameters === undefined
      ? []
      : [{ limit: parameters, words: 'parameters', field: 'limits.parameters', of: parameterCount }]),
    ...(multiplyAdds === undefined
      ? []
      : [{ limit: multiplyAdds, words: 'multiply-adds', field: 'limits.multiplyAdds', of: multiplyAddCount }]),
    ...(latencyMs === undefined
      ? []
      : [
          {
            limit: latencyMs,
            words: 'ms latency',
            field: 'limits.latencyMs',
            of: (nodes: readonly ActiveNode[]) => latencyOf(nodes, latencies!),
          },
        ]),
    ...(energyMj === undefined
      ? []
      : [
          {
            limit: energyMj,
            words: 'mJ energy',
            field: 'limits.energyMj',
            of: (_nodes: readonly ActiveNode[], architecture: A) => energyOf!(architecture),
          },
        ]),
    ...(activationBytes === undefined
      ? []
      : [
          {
            limit: activationBytes,
            words: 'bytes of activation memory',
            field: 'limits.activationBytes',
            of: peakActivationBytes,
          },
        ]),
    ...(fileBytes === undefined
      ? []
      : [{ limit: fileBytes, words: 'bytes of weights', field: 'limits.fileBytes', of: weightBytes }]),
  ];
}

function requireSome<A>(
  space: SearchSpace<A>,
  measures: readonly Measure<A>[],
  costs: (architecture: A) => readonly number[],
  seed: number,
): void {
  const rng = stream(seed, 'limits');
  const least = measures.map(() => Infinity);
  for (let draw = 0; draw < DRAWS; draw++) {
    const found = costs(space.sample(rng));
    if (found.every((cost, i) => cost <= measures[i]!.limit)) return;
    found.forEach((cost, i) => (least[i] = Math.min(least[i]!, cost)));
  }
  const beyond = measures
    .map(({ words, limit }, i) => `${show(least[i]!)} ${words} where ${show(limit)} are allowed`)
    .join('; ');
  throw new WeftError(
    'config',
    `none of ${DRAWS} random architectures of '${space.name}' is within the limits: the smallest values found are ${beyond}`,
    `raise ${measures.map(({ field }) => field).join(' or ')}, or make the space smaller (fewer layers, fewer filters)`,
  );
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)));
}
