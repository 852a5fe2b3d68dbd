/** `weft latency`: measures operations on another device. */
import { readLatencyTable, writeLatencyFiles } from '../../api/latency.js';
import { printable } from '../../printable.js';
import { createOutput, show } from '../output.js';
import { type SearchOptions, writtenConfig } from './search.js';

export interface LatencyWriteOptions extends SearchOptions {
  out: string;
  networks: number;
}

/** Writes the folder of measurement files, and says how to use it. */
export async function writeLatency(options: LatencyWriteOptions): Promise<void> {
  const output = createOutput(options);
  const { out, networks } = options;
  const written = await writeLatencyFiles({ out, networks, config: writtenConfig(options) });
  output.emit({ type: 'latency-files', ...written });
  output.say(`wrote ${show(out)}: ${written.operations} operations, ${written.networks} networks`);
  output.say(`next  copy the folder to the device, then there`);
  output.say(`      node ${show(out)}/measure-node.mjs`);
  output.say(`      or serve the folder (npx http-server ${show(out)}) and open the page in the device's browser`);
}

/** Prints the times of the operations, longest first, and the error of their sums. */
export async function showLatency(file: string, options: SearchOptions): Promise<void> {
  const output = createOutput(options);
  const table = await readLatencyTable(file, { config: writtenConfig(options) });
  output.emit({ type: 'latency-table', ...table });
  const { device, batchSize, milliseconds, error } = table;
  output.say(`${printable(device)}, batches of ${batchSize}`);
  const operations = Object.entries(milliseconds).sort(([, a], [, b]) => b - a);
  for (const [key, time] of operations.slice(0, MOST_SHOWN))
    output.say(`${time.toFixed(4).padStart(10)} ms  ${printable(key)}`);
  if (operations.length > MOST_SHOWN) output.say(`${' '.repeat(10)}     and ${operations.length - MOST_SHOWN} more`);
  output.say(
    error
      ? `sums of operations are off by ${(100 * error.relative).toFixed(1)} % on average for ${error.networks.length} whole ${error.networks.length === 1 ? 'network' : 'networks'}; median ratio ${error.ratio.toFixed(2)}${Number.isFinite(error.spearman) ? `, Spearman ${error.spearman.toFixed(3)}` : ''}`
      : 'no whole network was measured, so it is not known how far sums of operations are off',
  );
}

const MOST_SHOWN = 10;
