/** Turns a traced step into what a trainer returns: its numbers are read here. */
import { disposeNamed } from '../tensor/named.js';
import { type TrainerStep } from './chain.js';
import { type StepMoment } from './moment.js';
import { type OptimizerState, withChanges } from './state.js';
import { GRADIENT_NORM, type Plan, type SkippedStep, type TracedStep } from './trace-step.js';

/** The step with its numbers; takes ownership of the traced step's tensors. */
export function readStep(
  { parameters, state: written, changes, loss, measured, reported, ...rest }: TracedStep,
  state: OptimizerState,
  moment: StepMoment,
  { learningRate }: Pick<Plan, 'learningRate'>,
): TrainerStep {
  const metrics: Record<string, number> = { learningRate: learningRate(moment.step), ...reported };
  for (const [name, value] of Object.entries(measured)) metrics[name] = value.dataSync()[0]!;
  const value = loss.dataSync()[0]!;
  loss.dispose();
  disposeNamed(measured);
  return {
    parameters,
    state: withChanges(state, written, changes, moment),
    loss: value,
    metrics: GRADIENT_NORM in metrics ? { ...metrics, skipped: 0 } : metrics,
    ...rest,
  };
}

/** A step in which nothing moved because a gradient was not finite. */
export function skippedStep(
  { link, loss, gradientNorm, gradientEvaluations }: SkippedStep,
  state: OptimizerState,
  { step }: StepMoment,
  { learningRate }: Pick<Plan, 'learningRate'>,
): TrainerStep {
  const key = `${link}/skipped`;
  return {
    parameters: {},
    state: { ...state, counts: { ...state.counts, [key]: (state.counts[key] ?? 0) + 1 } },
    loss,
    gradientEvaluations,
    metrics: {
      learningRate: learningRate(step),
      ...(gradientNorm !== undefined && { gradientNorm }),
      skipped: 1,
    },
    notes: [],
  };
}
