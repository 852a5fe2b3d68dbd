/**
 * Penalties (α/2) Σ F (θ - θ̂)² on shared weights: one Fisher information F and one anchor θ̂ per weight, whatever the
 * number of
 * architectures (Benyahia, Yu et al. 2019, arXiv 1902.08232, equation 8). Only weights of the trained architecture
 * move, and only
 * what an earlier one has trained has an F; so private weights and weights that were never sampled have no penalty.
 *
 * The proximal step minimizes penalty plus distance to where the optimizer went, θ <- θ + k/(1+k) (θ̂ - θ) with k = lr
 * α F,
 * and is stable for any α; the explicit one, θ <- θ - k (θ_before - θ̂), diverges for k > 2.
 */
import { z } from 'zod';
import { type Json, type ParameterSpec } from '../operations/operation.js';
import { type Movement, type SettleEach } from '../chain/link.js';
import { catalogue } from '../supernet/catalogue.js';
import { readSlice, sliceSpec, wholeName, writeSlice } from '../supernet/slices.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { alphaAt, type AlphaOptions, alphaOptions } from './alpha.js';
import { FISHER_BINS } from './events.js';
import { averaged, type FisherAverageOptions, fisherSchema, type Spread, spreadOut } from './fisher-average.js';
import {
  type Regularizer,
  type RegularizerSetting,
  type RegularizerStatus,
  type TensorRecord,
  type TrainedArchitecture,
} from './regularizer.js';
import { type Scope, scopeOption, watchedBy } from './scope.js';

export const quadraticOptions = {
  ...alphaOptions,
  step: z
    .enum(['proximal', 'explicit', 'loss'])
    .default('proximal')
    .describe(
      "after the optimizer's step, implicitly or explicitly; 'loss' adds to the gradient before clipping, as the first published code does",
    ),
  scope: scopeOption,
  start: z.int().min(0).default(0).describe('first epoch in which Fisher information is estimated'),
  fisher: fisherSchema.prefault({}).describe('how the importance of each weight is estimated'),
};

export interface QuadraticOptions extends AlphaOptions {
  readonly step: 'proximal' | 'explicit' | 'loss';
  readonly scope: Scope;
  readonly start: number;
  readonly fisher: FisherAverageOptions;
}

export interface QuadraticRule {
  readonly name: string;
  readonly spread?: Spread;
  /**
   * What the penalty pulls towards: the weights as last trained, or the minimum of the sum of all earlier penalties.
   */
  readonly anchor?: 'latest' | 'weighted';
  /** α multiplies the stored information at each update, as in the first published code, instead of the loss. */
  readonly alphaInside?: boolean;
}

/** Totals of a tensor: its current F, and what happened to it in this epoch. */
interface Totals {
  sum: number;
  largest: number;
  trained: number;
  drift: number;
  relativeDrift: number;
  damage: number;
  clipped: boolean;
}

interface State {
  epoch: number;
  updates: number;
  penalty: number;
  totals: Record<string, Totals>;
}

