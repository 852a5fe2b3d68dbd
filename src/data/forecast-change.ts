/** Forecasts of a number as its change from the last row of the window. */
import { exampleSize } from './dataset.js';
import { type Normalization } from './normalization.js';
import { type Split } from './split.js';
import { type TargetScaling } from './targets.js';

/**
 * Where the predicted number of a forecast stands in the rows of a window, and the units of its changes: factors from
 * normalized inputs to inputs of the network (`input`) and to its outputs (`output`).
 */
export interface ForecastChange {
  readonly column: number;
  readonly input: number;
  readonly output: number;
}

/** Changes smaller than this share of the values' own deviation would be lost in float32. */
const SMALLEST = 1e-4;

/**
 * The units of the changes in the training part, and the scaling of the predicted number that suits them: y =
 * output·std + mean, where output minus the scaled last value has a mean of 0 and a deviation of 1. `scaling` is that
 * of the values.
 */
export function measureChange(
  { examples: { images }, indices, inputShape, targets }: Split,
  column: number,
  { mean, std }: Normalization,
  scaling: TargetScaling,
): { change: ForecastChange; scaling: TargetScaling } {
  const [, steps, columns] = inputShape;
  const size = exampleSize(inputShape);
  const at = (example: number, step: number): number => images[indices[example]! * size + step * columns + column]!;
  const count = indices.length;
  let [sum, square, distance] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const last = at(i, steps - 1);
    sum += targets![i]! - last;
    for (let step = 0; step < steps - 1; step++) distance += (at(i, step) - last) ** 2;
  }
  const drift = sum / count;
  for (let i = 0; i < count; i++) square += (targets![i]! - at(i, steps - 1) - drift) ** 2;
  const deviation = Math.max(Math.sqrt(square / count), SMALLEST * scaling.std[0]!);
  const spread = std[column]!;
  const apart = Math.max(Math.sqrt(distance / (count * (steps - 1))), SMALLEST * spread);
  return {
    change: { column, input: spread / apart, output: spread / deviation },
    scaling: { names: scaling.names, mean: [mean[column]! + drift], std: [deviation] },
  };
}
