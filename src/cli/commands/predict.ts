/** `weft predict`: predictions of a run's trained network for new pictures or rows. */
import {
  type LoadedLabeller,
  type LoadedModel,
  type LoadedRegressor,
  loadEither,
  type NamedPrediction,
} from '../../api/predict.js';
import { WeftError } from '../../errors.js';
import { type BackendName } from '../../tensor/backend.js';
import { type TrustOptions } from '../../api/trust.js';
import { createOutput, type Output } from '../output.js';

export interface PredictOptions extends TrustOptions {
  /** Also the probability of every class. */
  readonly probabilities?: boolean;
  readonly backend?: BackendName;
  readonly json?: boolean;
}

/**
 * Prints label and probability, or the predicted numbers, for each picture or row: CSV, or one JSON object per line.
 */
export async function predict(
  directory: string,
  paths: readonly string[],
  { probabilities = false, backend, json = false, ...trust }: PredictOptions,
): Promise<void> {
  const output = createOutput({ json });
  const loaded = await loadEither(directory, {
    backend,
    onWarning: (message) => process.stderr.write(`careful: ${message}\n`),
    ...trust,
  });
  if ('regressor' in loaded) sayNumbers(loaded.regressor, paths, output, { run: directory, probabilities, json });
  else if ('labeller' in loaded) sayLabels(loaded.labeller, paths, output, { probabilities, json });
  else sayClasses(loaded.classifier, paths, output, { probabilities, json });
}

function sayClasses(
  model: LoadedModel,
  paths: readonly string[],
  output: Output,
  { probabilities, json }: { probabilities: boolean; json: boolean },
): void {
  try {
    const predictions = model.predictFiles(paths);
    if (!json)
      output.say(
        row(['name', 'label', 'probability', ...(probabilities ? model.classNames.map((name) => `p(${name})`) : [])]),
      );
    for (const prediction of predictions)
      if (json) output.emit({ type: 'prediction', ...asObject(prediction, model.classNames, probabilities) });
      else
        output.say(
          row([
            prediction.name,
            prediction.label,
            rounded(prediction.probability),
            ...(probabilities ? prediction.probabilities.map(rounded) : []),
          ]),
        );
  } finally {
    model.dispose();
  }
}

/** The predicted labels, separated by semicolons, or as an array. */
function sayLabels(
  model: LoadedLabeller,
  paths: readonly string[],
  output: Output,
  { probabilities: all, json }: { probabilities: boolean; json: boolean },
): void {
  try {
    const { labelNames } = model;
    const predictions = model.predictFiles(paths);
    if (!json) output.say(row(['name', 'labels', ...(all ? labelNames.map((name) => `p(${name})`) : [])]));
    for (const { name, labels, probabilities } of predictions)
      if (json)
        output.emit({
          type: 'prediction',
          name,
          labels,
          ...(all && { probabilities: Object.fromEntries(labelNames.map((one, i) => [one, probabilities[i]])) }),
        });
      else output.say(row([name, labels.join(';'), ...(all ? probabilities.map(rounded) : [])]));
  } finally {
    model.dispose();
  }
}

function sayNumbers(
  model: LoadedRegressor,
  paths: readonly string[],
  output: Output,
  { run, probabilities, json }: { run: string; probabilities: boolean; json: boolean },
): void {
  try {
    if (probabilities)
      throw new WeftError(
        'config',
        `${run} predicts numbers, which have no probabilities`,
        'leave out --probabilities',
      );
    const predictions = model.predictFiles(paths);
    if (!json) output.say(row(['name', ...model.targets]));
    for (const { name, values } of predictions)
      if (json) output.emit({ type: 'prediction', name, values });
      else output.say(row([name, ...model.targets.map((target) => shown(values[target]!))]));
  } finally {
    model.dispose();
  }
}

function asObject(
  { name, label, probability, probabilities }: NamedPrediction,
  classNames: readonly string[],
  all: boolean,
): object {
  return {
    name,
    label,
    probability,
    ...(all && { probabilities: Object.fromEntries(classNames.map((one, i) => [one, probabilities[i]])) }),
  };
}

const rounded = (probability: number): string => probability.toFixed(4);

/** As many digits as 32-bit floats can distinguish. */
const shown = (value: number): string => String(Number(value.toPrecision(6)));

/** A line of a CSV file (RFC 4180). */
const row = (fields: readonly string[]): string =>
  fields.map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
