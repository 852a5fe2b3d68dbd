/**
 * Where a preconditioner goes in: between the gradient and the optimizer that steps with it. The preconditioners themselves are
 * a room of their own, to the right of this one, which puts them in here when it is loaded.
 */
import { z } from 'zod';
import { type TrainingSetting } from './entry.js';
import { type Trainer } from './trainer.js';

/** A preconditioner with its options. */
export interface PreconditionerConfig {
  readonly name: string;
}

/** What there is of preconditioners: the schema of their options, and the trainer with one before it. */
export interface PreconditionerRoom {
  readonly schema: z.ZodType<PreconditionerConfig>;
  precondition(trainer: Trainer, config: PreconditionerConfig, setting: TrainingSetting): Trainer;
}

let room: PreconditionerRoom | undefined;

/** Makes the preconditioners known to all optimizers. */
export function providePreconditioners(provided: PreconditionerRoom): void {
  room = provided;
}

const NONE: z.ZodType<PreconditionerConfig> = z
  .strictObject({ name: z.string() })
  .refine(() => false, 'no preconditioners are loaded: import src/preconditioners/index.ts');

/** The `preconditioner` option of the optimizers that take the gradient as it is. */
export const preconditionerOption: z.ZodOptional<z.ZodLazy<z.ZodType<PreconditionerConfig>>> = z
  .lazy(() => room?.schema ?? NONE)
  .optional();

/** The trainer on preconditioned gradients, or itself where none is wanted. */
export function withPreconditioner(
  trainer: Trainer,
  config: PreconditionerConfig | undefined,
  setting: TrainingSetting,
): Trainer {
  return config ? room!.precondition(trainer, config, setting) : trainer;
}
