/**
 * Compiles steps that repeat, to avoid JavaScript's overhead per operation: they run as they are at first, then are
 * recorded twice and compared, then replayed on native ids, and run as one native session if enough runs are still to
 * come.
 */
import { type NativeBackend } from '../kernels/raw-op.js';
import { type NamedTensors } from '../named.js';
import { tf } from '../tf.js';
import { checkedSession, execute } from './execute.js';
import { eagerHost } from './host.js';
import { isRecording, record, type Step, type StepResult } from './record.js';
import { difference, type Recording, sameChoices } from './recording.js';
import { type CompileMode, pays } from './pays.js';
import { type Execution, replayOf } from './replay.js';

export interface CompileOptions {
  readonly mode?: CompileMode | undefined;
  /** Number of steps of different shapes or structure that are kept; the least recently used one is dropped first. */
  readonly kept?: number;
  /** Called once with the reason why a step is not compiled, or not as far as it might be. */
  readonly note?: ((remark: string) => void) | undefined;
  /** Where the files of sessions are written for the library to read; the system's temporary folder by default. */
  readonly folder?: string;
}

export interface CallOptions {
  /** What the step depends on besides the shapes of its inputs, such as the network and the mode. */
  readonly key?: string;
  /** How many more times this same step will run, if known. */
  readonly due?: number;
}

/** Compiled steps of one kind. */
export interface Compiler<M, F> {
  /**
   * The step's results at this moment, identical to the bit however they are computed; the caller owns them. Inputs are
   * borrowed. Steps with the same key and input shapes must be the same function.
   */
  run(step: Step<M, F>, inputs: NamedTensors, moment: M, options?: CallOptions): StepResult<F>;
  /** Whether a step with this key is compiled or about to be, so that it is worth naming all of its inputs. */
  isWorthwhile(options?: CallOptions): boolean;
  /** Number of runs so far, by how they were computed. */
  readonly runs: Readonly<Record<'eager' | 'replay' | 'session', number>>;
  /** Frees sessions and recordings. */
  dispose(): void;
}

/** Number of runs after which it is worth a note that nothing is compiled. */
const RUNS_FOR_NOTE = 16;
/** Expected number of remaining runs: as many again as there have been, unless known. */
const expected = (runs: number, due: number | undefined): number => due ?? runs;
/** Number of recordings of one step before it is given up. */
const ATTEMPTS = 6;
/** Number of runs in a row that decide otherwise than the recorded ones, after which the step is recorded again. */
const MISSES = 2;
/** Maximum number of keys whose runs are counted. */
const MOST_KEYS = 4096;
/** Number of sets of decisions that are kept for one step. */
const VARIANTS = 6;

interface Variant<M, F> {
  readonly recording: Recording<M, F>;
  /** Undefined if the step has to run uncompiled under these decisions. */
  execution?: Execution;
  kind: 'eager' | 'replay' | 'session';
  /** Whether a session has been tried. */
  tried: boolean;
  runs: number;
  /** Number of last runs in a row that decided otherwise. */
  missed: number;
}

interface Entry<M, F> {
  runs: number;
  attempts: number;
  readonly pending: Recording<M, F>[];
  readonly variants: Variant<M, F>[];
}

export interface CompiledStep<M, F> extends Omit<Compiler<M, F>, 'run' | 'isWorthwhile'> {
  /**
   * The step's results at this moment, identical to the bit however they are computed; the caller owns them. Inputs are
   * borrowed.
   */
  run(inputs: NamedTensors, moment: M, options?: CallOptions): StepResult<F>;
}

/**
 * A step that is compiled once it repeats. `step` borrows its inputs, hands its results to the caller, and takes
 * everything else that changes from run to run from its host; if it reads anything in another way, that is detected and
 * the step runs uncompiled.
 *
 * @example
 * const descend = compile<{ rate: number }, null>(({ w, g }, { scalar }) => ({
 *   outputs: { w: tidy(() => tf.sub(w!, tf.mul(g!, scalar(({ rate }) => rate)))) },
 *   fixed: null,
 * }));
 * const { outputs } = descend.run({ w, g }, { rate: 0.1 });
 */
export function compile<M, F>(step: Step<M, F>, options: CompileOptions = {}): CompiledStep<M, F> {
  const { run, runs, dispose } = compiler<M, F>(options);
  return { runs, dispose, run: (...call) => run(step, ...call) };
}

