/** All preconditioners by name: the list, the configuration schema, and building one from a configuration. */
import { type z } from 'zod';
import { catalogue, summaries } from '../parts/catalogue.js';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';
import { type PreconditionerSummary } from './entry.js';
import { custom, ekfac, eva, foof, ingd, kfac, ngd, seng, skfac, smwNg, tkfac } from './methods/kfac.js';
import { own } from './methods/own.js';
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
  own,
] as const;

const preconditioners = catalogue('preconditioner', entries);

type AnyEntry = (typeof entries)[number];

/** A preconditioner with its options; omitted options have defaults. */
export type PreconditionerConfigInput = z.input<AnyEntry['schema']>;
export type PreconditionerConfigOutput = z.output<AnyEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface PreconditionerSchema extends z.ZodType<PreconditionerConfigOutput, PreconditionerConfigInput> {}

export const preconditionerSchema: PreconditionerSchema = preconditioners.schema;

/** Summaries of all built-in preconditioners. */
export const PRECONDITIONERS: readonly PreconditionerSummary[] = summaries<AnyEntry>(entries).filter(
  ({ name }) => name !== 'own',
);

/** The preconditioner that a configuration describes. Throws WeftError('config') for an unknown name or option. */
export function createPreconditioner(config: PreconditionerConfigInput, setting: TrainingSetting): Link {
  return preconditioners.create(config, setting);
}
