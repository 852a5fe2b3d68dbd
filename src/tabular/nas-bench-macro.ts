/**
 * NAS-Bench-Macro (Su et al. 2021, "Prioritized architecture sampling with Monto-Carlo tree search", arXiv 2103.11922):
 * 8 layers, each a shortcut or one of two inverted residual blocks, 3^8 = 6,561 networks trained on CIFAR-10 with three
 * seeds.
 */
import { z } from 'zod';
import { readSource } from '../data/source.js';
import { WeftError } from '../errors.js';
import { type NetworkFile } from './networks.js';

const rowSchema = z.object({
  test_acc: z.array(z.number()).min(1),
  mean_acc: z.number(),
  params: z.number(),
  flops: z.number(),
});

/**
 * Reads the benchmark's JSON file, an object from eight digits to measurements. Throws WeftError('data') on anything
 * else.
 */
export function readMacroTable(path: string): NetworkFile {
  const fault = (message: string, cause?: unknown): WeftError =>
    new WeftError(
      'data',
      `${path}: ${message}`,
      'a JSON table must be that of NAS-Bench-Macro: {"02012100": {"test_acc": […], "mean_acc": …, "params": …, "flops": …}, …}',
      { cause },
    );
  let parsed: unknown;
  try {
    // NaN is not JSON, but Python writes it; read as null it is refused with the network's name.
    parsed = JSON.parse(new TextDecoder().decode(readSource(path).bytes).replace(/\bNaN\b/g, 'null'));
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw fault(`not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw fault('not an object of networks');
  const entries = Object.entries(parsed);
  if (entries.length === 0) throw fault('no networks');
  const rows = entries.map(([key, value]) => {
    if (!/^[012]{8}$/.test(key)) throw fault(`'${key}' is not a network of eight digits 0 to 2`);
    const row = rowSchema.safeParse(value);
    if (!row.success) throw fault(`network ${key}: ${z.prettifyError(row.error)}`);
    return row.data;
  });
  const column = (of: (row: z.output<typeof rowSchema>) => number): Float64Array => Float64Array.from(rows, of);
  const seeds = Math.min(...rows.map((row) => row.test_acc.length));
  return {
    path,
    family: 'nas-bench-macro',
    keys: entries.map(([key]) => key),
    columns: [
      { name: 'mean_acc', role: 'accuracy', values: column((row) => row.mean_acc) },
      { name: 'parameters', role: 'cost', values: column((row) => row.params) },
      { name: 'multiplyAdds', role: 'cost', values: column((row) => row.flops) },
    ],
    seeds: Array.from({ length: seeds }, (_, i) => column((row) => row.test_acc[i]!)),
  };
}
