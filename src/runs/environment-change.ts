/** The parts of an environment that can change the last bits of a result, and how two environments differ in them. */
import { WeftError } from '../errors.js';
import { usesOneDnnByDefault } from '../tensor/processor.js';
import { type Environment, NUMERIC_VARIABLES } from './environment.js';

/** A condition that was different when earlier work was done. */
export interface EnvironmentChange {
  /** Its name: `threads`, `Node`, `processor`, or the name of a variable. */
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** A recorded environment; older versions recorded less. */
export type RecordedEnvironment = Partial<Environment>;

/**
 * The conditions that affect numbers and differ between the two. Unrecorded ones are not compared. Plain JavaScript and
 * WebAssembly compute the same on every processor with any number of threads; the version of the system's kernel does
 * not affect results.
 */
export function environmentChanges(before: RecordedEnvironment, now: RecordedEnvironment): EnvironmentChange[] {
  const [earlier, present] = [conditionsOf(before, now), conditionsOf(now, before)];
  return Object.entries(present).flatMap(([what, value]) => {
    const other = earlier[what];
    return other === undefined || value === undefined || other === value ? [] : [{ what, before: other, now: value }];
  });
}

/** The changes as text: `threads 2 then, 1 now`. */
export const sayChanges = (changes: readonly EnvironmentChange[]): string =>
  changes.map(({ what, before, now }) => `${what} ${before} then, ${now} now`).join('; ');

/**
 * Refuses to continue work that was started under other conditions; a change of Weft's version alone is recorded but
 * not refused.
 */
export function refuseChanges(what: string, changes: readonly EnvironmentChange[]): void {
  if (changes.every((change) => change.what === WEFT)) return;
  throw new WeftError(
    'unsupported',
    `${what} was computed under different conditions: ${sayChanges(changes)}`,
    `its numbers would belong to neither: ${remedyFor(changes)}, or continue nevertheless with --allow-changed-environment`,
  );
}

function remedyFor(changes: readonly EnvironmentChange[]): string {
  const [first, ...others] = changes;
  if (!first || others.length > 0) return 'restore what differs';
  if (first.what === THREADS) return `set WEFT_THREADS=${first.before}`;
  if (!NUMERIC_VARIABLES.includes(first.what)) return 'restore what differs';
  return first.before === NOT_SET ? `unset ${first.what}` : `set ${first.what}=${first.before}`;
}

const WEFT = 'Weft';
const THREADS = 'threads';
const NOT_SET = 'not set';
const INTRAOP = 'TF_NUM_INTRAOP_THREADS';
const ONEDNN = 'TF_ENABLE_ONEDNN_OPTS';
/** The threads within an operation are a separate condition; those between operations do not affect results. */
const OTHER_VARIABLES = NUMERIC_VARIABLES.filter((name) => name !== INTRAOP && name !== 'TF_NUM_INTEROP_THREADS');

function conditionsOf(
  environment: RecordedEnvironment,
  other: RecordedEnvironment,
): Record<string, string | undefined> {
  const { weft, node, tfjs, backend, library, platform, cpu, instructions, device, threads, variables } = environment;
  const portable = {
    [WEFT]: weft,
    Node: node,
    'TensorFlow.js': tfjs,
    backend,
    // `linux 6.1.0-13-amd64 x64` without the kernel's version
    system: platform?.replace(/ .* /, ' '),
  };
  if (backend !== 'tensorflow') return portable;
  const intraop = variables?.[INTRAOP];
  return {
    ...portable,
    TensorFlow: library,
    processor: cpu,
    'vector instructions': instructions,
    'graphics processor': device,
    [THREADS]: intraop ?? (threads === undefined ? undefined : String(threads)),
    ...(variables && Object.fromEntries(OTHER_VARIABLES.map((name) => [name, variables[name] ?? NOT_SET]))),
    ...(variables && { [ONEDNN]: variables[ONEDNN] ?? oneDnnByDefault(instructions ?? other.instructions) }),
  };
}

/** What TensorFlow does if the variable is not set; known of x86 processors whose instructions are recorded. */
function oneDnnByDefault(instructions: string | undefined): string {
  if (!instructions?.includes('sse4')) return NOT_SET;
  return usesOneDnnByDefault(instructions) ? '1' : '0';
}
