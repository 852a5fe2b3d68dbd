/** `weft predict`: what a run's trained network says of new pictures or rows. */
import { loadModel, type NamedPrediction } from '../../api/predict.js';
import { type BackendName } from '../../tensor/backend.js';
import { createOutput } from '../output.js';
import { type TrustOptions } from '../../api/trust.js';

export interface PredictOptions extends TrustOptions {
  /** The probability of every class too. */
  readonly probabilities?: boolean;
  readonly backend?: BackendName;
  readonly json?: boolean;
}

/** Prints label and probability for each picture or row: CSV, or one JSON object a line. */
export async function predict(
  directory: string,
  paths: readonly string[],
  { probabilities = false, backend, json = false, ...trust }: PredictOptions,
): Promise<void> {
  const output = createOutput({ json });
  const model = await loadModel(directory, { backend, ...trust });
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

/** A line of a CSV file (RFC 4180). */
const row = (fields: readonly string[]): string =>
  fields.map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
