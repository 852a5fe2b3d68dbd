/** `weft export`: a run's trained network as files for others. */
import { join } from 'node:path';
import { exportRun } from '../../api/export.js';
import { type TrustOptions } from '../../api/trust.js';
import { createOutput, show } from '../output.js';

/** Writes the exported network into a folder of its own; a former export there is replaced, anything else is not. */
export async function exportNetwork(
  directory: string,
  { json, ...options }: TrustOptions & { out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { run, folder, files } = await exportRun(directory, {
    ...options,
    onLeftOut: (name, { message }) => output.say(`no ${name}: ${message}`),
  });
  output.emit({ type: 'exported', run, folder, files: Object.keys(files) });
  output.say(`wrote ${show(folder)}`);
  for (const [name, bytes] of Object.entries(files)) output.say(`      ${name.padEnd(24)} ${formatBytes(bytes)}`);
  output.say(
    `next  npx http-server ${show(folder)}    (and open the page it names; ${show(join(folder, 'README.md'))} shows how to load the network)`,
  );
}

const formatBytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
