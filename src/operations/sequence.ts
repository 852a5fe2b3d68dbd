/** Operations one after another as a single operation. */
import { buildOperation } from './build-operation.js';
import { chainedChannels } from './channels.js';
import { type BuiltOperation, multiplyAddsOf, type Operation, type Shape } from './operation.js';

/**
 * The operations in order; their parameters are named by the keys, for example
 * `sequence('sep-conv', { depthwise, pointwise })` has `depthwise/kernel` and `pointwise/kernel`.
 */
export function sequence(kind: string, parts: Readonly<Record<string, Operation>>): Operation {
  const names = Object.keys(parts);
  return {
    kind,
    elastic: names.every((name) => parts[name]!.elastic),
    ...(names.some((name) => parts[name]!.deployed) && {
      deployed: sequence(kind, Object.fromEntries(names.map((name) => [name, parts[name]!.deployed ?? parts[name]!]))),
    }),
    config: Object.fromEntries(names.map((name) => [name, { kind: parts[name]!.kind, ...parts[name]!.config }])),
    build(inputs) {
      let shapes: readonly Shape[] = inputs;
      const built = names.map((name) => {
        const part = buildOperation(parts[name]!, shapes);
        shapes = [part.output];
        return [name, part] as const;
      });
      return chained(built, shapes[0]!);
    },
  };
}

function chained(built: readonly (readonly [string, BuiltOperation])[], output: Shape): BuiltOperation {
  const prefixed = <T>(field: (part: BuiltOperation) => Readonly<Record<string, T>> | undefined): Record<string, T> =>
    Object.fromEntries(
      built.flatMap(([name, part]) =>
        Object.entries(field(part) ?? {}).map(([local, spec]) => [`${name}/${local}`, spec]),
      ),
    );
  const multiplyAdds = built.reduce<number | undefined>((sum, [, part]) => {
    const own = multiplyAddsOf(part);
    return sum === undefined || own === undefined ? undefined : sum + own;
  }, 0);
  const spare = prefixed((part) => part.spare);
  const channels = chainedChannels(built.map(([name, part]) => [name, part.channels]));
  return {
    output,
    ...(multiplyAdds !== undefined && { multiplyAdds }),
    fewestExamples: Math.max(1, ...built.map(([, part]) => part.fewestExamples ?? 1)),
    parameters: prefixed((part) => part.parameters),
    statistics: prefixed((part) => part.statistics),
    states: prefixed((part) => part.states),
    ...(Object.keys(spare).length > 0 && { spare }),
    ...(built.some(([, part]) => part.fold) && {
      fold: (parameter) =>
        Object.fromEntries(
          built.flatMap(([name, part]) =>
            Object.entries(part.fold?.((local) => parameter(`${name}/${local}`)) ?? {}).map(
              ([local, tensor]) => [`${name}/${local}`, tensor] as const,
            ),
          ),
        ),
    }),
    ...(channels && { channels }),
    forward: (inputs, context) =>
      built.reduce(
        (current, [name, part]) => [
          part.forward(current, {
            mode: context.mode,
            parameter: (local) => context.parameter(`${name}/${local}`),
            statistic: (local) => context.statistic(`${name}/${local}`),
            record: (local, value) => context.record(`${name}/${local}`, value),
            state: (local) => context.state(`${name}/${local}`),
            carry: (local, value) => context.carry(`${name}/${local}`, value),
            random: context.random,
            values: context.values,
          }),
        ],
        inputs,
      )[0]!,
  };
}
