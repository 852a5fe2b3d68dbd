/** Two architectures of a space overlaid: shared parts are plain, parts of only one are in its colour. */
import { type SearchSpace } from '../../graph/define-space.js';
import { captionOf, describeShared, type Heat, optionIndex, optionOf, type Outline, outline } from './outline.js';
import { usedParts } from './usage.js';

/** What each architecture has at one place: the operation or the inputs; empty if it does not use the place. */
export interface Difference {
  readonly place: string;
  readonly a: string;
  readonly b: string;
}

/** The colour of parts that only one of the two has: `controller` for the first, `random` for the second. */
const ONLY = { a: { tone: -1, text: 'A' }, b: { tone: 1, text: 'B' } } as const satisfies Record<string, Heat>;
const BOTH: Heat = { tone: 0, text: 'both', plain: true };

/** The outline of the parts used by either of two architectures of a space. */
export function outlineDiff(space: SearchSpace, a: unknown, b: unknown): Outline {
  const { supernet } = space;
  const { graph, order } = supernet;
  const options = optionIndex(supernet);
  const [first, second] = [usedParts(space, a), usedParts(space, b)];
  const who = (inA: boolean, inB: boolean): Heat | undefined =>
    inA && inB ? BOTH : inA ? ONLY.a : inB ? ONLY.b : undefined;
  const node = (name: string): Heat | undefined => who(first.nodes.has(name), second.nodes.has(name));
  const share = (heat: Heat): number => (heat.plain ? 1 : 0.5);
  const inputsOf = (name: string) =>
    graph
      .mapInEdges(name, (edge, { position }, source) => ({
        name: source,
        heat: who(first.edges.has(edge), second.edges.has(edge)),
        position,
      }))
      .sort((one, other) => one.position - other.position)
      .flatMap(({ heat, ...input }) => (heat ? [{ ...input, heat, share: share(heat) }] : []));
  return outline(
    order
      .filter((name) => optionOf(name, supernet) === undefined && node(name) !== undefined)
      .map((name) => {
        const attributes = graph.getNodeAttributes(name);
        const shape = attributes.shapes[0]!;
        const picked = graph
          .inNeighbors(name)
          .filter((source) => optionOf(source, supernet) !== undefined && source.startsWith(`${name}/`))
          .flatMap((source) => {
            const heat = node(source);
            const label = optionOf(source, supernet)!;
            return heat ? [{ source, name: label, index: options.get(label)!, share: share(heat), heat }] : [];
          });
        if (picked.length === 0) return { name, shape, inputs: inputsOf(name), ...describeShared(name, attributes) };
        const same = picked.length === 1 && picked[0]!.heat.plain === true;
        const inputs = new Map(
          picked.flatMap(({ source }) => inputsOf(source)).map((input) => [input.name, input] as const),
        );
        const heat = node(name)!;
        return {
          name,
          shape,
          // All options of a choice have the same inputs: an architecture that uses the choice uses these inputs.
          inputs: [...inputs.values()].map((input) => ({ ...input, heat, share: share(heat) })),
          role: same ? ('choice' as const) : ('choices' as const),
          label: same ? picked[0]!.name : name,
          ...captionOf(name),
          options: picked.map((option) => ({ ...option, heat: same ? undefined : option.heat })),
        };
      }),
  );
}

/** The decisions in which two architectures differ, by their path in the space. */
export function differences(a: unknown, b: unknown): Difference[] {
  const [first, second] = [flatChoices(a), flatChoices(b)];
  const places = new Set([...first.keys(), ...second.keys()]);
  return [...places].flatMap((place) => {
    const [one, other] = [first.get(place) ?? '', second.get(place) ?? ''];
    return one === other ? [] : [{ place, a: one, b: other }];
  });
}

/** An architecture as a list of paths with the chosen values; a list of flags as the indices of those that are set. */
function flatChoices(value: unknown, path: string[] = []): Map<string, string> {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'boolean')) {
    const set = value.flatMap((flag, i) => (flag ? [i] : []));
    return new Map([[path.join('.'), set.length > 0 ? set.join(', ') : 'none']]);
  }
  if (typeof value === 'object' && value !== null)
    return new Map(Object.entries(value).flatMap(([name, part]) => [...flatChoices(part, [...path, name])]));
  return new Map([[path.join('.'), String(value)]]);
}
