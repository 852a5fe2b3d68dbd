/** Builds an operation, which may be the user's own, with checks of what it declares, returns and throws. */
import { WeftError } from '../errors.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { isRecord, shown } from '../parts/checked.js';
import { type Tensor } from '../tensor/tf.js';
import { type Initializer } from './initializers.js';
import {
  type BuiltOperation,
  type Operation,
  type ParameterRole,
  type ParameterSpec,
  type Shape,
} from './operation.js';
import { sameShape } from './shapes.js';

/**
 * The operation built for inputs of these shapes. Throws WeftError('operation') naming it if it declares what cannot
 * be; and so does its forward pass if the user's code fails, or returns anything but a float32 tensor of the declared
 * shape.
 */
export function buildOperation(operation: Operation, inputs: readonly Shape[]): BuiltOperation {
  const part: Part = { code: 'operation', what: `the operation '${operation.kind}'` };
  const built = inOwnCode(part, () => operation.build(inputs));
  requireDeclared(part.what, built);
  return {
    ...built,
    ...(built.fold && { fold: (parameter) => inOwnCode(part, () => built.fold!(parameter)) }),
    forward(given, context) {
      const borrowed = [...given];
      const parameter = (local: string): Tensor => {
        const tensor = context.parameter(local);
        borrowed.push(tensor);
        return tensor;
      };
      const output = inOwnCode(part, () => built.forward(given, { ...context, parameter }));
      // The last windows of a text may be shorter than those for which the operation was built.
      const isAsBuilt = given.every(({ shape }, i) => sameShape(shape.slice(1), inputs[i] ?? []));
      requireOutput(part.what, output, built.output, given[0], isAsBuilt);
      if (borrowed.some(({ isDisposed }) => isDisposed))
        throw new WeftError(
          'operation',
          `${part.what} disposes of an input or a parameter`,
          'leave them: they are borrowed, and others read them',
        );
      return output;
    },
  };
}

const ROLES: readonly ParameterRole[] = ['kernel', 'depthwise-kernel', 'bias', 'scale', 'offset', 'embedding'];
const INITIALIZERS: Readonly<Record<Initializer['kind'], string>> = {
  constant: 'value',
  normal: 'deviation',
  uniform: 'limit',
  identity: 'side',
};

const isSize = (length: unknown): boolean => Number.isSafeInteger(length) && (length as number) > 0;
const isShape = (value: unknown): value is Shape => Array.isArray(value) && value.every(isSize);
/** Types do not hold for what comes from JavaScript, or was not compiled strictly. */
function requireDeclared(what: string, built: BuiltOperation): void {
  if (!isRecord(built) || typeof built.forward !== 'function')
    throw new WeftError(
      'operation',
      `${what} has no forward pass`,
      'return { output, parameters, forward } from its build',
    );
  if (!isShape(built.output))
    throw new WeftError(
      'operation',
      `${what} has the output shape ${shown(built.output)}`,
      'give the shape of one example, a list of positive integers without the batch',
    );
  if (!isRecord(built.parameters))
    throw new WeftError('operation', `${what} declares no parameters`, 'give an empty object if it has none');
  for (const [local, spec] of Object.entries<ParameterSpec>(built.parameters)) requireParameter(what, local, spec);
  for (const [local, spec] of Object.entries(built.statistics ?? {}))
    if (!isRecord(spec) || !isShape(spec.shape) || !Number.isFinite(spec.initial))
      throw new WeftError(
        'operation',
        `${what} declares the statistic '${local}' as ${shown(spec)}`,
        'give { shape, initial }: positive integers, and a number',
      );
}

function requireParameter(what: string, local: string, spec: ParameterSpec): void {
  const wrong = (field: string, hint: string): WeftError =>
    new WeftError(
      'operation',
      `${what} declares the parameter '${local}' with the ${field} ${shown((spec as unknown as Record<string, unknown> | undefined)?.[field])}`,
      hint,
    );
  if (!isRecord(spec) || !isShape(spec.shape)) throw wrong('shape', 'give a list of positive integers');
  if (!ROLES.includes(spec.role)) throw wrong('role', `choose one of ${ROLES.join(', ')}`);
  const { initializer } = spec as { readonly initializer?: unknown };
  const kind = isRecord(initializer) ? String(initializer['kind']) : '';
  const number = Object.hasOwn(INITIALIZERS, kind) ? INITIALIZERS[kind as Initializer['kind']] : undefined;
  if (number === undefined || !Number.isFinite((initializer as Readonly<Record<string, unknown>>)[number]))
    throw wrong('initializer', "give for example { kind: 'constant', value: 0 }, or heNormal(fanIn)");
}

function requireOutput(
  what: string,
  output: unknown,
  declared: Shape,
  input: Tensor | undefined,
  isAsBuilt: boolean,
): void {
  const wrong = (found: string): WeftError =>
    new WeftError(
      'operation',
      `${what} returns ${found}`,
      `return a float32 tensor [N, ${declared.join(', ')}] from its forward pass, as its build declares, or correct the declaration`,
    );
  if (output instanceof Promise) throw wrong('a promise');
  const { shape, dtype, isDisposed } = (output ?? {}) as Partial<Tensor>;
  if (!shape || dtype === undefined) throw wrong(output === undefined ? 'nothing' : 'no tensor');
  if (isDisposed) throw wrong('a tensor that it has disposed of');
  const isWhole = input === undefined || shape[0] === input.shape[0];
  const isDeclared = isAsBuilt ? sameShape(shape.slice(1), declared) : shape.length === declared.length + 1;
  if (!isWhole || !isDeclared) throw wrong(`a tensor [${shape.join(', ')}]`);
  if (dtype !== 'float32') throw wrong(`a tensor of ${dtype}`);
}
