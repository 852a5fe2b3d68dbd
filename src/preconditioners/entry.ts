/** An entry of the catalogue of preconditioners: its options, how it is built, and its summary. */
import { z } from 'zod';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';
import { type Part } from '../parts/catalogue.js';
import { type Triple } from './contract.js';
import { DEFAULT_MEMORY } from './memory.js';

/** One row in the list of preconditioners. */
export interface PreconditionerSummary {
  readonly name: string;
  readonly triple: Triple;
  /** Size of the state, for a layer with i inputs and o outputs, p = i·o, or for all P parameters. */
  readonly state: string;
  /** Work in addition to the gradient of a batch of N. */
  readonly cost: string;
  readonly reference: string;
}

export interface PreconditionerEntry<S extends z.ZodObject = z.ZodObject>
  extends PreconditionerSummary, Part<S, TrainingSetting, Link> {}

/** An entry whose `create` receives options of the schema's type. */
export function preconditioner<S extends z.ZodObject>(entry: PreconditionerEntry<S>): PreconditionerEntry<S> {
  return entry;
}

export const damping = (value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().positive('damping must be a positive number').default(value).describe('λ, added to the curvature');
export const interval = (value: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(1).default(value).describe('updates of a parameter between two refreshes of its inverse');

export const memoryOption: z.ZodDefault<z.ZodNumber> = z
  .number()
  .positive()
  .default(DEFAULT_MEMORY)
  .describe('bytes that a full matrix and its inverse may take; more is refused');

const klOption = z
  .union([z.number().positive(), z.literal('none')])
  .describe("bound of the squared length of a step in the metric of the curvature, or 'none'");

/** The options of methods built from what the layers see. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type of a schema is inferred
export function layeredOptions({
  lambda = 1e-3,
  decay = 0,
  every = 10,
  kl,
}: { lambda?: number; decay?: number; every?: number; kl?: number } = {}) {
  return {
    damping: damping(lambda),
    interval: interval(every),
    statisticsInterval: z
      .int()
      .min(1)
      .optional()
      .describe('updates of a parameter between two measurements of the layers; `interval` by default'),
    warmUp: z
      .int()
      .min(0)
      .default(0)
      .describe('first updates of a parameter, in each of which everything is refreshed'),
    decay: z
      .number()
      .min(0)
      .lt(1)
      .default(decay)
      .describe('share of the running statistics that is kept in a measurement; 0 uses each batch on its own'),
    klClip: kl === undefined ? klOption.optional() : klOption.default(kl),
  };
}
