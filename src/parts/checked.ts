/** Checks of what the user's own parts return: types do not hold for what was not compiled strictly. */
import { inspect } from 'node:util';
import { WeftError } from '../errors.js';
import { type Part } from '../own-errors.js';
import { type NamedTensors } from '../tensor/named.js';
import { type Tensor } from '../tensor/tf.js';

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Any value in messages, on one short line. */
export const shown = (value: unknown): string => inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 200);

/** The same object with some of its methods replaced; its accessors remain accessors. */
export function withMethods<T extends object>(made: T, methods: Partial<T>): T {
  const replaced = Object.entries(methods).map(([name, value]) => [name, { value, enumerable: true }] as const);
  return Object.defineProperties({} as T, {
    ...Object.getOwnPropertyDescriptors(made),
    ...Object.fromEntries<PropertyDescriptor>(replaced),
  });
}

/** Throws a WeftError that names the part unless all of these are methods of what it creates. */
export function requireMethods<T extends object>(part: Part, made: T, names: readonly (keyof T & string)[]): void {
  const hint = `return { ${names.join(', ')} } from its create`;
  if (!isRecord(made)) throw new WeftError(part.code, `${part.what} creates ${shown(made)}`, hint);
  const missing = names.find((name) => typeof made[name] !== 'function');
  if (missing !== undefined) throw new WeftError(part.code, `${part.what} creates nothing with '${missing}'`, hint);
}

/** Throws a WeftError that names the part unless its definition has this function, and a schema of its options. */
export function requireDefinition<T extends object>(
  { code, what }: Part,
  definition: T,
  method: keyof T & string,
  schema?: keyof T & string,
): void {
  if (typeof definition[method] !== 'function')
    throw new WeftError(code, `${what} has no function '${method}'`, `define it with ${method}(…) { … }`);
  const options =
    schema === undefined ? undefined : (definition[schema] as { readonly safeParse?: unknown } | undefined);
  if (schema !== undefined && typeof options?.safeParse !== 'function')
    throw new WeftError(
      code,
      `the ${schema} of ${what} are no schema`,
      `define them with ${schema}: z.strictObject({ … }), empty if there are none`,
    );
}

/** The tensors; throws a WeftError that names the part unless each has a name and the shape of one of `given`. */
export function requireLike(part: Part, method: string, tensors: unknown, given: NamedTensors): NamedTensors {
  const wrong = (found: string): WeftError =>
    new WeftError(
      part.code,
      `${part.what} returns ${found} from '${method}'`,
      `return float32 tensors by the names and in the shapes of those that '${method}' is given`,
    );
  if (!isRecord(tensors)) throw wrong(shown(tensors));
  for (const [name, tensor] of Object.entries(tensors)) {
    const known = Object.hasOwn(given, name) ? given[name] : undefined;
    if (!known) throw wrong(`'${name}', which is not among the given names,`);
    if (!isTensor(tensor)) throw wrong(`${shown(tensor)} for '${name}'`);
    if (tensor.isDisposed) throw wrong(`a tensor for '${name}' that it has disposed of`);
    if (tensor.dtype !== 'float32' || tensor.shape.join() !== known.shape.join())
      throw wrong(`a tensor ${tensor.dtype} [${tensor.shape.join(', ')}] for '${name}' [${known.shape.join(', ')}]`);
  }
  return tensors as NamedTensors;
}

/** The snapshot; throws a WeftError that names the part unless a checkpoint can hold it. */
export function requireSnapshot<S>(part: Part, snapshot: S): S {
  const problem = snapshotProblem(snapshot);
  if (problem === undefined) return snapshot;
  throw new WeftError(
    part.code,
    `${part.what} cannot be saved: ${problem}`,
    "return { tensors, state } from 'snapshot': tensors by name, and anything that JSON can hold",
  );
}

function snapshotProblem(snapshot: unknown): string | undefined {
  if (!isRecord(snapshot) || !isRecord(snapshot['tensors'])) return 'its snapshot has no tensors';
  const [stranger] =
    Object.entries(snapshot['tensors']).find(([, tensor]) => !isTensor(tensor) || tensor.isDisposed) ?? [];
  if (stranger !== undefined) return `'${stranger}' in its snapshot is no tensor, or one that it has disposed of`;
  try {
    return JSON.stringify(snapshot['state']) === undefined ? 'its snapshot has no state' : undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

const isTensor = (value: unknown): value is Tensor => isRecord(value) && 'dtype' in value && 'isDisposed' in value;
