/** `weft export`: a run's trained network as files for others. */
import { join } from 'node:path';
import { checkExport } from '../../api/check-export.js';
import { exportRun } from '../../api/export.js';
import { type TrustOptions } from '../../api/trust.js';
import { WeftError } from '../../errors.js';
import { agrees } from '../../export/index.js';
import { createOutput, type Output, show } from '../output.js';

/** Writes the exported network into a folder of its own; a former export there is replaced, anything else is not. */
export async function exportNetwork(
  directory: string,
  { json, check, data, ...options }: TrustOptions & { out?: string; json?: boolean; check?: boolean; data?: string },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { run, folder, files } = await exportRun(directory, {
    ...options,
    onLeftOut: (name, { message }) => output.say(`no ${name}: ${message}`),
  });
  output.emit({ type: 'exported', run, folder, files: Object.keys(files) });
  output.say(`wrote ${show(folder)}`);
  for (const [name, bytes] of Object.entries(files)) output.say(`      ${name.padEnd(24)} ${formatBytes(bytes)}`);
  if (check) await checkNetwork(run, folder, { ...options, data }, output);
  output.say(
    `next  npx http-server ${show(folder)}    (and open the page it names; ${show(join(folder, 'README.md'))} shows how to load the network)`,
  );
}

/** Prints how far each file is from the network; throws WeftError('export') naming the first that is not the same. */
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
          : `${agrees(one) ? 'the same' : 'NOT the same'} in ${one.runtime}: largest difference ${one.difference.toExponential(1)}, largest output ${one.largest.toPrecision(3)}`
      }`,
    );
  const wrong = files.find((one) => !('reason' in one) && !agrees(one));
  if (wrong)
    throw new WeftError(
      'export',
      `${join(folder, wrong.file)} does not compute what the network computes`,
      'do not use it, and report it',
    );
}

const formatBytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
