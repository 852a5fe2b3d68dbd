/** `weft export`: a run's trained network as files for other programs. */
import { join } from 'node:path';
import { checkExport } from '../../api/check-export.js';
import { exportRun } from '../../api/export.js';
import { type TrustOptions } from '../../api/trust.js';
import { WeftError } from '../../errors.js';
import { agrees, type RoundedType, type Rounding } from '../../export/index.js';
import { createOutput, type Output, show } from '../output.js';

export interface ExportCommandOptions extends TrustOptions {
  readonly out?: string;
  readonly json?: boolean;
  readonly check?: boolean;
  /** The current location of the run's data. */
  readonly data?: string;
  readonly weights?: RoundedType | 'float32';
}

/** Writes the exported network into its own folder; an earlier export there is replaced, anything else is not. */
export async function exportNetwork(
  directory: string,
  { json, check, data, weights, ...options }: ExportCommandOptions,
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { run, folder, files, rounding } = await exportRun(directory, {
    ...options,
    data,
    ...(weights !== undefined && weights !== 'float32' && { weights }),
    onLeftOut: (name, { message }) => output.say(`no ${name}: ${message}`),
  });
  output.emit({ type: 'exported', run, folder, files: Object.keys(files), ...(rounding && { rounding }) });
  output.say(`wrote ${show(folder)}`);
  for (const [name, bytes] of Object.entries(files)) output.say(`      ${name.padEnd(24)} ${formatBytes(bytes)}`);
  if (rounding) output.say(`${rounding.weights} ${sayRounding(rounding)}`);
  if (check) await checkNetwork(run, folder, { ...options, data }, output);
  output.say(
    `next  npx http-server ${show(folder)}    (and open the address that it prints; ${show(join(folder, 'README.md'))} shows how to load the network)`,
  );
}

/**
 * Prints the deviation of each file from the network; throws WeftError('export') naming the first that does not agree.
 */
async function checkNetwork(
  run: string,
  folder: string,
  { data, trust, file }: TrustOptions & { data: string | undefined },
  output: Output,
): Promise<void> {
  const { inputs, files } = await checkExport(run, folder, { data, trust, file });
  output.emit({ type: 'checked', run, folder, inputs, files });
  output.say(`checked on ${inputs}`);
  for (const one of files)
    output.say(
      `      ${one.file.padEnd(24)} ${
        'reason' in one
          ? `not checked: ${one.reason}`
          : `${!agrees(one) ? 'NOT the same' : one.rounded ? 'rounded weights' : 'the same'} in ${one.runtime}${one.with === 'model.json' ? ' as model.json' : ''}: largest difference ${one.difference === 0 ? 0 : one.difference.toExponential(1)}, largest output ${one.largest.toPrecision(3)}`
      }`,
    );
  const wrong = files.find((one) => !('reason' in one) && !agrees(one));
  if (wrong)
    throw new WeftError(
      'export',
      `${join(folder, wrong.file)} does not compute the same as the network`,
      'do not use the file, and please report this',
    );
}

/** The effect of reduced precision, in words. */
function sayRounding({ count, before, after, runtime }: Rounding): string {
  const size = `weights of model.json ${formatBytes(after.bytes)} instead of ${formatBytes(before.bytes)}`;
  const latency = `one example ${after.milliseconds.toPrecision(2)} ms instead of ${before.milliseconds.toPrecision(2)} ms in ${runtime}`;
  return `${sayQuality({ count, before, after })}; ${size}; ${latency}`;
}

function sayQuality({ count, before, after }: Pick<Rounding, 'count' | 'before' | 'after'>): string {
  const loss = `loss ${after.loss.toFixed(4)} instead of ${before.loss.toFixed(4)}`;
  return after.accuracy === null || before.accuracy === null
    ? `on ${count} test examples: ${loss}`
    : `on ${count} test labels: accuracy ${percent(after.accuracy)} instead of ${percent(before.accuracy)}, ${loss}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const formatBytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
