/** `weft evaluate`: a trained network on its test part, or on other data. */
import { evaluateRun } from '../../api/evaluate.js';
import { runArguments } from '../../api/hints.js';
import { type TrustOptions } from '../../api/trust.js';
import { isOwnFile } from '../../jobs/files.js';
import { sayLabels } from '../../search/label-measures.js';
import { significant } from '../../report/format.js';
import { type Estimated, type RegressionMeasures } from '../../statistics/index.js';
import { sayMeasures } from '../../training/language.js';
import { createOutput, show } from '../output.js';

/**
 * Prints accuracy and loss of the run's network: on the test part of its own data, wherever that is now, or on other
 * data.
 */
export async function evaluate(
  directory: string,
  { json, ...options }: TrustOptions & { data?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { run, space, own, accuracy, loss, count, measures, targets, labels } = await evaluateRun(directory, {
    ...options,
    onWarning: (message) => process.stderr.write(`careful: ${message}\n`),
  });
  const { data } = options;
  output.emit({
    type: 'evaluated',
    run,
    data: own ? 'test part' : data,
    ...(accuracy !== undefined && { accuracy }),
    loss,
    count,
    ...measures,
    ...(targets && { targets }),
    ...(labels && { labels }),
  });
  const on = own ? `its test part${data === undefined ? '' : ` (${data} is the run's own data)`}` : data;
  output.say(
    `${show(run)} on ${on}: ${targets ? targets.map(sayValues).join('; ') : labels ? `${sayLabels(labels)}, loss ${loss.toFixed(4)} nats per label` : `${measures ? `${sayMeasures(measures)}, ` : ''}accuracy ${(100 * accuracy!).toFixed(2)} %, loss ${loss.toFixed(4)} nats`}, ${count} ${measures ? 'tokens' : 'examples'}`,
  );
  output.say(`next  weft export ${runArguments(run, [space].filter(isOwnFile))}`);
}

function sayValues({ name, rmse, mae, r2 }: { readonly name: string } & RegressionMeasures): string {
  const range = ({ interval }: Estimated): string =>
    interval ? ` (95 % interval ${significant(interval[0])} to ${significant(interval[1])})` : '';
  return `root mean squared error in ${name} ${significant(rmse.value)}${range(rmse)}, mean absolute error ${significant(mae.value)}${range(mae)}${r2 ? `, R² ${r2.value.toFixed(3)}${range(r2)}` : ''}`;
}
