/** Defining a search strategy: a name, options with presets, and a function that sets it up for a space. */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { requireDefinition } from '../parts/checked.js';
import { checkedController } from './checked-controller.js';
import { type Controller, type ControllerFactory, type ControllerSetting } from './contract.js';

export interface ControllerDefinition<O extends object> {
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description: string;
  /** The options with their defaults and limits. */
  readonly options: z.ZodType<O, unknown>;
  /** Named sets of options, for example the constants of a paper. */
  readonly presets?: Readonly<Record<string, Partial<O>>>;
  /** Whether it begins with the architectures of `setting.start` where there are some; false by default. */
  readonly warmStart?: boolean;
  create<A>(options: O, setting: ControllerSetting<A>): Controller<A>;
}

/** Defines a controller; see `controllers/random.ts` for a short example. */
export function defineController<O extends object>(definition: ControllerDefinition<O>): ControllerFactory<O> {
  const { name, description, options, presets = {}, warmStart = false, create } = definition;
  const part: Part = { code: 'controller', what: `the controller '${name}'` };
  requireDefinition(part, definition, 'create', 'options');
  return {
    kind: 'weft-controller',
    name,
    description,
    options,
    presets,
    warmStart,
    create<A>(input: unknown, setting: ControllerSetting<A>) {
      const parsed = inOwnCode(part, () => options.safeParse(input ?? {}));
      if (!parsed.success)
        throw new WeftError('config', `options of the controller '${name}':\n${z.prettifyError(parsed.error)}`);
      return checkedController(
        part,
        inOwnCode(part, () => create(parsed.data, setting)),
        setting.space,
      );
    },
  };
}
