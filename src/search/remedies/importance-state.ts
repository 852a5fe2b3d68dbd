/**
 * The state of importance sampling in a search: gradient norms of options, distances of outputs from labels, and the
 * probabilities of this epoch.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { type Json } from '../../operations/operation.js';
import { type Child } from '../../supernet/child.js';
import { type NamedTensors } from '../../tensor/named.js';
import { stream } from '../../tensor/rng.js';
import { tf, tidy, type Tensor, type Tensor2D } from '../../tensor/tf.js';
import {
  cumulative,
  drawExamples,
  listedBy,
  mixed,
  optionShares,
  type PathDistribution,
  pathDistribution,
} from './importance.js';

export interface ImportanceOptions {
  readonly paths: boolean;
  readonly data: boolean;
  readonly strength: number;
}

export interface ImportanceSetting<A> {
  readonly space: SearchSpace<A>;
  readonly seed: number;
  readonly epochs: number;
  /** Number of training examples. */
  readonly examples: number;
  /** The architectures that may be drawn, if not all of the space. */
  readonly listed?: readonly A[] | undefined;
}

export interface Importance<A = unknown> {
  readonly watchesPaths: boolean;
  readonly watchesData: boolean;
  /** Called before the first step of an epoch: computes probabilities from what was seen so far. */
  startEpoch(epoch: number): void;
  /** How architectures are drawn in this epoch; undefined if without importance sampling. */
  paths(): PathDistribution<A> | undefined;
  /** The examples of a batch and their weights; undefined if drawn without importance sampling. */
  examples(epoch: number, step: number, count: number): { places: Uint32Array; weights: Float32Array } | undefined;
  /** Records the gradients of a step whose loss had this weight. */
  seeGradients(child: Child<A>, gradients: NamedTensors, weight: number): void;
  /** Records the logits of the examples at these indices. */
  seeOutputs(places: Uint32Array, logits: Tensor, labels: Tensor): void;
  snapshot(): Json;
  restore(saved: Json): void;
}

interface State {
  epoch: number;
  /**
   * For each option: sum and count of gradient norms in this epoch, and the mean of the last epoch in which it was
   * trained.
   */
  norms: { sum: number; count: number; last: number | null }[][];
  shares: number[][] | null;
  /** Distance of each example's last output from its label, and this epoch's probabilities. */
  seen: Float32Array;
  probabilities: Float32Array | null;
}

/** The importance sampling of a search, in its initial state. */
export function createImportance<A>(
  { paths, data, strength }: ImportanceOptions,
  { space, seed, epochs, examples, listed = paths ? listedBy(space) : undefined }: ImportanceSetting<A>,
): Importance<A> {
  const options = optionParameters(space);
  let state: State = {
    epoch: 0,
    norms: space.cardinalities.map((count) => Array.from({ length: count }, () => ({ sum: 0, count: 0, last: null }))),
    shares: null,
    seen: new Float32Array(data ? examples : 0).fill(1),
    probabilities: null,
  };
  let distribution: PathDistribution<A> | undefined;
  let sums: Float64Array | undefined;
  const settle = (): void => {
    distribution = state.shares ? pathDistribution(space, state.shares, listed) : undefined;
    sums = state.probabilities ? cumulative(state.probabilities) : undefined;
  };
  return {
    watchesPaths: paths,
    watchesData: data,
    startEpoch(epoch) {
      const t = (strength * epoch) / epochs;
      state.epoch = epoch;
      for (const option of state.norms.flat()) {
        if (option.count > 0) option.last = option.sum / option.count;
        [option.sum, option.count] = [0, 0];
      }
      const isPlain = t === 0;
      state.shares =
        paths && !isPlain
          ? state.norms.map((row) =>
              optionShares(
                row.map(({ last }) => last ?? undefined),
                t,
              ),
            )
          : null;
      state.probabilities = data && !isPlain ? Float32Array.from(mixed([...state.seen], t)) : null;
      settle();
    },
    paths: () => distribution,
    examples: (epoch, step, count) =>
      state.probabilities && sums
        ? drawExamples(state.probabilities, sums, count, stream(seed, 'importance', epoch, step))
        : undefined,
    seeGradients({ architecture }, gradients, weight) {
      const genotype = space.genotype(architecture);
      const seen = genotype.flatMap((value, slot) => {
        const names = options[slot]![value]!.filter((name) => gradients[name]);
        return names.length > 0 ? [{ option: state.norms[slot]![value]!, names }] : [];
      });
      if (seen.length === 0) return;
      const norms = tidy(() =>
        tf
          .sqrt(tf.stack(seen.map(({ names }) => tf.addN(names.map((name) => tf.sum(tf.square(gradients[name]!)))))))
          .dataSync(),
      );
      seen.forEach(({ option }, i) => {
        if (!Number.isFinite(norms[i]!)) return;
        option.sum += norms[i]! / weight;
        option.count++;
      });
    },
    seeOutputs(places, logits, labels) {
      if (logits.shape[0] !== places.length) return;
      const distances = tidy(() => {
        const truth = tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!);
        return tf.norm(tf.sub(tf.softmax(logits as Tensor2D), truth), 'euclidean', 1).dataSync();
      });
      places.forEach((at, i) => {
        if (Number.isFinite(distances[i]!)) state.seen[at] = distances[i]!;
      });
    },
    snapshot: () => ({
      ...structuredClone({ epoch: state.epoch, norms: state.norms, shares: state.shares }),
      seen: toText(state.seen),
      probabilities: state.probabilities && toText(state.probabilities),
    }),
    restore(saved) {
      const { seen, probabilities, ...rest } = structuredClone(saved) as unknown as Omit<
        State,
        'seen' | 'probabilities'
      > & {
        seen: string;
        probabilities: string | null;
      };
      state = { ...rest, seen: fromText(seen), probabilities: probabilities === null ? null : fromText(probabilities) };
      settle();
    },
  };
}

const toText = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
const fromText = (text: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
};

/** Names of the weights of the operations that each option of each slot enables. */
function optionParameters<A>({ supernet: { graph }, cardinalities }: SearchSpace<A>): string[][][] {
  const found = cardinalities.map((count) => Array.from({ length: count }, () => new Set<string>()));
  graph.forEachEdge((_edge, { guard }, source) => {
    const attributes = graph.getNodeAttributes(source);
    if (!guard || attributes.kind !== 'operation') return;
    const owner = attributes.weightsOf ?? source;
    const locals = [...attributes.built.values()].flatMap(({ parameters }) => Object.keys(parameters));
    for (const { slot, value, not } of guard.terms)
      if (!not) for (const local of locals) found[slot]![value]!.add(`${owner}/${local}`);
  });
  return found.map((row) => row.map((names) => [...names]));
}
