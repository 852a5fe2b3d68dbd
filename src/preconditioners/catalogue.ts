/** All preconditioners by name: the list, the schema of a configuration, and building one from it. */
import { z } from 'zod';
import { unknownNameHint, WeftError } from '../errors.js';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';
import { type PreconditionerSummary } from './entry.js';
import { custom, ekfac, eva, foof, ingd, kfac, ngd, seng, skfac, smwNg, tkfac } from './methods/kfac.js';
import { absNewton, adaHessian, curveball, hessianFree, kBfgs, lBfgs, newton } from './methods/products.js';
import { mfac, muon, psgd, shampoo, soap } from './methods/tensors.js';

const entries = [
  ngd,
  kfac,
  ekfac,
  tkfac,
  foof,
  skfac,
  eva,
  smwNg,
  seng,
  ingd,
  custom,
  shampoo,
  soap,
  psgd,
  mfac,
  muon,
  newton,
  absNewton,
  hessianFree,
  curveball,
  adaHessian,
  kBfgs,
  lBfgs,
] as const;

type AnyEntry = (typeof entries)[number];

/** A preconditioner with its options; what is left out has a default. */
export type PreconditionerConfigInput = z.input<AnyEntry['schema']>;
export type PreconditionerConfigOutput = z.output<AnyEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface PreconditionerSchema extends z.ZodType<PreconditionerConfigOutput, PreconditionerConfigInput> {}

export const preconditionerSchema: PreconditionerSchema = z.discriminatedUnion(
  'name',
  entries.map(({ schema }) => schema) as never,
);

/** What there is to say about every preconditioner. */
export const PRECONDITIONERS: readonly PreconditionerSummary[] = entries.map(
  ({ name, triple, state, cost, reference }) => ({ name, triple, state, cost, reference }),
);

/** The preconditioner that a configuration describes. Throws WeftError('config') on a name or an option that does not exist. */
export function createPreconditioner(config: PreconditionerConfigInput, setting: TrainingSetting): Link {
  const entry = entries.find(({ name }) => name === config.name);
  if (!entry)
    throw new WeftError(
      'config',
      `there is no preconditioner '${String((config as { name: unknown }).name)}'`,
      unknownNameHint(
        String((config as { name: unknown }).name),
        entries.map(({ name }) => name),
      ),
    );
  const parsed = entry.schema.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WeftError(
      'config',
      `the preconditioner '${entry.name}' cannot take ${issue!.path.join('.')}: ${issue!.message}`,
      `options: ${Object.keys(entry.schema.shape).join(', ')}`,
    );
  }
  return (entry.create as (options: unknown, setting: TrainingSetting) => Link)(parsed.data, setting);
}