export function quadratic(
  options: QuadraticOptions,
  { name, spread = 'as-estimated', anchor = 'latest', alphaInside = false }: QuadraticRule,
  setting: RegularizerSetting,
): Regularizer {
  const watched = watchedBy(options.scope, setting);
  const isWatched = new Set(watched);
  const fisher: Record<string, Tensor> = {};
  const anchors: Record<string, Tensor> = {};
  let state: State = { epoch: 0, updates: 0, penalty: 0, totals: {} };
  const alpha = (): number => (state.epoch < options.start ? 0 : alphaAt(options, state.epoch));
  /** Factor of F in the loss. */
  const strength = (): number => (alphaInside && alpha() > 0 ? 1 : alpha());
  /** Those of these weights, or slices of weights, for which F and an anchor exist. */
  const remembered = (names: readonly string[]): string[] =>
    names.filter((parameter) => fisher[wholeName(parameter)] !== undefined);
  const { parameters: specs } = catalogue(setting.space.supernet);
  /** The memory of a weight, or of a slice of one, which is then a new tensor. */
  const recalled = (owner: NamedTensors, parameter: string): Tensor => {
    const spec = sliceSpec(parameter, specs);
    return spec ? readSlice(owner[wholeName(parameter)]!, spec) : owner[parameter]!;
  };

  const replace = (owner: Record<string, Tensor>, parameter: string, value: Tensor): void => {
    owner[parameter]?.dispose();
    owner[parameter] = tf.keep(value);
  };
  const clear = (): void => {
    tf.dispose([...Object.values(fisher), ...Object.values(anchors)]);
    for (const parameter of Object.keys(fisher)) {
      delete fisher[parameter];
      delete anchors[parameter];
    }
  };

  const each: SettleEach = {
    given: { memory: 2, numbers: 2 },
    recall: (weight, learningRate) =>
      fisher[wholeName(weight)] && learningRate * strength() !== 0
        ? [recalled(anchors, weight), recalled(fisher, weight)]
        : undefined,
    numbers(learningRate) {
      const rate = learningRate * strength();
      return [rate, 1 / rate];
    },
    value(before, after, [pull, importance], [k, inverse]) {
      if (options.step === 'explicit') return tf.sub(after, tf.mul(tf.mul(importance!, k!), tf.sub(before, pull!)));
      // k F/(1 + k F) = F/(1/k + F)
      return tf.add(after, tf.mul(tf.div(importance!, tf.add(importance!, inverse!)), tf.sub(pull!, after)));
    },
  };

  /** Penalty and drift of the remembered weights, before the memory changes. */
  const assess = (names: readonly string[], { parameters, slices }: TrainedArchitecture): void => {
    state.penalty = 0;
    for (const parameter of names) {
      const read = (owner: NamedTensors): Values => valuesOf(owner[parameter]!, slices?.get(parameter));
      const { drift, size, weighted } = distances(read(parameters), read(anchors), read(fisher));
      const totals = state.totals[parameter]!;
      totals.drift += drift;
      totals.relativeDrift += drift / Math.max(size, 1e-30);
      totals.damage += weighted / 2;
      state.penalty += (strength() * weighted) / 2;
    }
  };

  const update = (
    { parameters, fisher: estimate, architecture, slices }: TrainedArchitecture,
    names: readonly string[],
  ): void => {
    const estimated = estimate();
    // Entries that the architecture does not read enter neither its mean nor the memory.
    const read = (owner: NamedTensors, parameter: string): Float32Array =>
      valuesOf(owner[parameter]!, slices?.get(parameter));
    const fresh = spreadOut(Object.fromEntries(names.map((parameter) => [parameter, read(estimated, parameter)])), {
      normalize: options.fisher.normalize,
      spread,
      seed: [setting.seed, architecture, state.updates],
    });
    disposeNamed(estimated);
    const norms = names.map((parameter) => {
      const whole = parameters[parameter]!;
      const spec = slices?.get(parameter);
      const past = fisher[parameter] && read(fisher, parameter);
      const { value, norm } = averaged(past, fresh[parameter]!, options.fisher);
      const stored = alphaInside ? value.map((one) => one * alpha()) : value;
      const pull =
        anchor === 'weighted' && past
          ? weightedMean(past, read(anchors, parameter), fresh[parameter]!, read(parameters, parameter))
          : undefined;
      tidy(() => {
        const asTensor = (values: Float32Array): Tensor => tf.tensor(values, [...(spec?.shape ?? whole.shape)]);
        const now = pull ? asTensor(pull) : sliceOf(whole, spec);
        replace(fisher, parameter, inWhole(fisher[parameter] ?? tf.zerosLike(whole), asTensor(stored), spec));
        replace(anchors, parameter, inWhole(anchors[parameter] ?? whole, now, spec));
      });
      return norm;
    });
    names.forEach((parameter, i) => {
      const totals = (state.totals[parameter] ??= {
        sum: 0,
        largest: 0,
        trained: 0,
        drift: 0,
        relativeDrift: 0,
        damage: 0,
        clipped: false,
      });
      Object.assign(totals, {
        ...sumAndLargest(fisher[parameter]!.dataSync()),
        trained: totals.trained + 1,
        clipped: totals.clipped || norms[i]! > (options.fisher.clipNorm ?? Infinity),
      });
    });
    state.updates++;
  };

  return {
    name,
    watched,
    scope: options.scope,
    knowsSlices: true,
    fisher: { kind: options.fisher.kind, examples: options.fisher.examples, batches: options.fisher.batches },
    explicit: options.step === 'explicit',
    startEpoch(epoch) {
      state.epoch = epoch;
      for (const totals of Object.values(state.totals))
        Object.assign(totals, { trained: 0, drift: 0, relativeDrift: 0, damage: 0, clipped: false });
      const { resetEvery } = options.fisher;
      if (resetEvery === 0 || epoch % resetEvery !== 0) return;
      clear();
      state.totals = {};
    },
    ...(options.step === 'loss' && {
      penalty(parameters: NamedTensors) {
        const names = remembered(Object.keys(parameters));
        if (strength() === 0 || names.length === 0) return undefined;
        return tidy(() =>
          Object.fromEntries(
            names.map((parameter) => [
              parameter,
              tf.mul(
                tf.mul(recalled(fisher, parameter), strength()),
                tf.sub(parameters[parameter]!, recalled(anchors, parameter)),
              ),
            ]),
          ),
        );
      },
    }),
    ...(options.step !== 'loss' && {
      settleEach: each,
      settle: ({ before, after, learningRate }: Movement) =>
        tidy(() => {
          const numbers = each.numbers(learningRate).map((number) => tf.scalar(number));
          const settled = Object.entries(after).flatMap(([name, weight]) => {
            const memory = each.recall(name, learningRate);
            return memory ? [[name, each.value(before[name]!, weight, memory, numbers)] as const] : [];
          });
          return Object.fromEntries(settled);
        }),
    }),
    remember(trained) {
      const names = trained.parameterNames.filter((parameter) => isWatched.has(parameter));
      assess(remembered(names), trained);
      if (state.epoch >= options.start) update(trained, names);
    },
    status(): RegularizerStatus {
      const all = Object.values(state.totals);
      return {
        alpha: alpha(),
        penalty: state.penalty,
        fisherTrace: all.reduce((total, { sum }) => total + sum, 0),
        known: Object.keys(state.totals),
        zero: Object.keys(state.totals).filter((parameter) => state.totals[parameter]!.sum === 0),
        largestFisher:
          (strength() / Math.max(alpha(), 1e-30)) * all.reduce((most, { largest }) => Math.max(most, largest), 0),
      };
    },
    tensors: () => {
      const histograms = histogramsOf(fisher);
      return Object.entries(state.totals).map(
        ([parameter, { sum, trained, drift, relativeDrift, damage, clipped }]): TensorRecord => ({
          name: parameter,
          trained,
          fisherSum: sum,
          fisherLog10Histogram: histograms[parameter] ?? [],
          drift: drift / Math.max(trained, 1),
          relativeDrift: relativeDrift / Math.max(trained, 1),
          predictedDamage: damage / Math.max(trained, 1),
          clipped,
        }),
      );
    },
    snapshot: () => ({
      tensors: { ...prefixed('fisher', fisher), ...prefixed('anchor', anchors) },
      state: structuredClone(state) as unknown as Json,
    }),
    restore({ tensors, state: saved }) {
      clear();
      state = structuredClone(saved) as unknown as State;
      for (const [key, tensor] of Object.entries(tensors)) {
        const [kind, ...rest] = key.split('/');
        (kind === 'fisher' ? fisher : anchors)[rest.join('/')] = tf.keep(tf.clone(tensor));
      }
    },
    dispose: clear,
  };
}

