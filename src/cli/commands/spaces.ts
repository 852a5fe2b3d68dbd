/** `weft spaces`: what can be searched and by which strategies. */
import { z } from 'zod';
import { createOutput } from '../output.js';
import { controllerNames, loadController, loadSpace, spaceNames } from '../../api/registry.js';

interface Described {
  readonly name: string;
  readonly description: string;
  readonly options: z.ZodType;
  readonly presets?: Readonly<Record<string, object>>;
}

/** Lists everything, or tells one space's or controller's options. */
export async function spaces(name: string | undefined, options: { json?: boolean }): Promise<void> {
  const output = createOutput(options);
  if (name !== undefined) {
    const described: Described = controllerNames.includes(name) ? await loadController(name) : await loadSpace(name);
    output.emit({
      type: 'space',
      name: described.name,
      description: described.description,
      options: z.toJSONSchema(described.options, { io: 'input' }),
    });
    output.say(`${described.name}: ${described.description}`);
    for (const line of optionLines(described.options)) output.say(`  ${line}`);
    if (described.presets && Object.keys(described.presets).length > 0)
      output.say(`  presets: ${Object.keys(described.presets).join(', ')}`);
    return;
  }
  for (const [title, names, load] of [
    ['search spaces', spaceNames, loadSpace],
    ['controllers', controllerNames, loadController],
  ] as const) {
    output.say(`${title}:`);
    for (const one of names) {
      const { description } = await load(one);
      output.emit({ type: title, name: one, description });
      output.say(`  ${one.padEnd(16)} ${description}`);
    }
  }
  output.say('next  weft spaces NAME for the options, weft init for a space of your own');
}

function optionLines(schema: z.ZodType): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const entries = Object.entries(properties).flatMap(([name, property]) =>
    typeof property === 'object' ? [[name, property] as const] : [],
  );
  return entries.map(([name, { type, default: fallback, description, enum: values }]) => {
    const form = values ? values.join(' | ') : String(type ?? 'value');
    return `${name.padEnd(16)} ${form}${fallback === undefined ? '' : `, default ${JSON.stringify(fallback)}`}${description ? `: ${description}` : ''}`;
  });
}