/** Compiles steps whose function is passed anew with each run. */
export function compiler<M, F>(options: CompileOptions = {}): Compiler<M, F> {
  const { kept = 32, note, folder } = options;
  const entries = new Map<string, Entry<M, F>>();
  const runs = { eager: 0, replay: 0, session: 0 };
  const said = new Set<string>();
  let retired = false;

  const say = (remark: string): void => {
    if (!said.has(remark)) note?.(remark);
    said.add(remark);
  };
  const eager = (step: Step<M, F>, inputs: NamedTensors, moment: M): StepResult<F> => {
    runs.eager++;
    return step(inputs, eagerHost(moment));
  };
  const forget = ({ variants }: Entry<M, F>): void => variants.forEach(({ execution }) => execution?.dispose());
  const entryOf = (key: string): Entry<M, F> => {
    const found = entries.get(key) ?? { runs: 0, attempts: 0, pending: [], variants: [] };
    // The last one in the map is the most recently used one.
    entries.delete(key);
    entries.set(key, found);
    if (entries.size > kept) {
      const [oldest, entry] = entries.entries().next().value!;
      forget(entry);
      entries.delete(oldest);
    }
    return found;
  };

  const recorded = (
    backend: NativeBackend,
    entry: Entry<M, F>,
    step: Step<M, F>,
    inputs: NamedTensors,
    moment: M,
  ): StepResult<F> => {
    entry.attempts++;
    runs.eager++;
    const { result, recording } = record(backend, step, inputs, moment);
    // What failed once may succeed the next time.
    if (recording.failed) return result;
    if (recording.undeclared !== undefined) {
      // Without any decisions before it, it would be the same in every run.
      if (recording.choices.length === 0) {
        retired = true;
        say(`steps are not compiled: ${recording.undeclared}`);
      } else addVariant(entry, { recording, kind: 'eager', tried: true, runs: 0, missed: 0 });
      return result;
    }
    const at = entry.pending.findIndex(
      ({ choices }) => choices.length === recording.choices.length && sameChoices(choices, moment),
    );
    const first = entry.pending[at];
    const reason = first && difference(first, recording, moment);
    if (!first || reason !== undefined) {
      if (at >= 0) entry.pending.splice(at, 1);
      if (entry.pending.length < VARIANTS) entry.pending.push(recording);
      if (reason !== undefined && entry.attempts >= ATTEMPTS) say(`a step is not compiled: ${reason}`);
      return result;
    }
    entry.pending.splice(at, 1);
    addVariant(entry, {
      recording: first,
      execution: replayOf(backend, first as Recording<never, unknown>),
      kind: 'replay',
      tried: false,
      runs: 0,
      missed: 0,
    });
    return result;
  };

  const seen = new Map<string, number>();
  return {
    runs,
    isWorthwhile({ key = '', due } = {}) {
      if (retired || options.mode === 'off' || !nativeBackend()) return false;
      const runsOfKey = (seen.get(key) ?? 0) + 1;
      seen.set(key, runsOfKey);
      if (seen.size > MOST_KEYS) seen.delete(seen.keys().next().value!);
      return pays('replay', { runs: runsOfKey + expected(runsOfKey, due) });
    },
    run(step, inputs, moment, { key = '', due } = {}) {
      const backend = nativeBackend();
      if (!backend || retired || options.mode === 'off' || isRecording(backend.binding))
        return eager(step, inputs, moment);
      const entry = entryOf(`${key}\n${shapesOf(inputs)}`);
      entry.runs++;
      const variant = entry.variants.find(({ recording }) => sameChoices(recording.choices, moment));
      if (!variant) {
        const worth = pays('replay', { runs: 1 + entry.runs + expected(entry.runs, due) });
        if (!worth || entry.runs === 1 || entry.attempts >= ATTEMPTS + 2 * entry.variants.length)
          return eager(step, inputs, moment);
        return recorded(backend, entry, step, inputs, moment);
      }
      if (!variant.execution) {
        // Steps that refresh something may read undeclared values; only a step that is never compiled is worth a note.
        if (entry.runs === RUNS_FOR_NOTE && entry.variants.every(({ execution }) => !execution))
          say(`steps are not compiled: ${variant.recording.undeclared}`);
        return eager(step, inputs, moment);
      }
      variant.runs++;
      const isWorth = pays('session', {
        runs: variant.runs + expected(variant.runs, due),
        mode: options.mode,
        operations: variant.recording.operations.length,
        isOnGpu: backend.isUsingGpuDevice,
      });
      if (!variant.tried && isWorth) {
        variant.tried = true;
        const session = checkedSession(backend, variant, inputs, moment, folder);
        if ('reason' in session) say(`a step is replayed, and not run as a session: ${session.reason}`);
        else {
          variant.execution.dispose();
          Object.assign(variant, { execution: session, kind: 'session' });
        }
      }
      const result = execute(backend, variant.recording, variant.execution, inputs, moment);
      if (!result) {
        if (++variant.missed === MISSES) dropVariant(entry, variant);
        return eager(step, inputs, moment);
      }
      variant.missed = 0;
      runs[variant.kind]++;
      return result;
    },
    dispose() {
      entries.forEach(forget);
      entries.clear();
    },
  };
}

function addVariant<M, F>({ variants }: Entry<M, F>, variant: Variant<M, F>): void {
  if (variants.length >= VARIANTS) variants.shift()!.execution?.dispose();
  variants.push(variant);
}

function dropVariant<M, F>({ variants }: Entry<M, F>, variant: Variant<M, F>): void {
  variants.splice(variants.indexOf(variant), 1);
  variant.execution?.dispose();
}

/**
 * Names, types and shapes of the inputs, and which of them are the same tensor: a recording cannot tell these apart.
 */
function shapesOf(inputs: NamedTensors): string {
  const names = new Map<object, string>();
  return Object.entries(inputs)
    .map(([name, { shape, dtype, dataId }]) => {
      const same = names.get(dataId);
      if (same === undefined) names.set(dataId, name);
      return `${name}${dtype === 'float32' ? '' : dtype}[${shape}]${same === undefined ? '' : `=${same}`}`;
    })
    .join();
}

/** The native backend, where it is the one in use. */
export function nativeBackend(): NativeBackend | undefined {
  if (tf.getBackend() !== 'tensorflow') return undefined;
  return tf.backend() as unknown as NativeBackend;
}
