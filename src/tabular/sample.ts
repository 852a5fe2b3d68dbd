/** A sample of the networks of a table that a space has too. */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Rng } from '../tensor/rng.js';
import { type BenchmarkCell, fromBenchmark } from './nas-bench-201.js';
import { type NetworkTable, requireFamily } from './networks.js';

export interface SampledNetwork<A = unknown> {
  readonly architecture: A;
  /** Its row in the table. */
  readonly row: number;
}

/**
 * Up to `count` networks of the table, drawn uniformly among those that the space has and that `usable` takes, no two
 * of which compute the same. Throws WeftError('data') where the table is of another space, or has no network of it.
 */
export function sampleTable<A>(
  space: SearchSpace<A>,
  table: NetworkTable,
  count: number,
  rng: Rng,
  usable: (row: number) => boolean = () => true,
): SampledNetwork<A>[] {
  requireFamily(space, table.family);
  const rows = rng.shuffle(table.keys.flatMap((_, row) => (usable(row) ? [row] : [])));
  const hashes = new Set<string>();
  const sample: SampledNetwork<A>[] = [];
  for (const row of rows) {
    if (sample.length === count) break;
    const architecture = architectureOf(space, table, table.keys[row]!);
    if (architecture === undefined) continue;
    const hash = space.canonicalHash(architecture);
    if (hashes.has(hash)) continue;
    hashes.add(hash);
    sample.push({ architecture, row });
  }
  if (sample.length === 0)
    throw new WeftError(
      'data',
      `none of the ${table.keys.length} networks in the table is in the space '${space.name}' with these options and limits`,
      'check the options of the space, the limits, and that the columns have values for the same networks',
    );
  return sample;
}

/**
 * The architecture with this name; undefined where the space, restricted by its options or limits, does not have it.
 */
function architectureOf<A>(space: SearchSpace<A>, { family }: NetworkTable, key: string): A | undefined {
  try {
    if (family === 'encoded') return space.decode(key);
    if (family === 'nas-bench-201') return space.validate(fromBenchmark(key) satisfies BenchmarkCell);
    return space.validate(space.fromGenotype([...key].map(Number)));
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}