type Values = ArrayLike<number>;

/** The part of a tensor that is read; the tensor itself if that is all of it. */
const sliceOf = (tensor: Tensor, spec: ParameterSpec | undefined): Tensor => (spec ? readSlice(tensor, spec) : tensor);

/** The values of that part: computing with them takes less time than a kernel for each of many small tensors. */
const valuesOf = (tensor: Tensor, spec: ParameterSpec | undefined): Float32Array =>
  tidy(() => sliceOf(tensor, spec).dataSync() as Float32Array);

/** A new tensor: `part`, or a copy of `whole` with it in place of the slice. */
const inWhole = (whole: Tensor, part: Tensor, spec: ParameterSpec | undefined): Tensor =>
  spec ? writeSlice(whole, spec, part) : tf.clone(part);

/** Σ (x - y)², Σ y² and Σ F (x - y)². */
function distances(x: Values, y: Values, fisher: Values): { drift: number; size: number; weighted: number } {
  let [drift, size, weighted] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const square = (x[i]! - y[i]!) ** 2;
    drift += square;
    size += y[i]! ** 2;
    weighted += fisher[i]! * square;
  }
  return { drift, size, weighted };
}

function sumAndLargest(values: Values): { sum: number; largest: number } {
  let [sum, largest] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    largest = Math.max(largest, values[i]!);
  }
  return { sum, largest };
}

/** The x that minimizes a(x - p)² + b(x - q)²; q if both are zero. */
function weightedMean(a: Values, p: Values, b: Values, q: Float32Array): Float32Array {
  return q.map((last, i) => last + (a[i]! / Math.max(a[i]! + b[i]!, 1e-30)) * (p[i]! - last));
}

function prefixed(kind: string, tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([parameter, tensor]) => [`${kind}/${parameter}`, tensor]));
}

/** Counts of log10 F by decade, for each tensor; zeros are left out. */
function histogramsOf(fisher: NamedTensors): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(fisher).map(([parameter, tensor]) => {
      const counts = Array.from({ length: FISHER_BINS.length + 1 }, () => 0);
      for (const value of tensor.dataSync()) {
        if (value <= 0) continue;
        counts[Math.min(FISHER_BINS.length, Math.max(0, Math.floor(Math.log10(value) - FISHER_BINS[0]! + 1)))]!++;
      }
      return [parameter, counts];
    }),
  );
}
