/**
 * The contract of regularizers against forgetting: a link of the chain that trains the shared weights, whose memory
 * outlasts its steps. A search calls it around each sampled architecture, for which architectures learn from the batch,
 * and for what to remember once the architecture is trained. If it settles weights after a step, neither a
 * preconditioner nor a perturbed gradient is affected.
 */
import { type z } from 'zod';
import { type Link, type Movement } from '../chain/link.js';
import { type FisherKind } from '../curvature/index.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Json, type ParameterSpec } from '../operations/operation.js';
import { type Part } from '../parts/catalogue.js';
import { type OwnParts } from '../parts/own.js';
import { type NamedTensors } from '../tensor/named.js';

/** An architecture's share in the loss of a step; the shares of a mixture sum to one. */
export interface LossShare {
  /** Text encoding. */
  readonly architecture: string;
  readonly weight: number;
}

export interface TrainedArchitecture {
  /** Text encoding. */
  readonly architecture: string;
  readonly parameterNames: readonly string[];
  /** All shared weights, borrowed. */
  readonly parameters: NamedTensors;
  /** For the weights of which the architecture may read only a slice, what it reads; it reads all others whole. */
  readonly slices?: ReadonlyMap<string, ParameterSpec> | undefined;
  /** Estimates the Fisher information of the architecture's weights; owned by the caller. */
  fisher(): NamedTensors;
}

/** The state of a regularizer, for events and warnings, over the weights of the architecture trained last. */
export interface RegularizerStatus {
  /** Strength in this epoch. */
  readonly alpha: number;
  /** Penalty in nats before the last `remember`. */
  readonly penalty: number;
  /** Totals of everything that is remembered. */
  readonly fisherTrace: number;
  readonly largestFisher: number;
  /** Watched weights that are remembered, and those of them whose Fisher information is zero. */
  readonly known: readonly string[];
  readonly zero: readonly string[];
}

/** What has happened to a watched tensor in this epoch. */
export interface TensorRecord {
  readonly name: string;
  readonly trained: number;
  readonly fisherSum: number;
  readonly fisherLog10Histogram: number[];
  readonly drift: number;
  readonly relativeDrift: number;
  readonly predictedDamage: number;
  readonly clipped: boolean;
}

export interface Regularizer extends Link {
  /** What is estimated after each architecture; undefined if no Fisher information is needed. */
  readonly fisher?: { readonly kind: FisherKind; readonly examples: number; readonly batches: number };
  /** Short name of the set of watched weights. */
  readonly scope?: string;
  /** Names of the watched weights. */
  readonly watched: readonly string[];
  /**
   * Whether it supports slices: in a step of an elastic space it then receives slices of weights under their keys
   * (`sliceKey`), and remembers only the entries that an architecture has trained.
   */
  readonly knowsSlices?: boolean;
  /** Whether explicit steps can diverge. */
  readonly explicit?: boolean;
  /** Called before the first architecture of each epoch. */
  startEpoch(epoch: number): void;
  /** The shares of a step's loss, the trained architecture's first; undefined if only that counts. */
  mixture?(architecture: string, step: number): readonly LossShare[] | undefined;
  settle?(movement: Movement): NamedTensors;
  /** Called after the last step of an architecture. */
  remember(trained: TrainedArchitecture): void;
  status(): RegularizerStatus;
  /** Statistics of this epoch; empty for regularizers without Fisher information. */
  tensors(): TensorRecord[];
  /** Borrowed tensors and plain state: everything that a resumed search needs. */
  snapshot(): { readonly tensors: NamedTensors; readonly state: Json };
  /** Continues from a snapshot; its tensors are borrowed. */
  restore(saved: { readonly tensors: NamedTensors; readonly state: Json }): void;
  dispose(): void;
}

/** What a regularizer knows about the search that it is built for. */
export interface RegularizerSetting {
  readonly seed: number | string;
  readonly space: SearchSpace;
  /** The user's own regularizers, which configurations refer to by name. */
  readonly own?: OwnParts | undefined;
}

export interface RegularizerSummary {
  readonly name: string;
  /** One line. */
  readonly formula: string;
  /** Additional cost of a step. */
  readonly cost: string;
  readonly reference: string;
}

export interface RegularizerEntry<S extends z.ZodObject = z.ZodObject>
  extends RegularizerSummary, Part<S, RegularizerSetting, Regularizer> {}

/** An entry whose `create` receives options of the schema's type. */
export function regularizer<S extends z.ZodObject>(entry: RegularizerEntry<S>): RegularizerEntry<S> {
  return entry;
}

/** The initial totals. */
export const AT_REST: RegularizerStatus = {
  alpha: 0,
  penalty: 0,
  fisherTrace: 0,
  largestFisher: 0,
  known: [],
  zero: [],
};
