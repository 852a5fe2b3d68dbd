/**
 * Optimizers, preconditioners, regularizers, objectives and proxies of the user's own: a configuration names one as
 * `{name: own, part: NAME, options: {…}}`, and the program that runs it supplies the part itself.
 */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { inOwnCode, type Part } from '../own-errors.js';

export type OwnKind = 'optimizer' | 'preconditioner' | 'regularizer' | 'objective' | 'proxy';

/** A part that was defined outside of Weft. */
export interface OwnPart<Setting = never, Made = unknown, O extends object = object> {
  readonly kind: `weft-${Exclude<OwnKind, 'proxy'>}`;
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description: string;
  readonly options: z.ZodType<O, unknown>;
  create(options: unknown, setting: Setting): Made;
}

/** A proxy that was defined outside of Weft; see `defineProxy`. */
export interface OwnProxy {
  readonly kind: 'weft-proxy';
  readonly name: string;
}

export interface OwnDefinition<Setting, Made, O extends object> {
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description?: string;
  /** The options with their defaults and limits. */
  readonly options: z.ZodType<O, unknown>;
  create(options: O, setting: Setting): Made;
}

/** A part of the user's own in error messages. */
export const partOf = (kind: OwnKind, name: string): Part => ({
  code: 'config',
  what: `the ${kind} '${name}'`,
  own: true,
});

/** The parts that were given, by the names that configurations have for them. */
export type OwnParts = ReadonlyMap<string, OwnPart | OwnProxy>;

/** A part whose options are checked before it is built. */
export function defineOwn<Setting, Made, O extends object>(
  kind: Exclude<OwnKind, 'proxy'>,
  { name, description = '', options, create }: OwnDefinition<Setting, Made, O>,
): OwnPart<Setting, Made, O> {
  return {
    kind: `weft-${kind}`,
    name,
    description,
    options,
    create(input, setting) {
      const part = partOf(kind, name);
      const parsed = inOwnCode(part, () => options.safeParse(input ?? {}));
      if (!parsed.success)
        throw new WeftError('config', `options of the ${kind} '${name}':\n${z.prettifyError(parsed.error)}`);
      return inOwnCode(part, () => create(parsed.data, setting));
    },
  };
}

/** The entry of a configuration for the user's own part. */
export const ownSchema = z.strictObject({
  name: z.literal('own'),
  part: z.string().min(1).describe('its name, or the file that defines it'),
  options: z.record(z.string(), z.unknown()).default({}).describe('its own options'),
});

/** The entry of a configuration for the user's own proxy, which has no options. */
export const ownProxySchema = ownSchema.omit({ options: true });

/**
 * Builds the part that a configuration names; throws WeftError('config') where it was not given, or is of another kind.
 */
export function createOwn<Made>(
  kind: Exclude<OwnKind, 'proxy'>,
  { part, options }: z.output<typeof ownSchema>,
  setting: { readonly own?: OwnParts | undefined },
): Made {
  const found = givenPart(kind, part, setting.own) as OwnPart;
  return found.create(options, setting as never) as Made;
}

/**
 * The part of this kind by the name that the configuration has for it; throws WeftError('config') where it was not
 * given, or is of another kind.
 */
export function givenPart(kind: OwnKind, part: string, own: OwnParts | undefined): OwnPart | OwnProxy {
  const found = own?.get(part);
  if (!found)
    throw new WeftError(
      'config',
      `the ${kind} '${part}' is your own code, but it is not defined here`,
      'give it with `parts`, for example runSearch({ parts: [yours] }), or name its file: part: ./my-part.ts',
    );
  if (found.kind !== `weft-${kind}`)
    throw new WeftError(
      'config',
      `'${part}' has the kind ${found.kind.slice('weft-'.length)}, but the kind ${kind} is needed`,
    );
  return found;
}
