/** What one run of a step has done: its operations, on numbered values. */
import { type OpAttribute } from '../kernels/raw-op.js';
import { type NamedTensors } from '../named.js';

/** The index of a value in its recording's table of values. */
export type ValueIndex = number;

export interface RecordedOperation {
  readonly op: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly ValueIndex[];
  readonly outputs: readonly ValueIndex[];
}

/** A tensor that is the same in every run. */
export interface Constant {
  readonly value: ValueIndex;
  readonly shape: readonly number[];
  /** TensorFlow's number for the type. */
  readonly dtype: number;
  readonly data: ArrayLike<number>;
  /** The id of a tensor that lives as long as the process. */
  readonly lasting?: number | undefined;
}

/** A declared tensor, which depends on the moment. */
export interface Declared<M> {
  readonly value: ValueIndex;
  readonly shape: readonly number[];
  readonly of: (moment: M) => Float32Array;
  readonly seen: Float32Array;
}

export interface Choice<M> {
  readonly of: (moment: M) => string | number | boolean;
  readonly taken: string | number | boolean;
}

export interface Requirement {
  readonly value: ValueIndex;
  readonly holds: (value: number) => boolean;
  /**
   * What is thrown where it does not hold; without it the recording is not what the step would do, and it runs
   * uncompiled.
   */
  readonly failure?: (outputs?: NamedTensors) => Error;
}

export interface Output {
  readonly name: string;
  readonly value: ValueIndex;
  readonly shape: readonly number[];
  readonly dtype: string;
}

export interface Recording<M, F> {
  /** TensorFlow's number for the type of each value. */
  readonly types: readonly number[];
  /** Values of the inputs by name. */
  readonly inputs: ReadonlyMap<string, ValueIndex>;
  readonly declared: readonly Declared<M>[];
  readonly constants: readonly Constant[];
  readonly operations: readonly RecordedOperation[];
  readonly choices: readonly Choice<M>[];
  readonly requirements: readonly Requirement[];
  readonly outputs: readonly Output[];
  /** What the step returned besides tensors. */
  readonly fixed: F;
  /** Why it cannot be run again, if it cannot. */
  readonly undeclared?: string | undefined;
  /** Whether an operation failed, which the step has made up for. */
  readonly failed: boolean;
}

/** Whether the decisions at this moment are those of the recorded one. */
export function sameChoices<M>(choices: readonly Choice<M>[], moment: M): boolean {
  return choices.every(({ of, taken }) => of(moment) === taken);
}

/**
 * What differs between two recordings of one step apart from what is declared, in words; undefined if nothing does.
 * `moment` is that of the second.
 */
export function difference<M, F>(a: Recording<M, F>, b: Recording<M, F>, moment: M): string | undefined {
  const reason = a.undeclared ?? b.undeclared;
  if (reason !== undefined) return reason;
  if (a.operations.length !== b.operations.length)
    return `it ran ${a.operations.length} operations once and ${b.operations.length} the next time`;
  for (const [i, one] of a.operations.entries()) {
    const other = b.operations[i]!;
    if (one.op !== other.op) return `operation ${i} was '${one.op}' once and '${other.op}' the next time`;
    if (!sameNumbers(one.inputs, other.inputs) || one.outputs.length !== other.outputs.length)
      return `'${one.op}' (operation ${i}) had other inputs the next time`;
    if (one.attributes !== other.attributes && JSON.stringify(one.attributes) !== JSON.stringify(other.attributes))
      return `'${one.op}' (operation ${i}) had other attributes the next time`;
  }
  if (a.constants.length !== b.constants.length) return 'it made another number of constants the next time';
  for (const [i, one] of a.constants.entries()) {
    const other = b.constants[i]!;
    if (one.value !== other.value || !sameNumbers(one.shape, other.shape) || !sameBits(one.data, other.data))
      return `a constant of shape [${one.shape}] (${userOf(a, one.value)}) changed from one run to the next`;
  }
  if (a.declared.length !== b.declared.length) return 'it declared another number of values the next time';
  for (const [i, one] of a.declared.entries()) {
    const other = b.declared[i]!;
    if (one.value !== other.value || !sameNumbers(one.shape, other.shape) || !sameBits(one.of(moment), other.seen))
      return `a declared value of shape [${one.shape}] (${userOf(a, one.value)}) is not a function of the moment alone`;
  }
  const outputs = (r: Recording<M, F>): string => JSON.stringify([r.outputs, r.requirements.map(({ value }) => value)]);
  if (outputs(a) !== outputs(b)) return 'it gave other results the next time';
  if (JSON.stringify(a.fixed) !== JSON.stringify(b.fixed)) return 'it returned other numbers the next time';
  return undefined;
}

/** The first operation that reads a value, in words. */
function userOf<M, F>({ operations }: Recording<M, F>, value: ValueIndex): string {
  const reader = operations.findIndex(({ inputs }) => inputs.includes(value));
  return reader < 0 ? 'a result' : `read by operation ${reader}, '${operations[reader]!.op}'`;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Whether two arrays hold the same numbers; NaN equals NaN, and 0 differs from -0. */
export function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
