/**
 * Groups of channels of an elastic space, sorted by importance. Smaller networks read leading channels, so the most
 * important ones should come first before small networks are trained (Cai et al. 2020, arXiv 1908.09791, section 3.2).
 */
import { type NodeAttributes, type SupernetGraph } from '../graph/nodes.js';
import { weightsPrefix } from '../graph/activate.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { type Weights } from './parameter-store.js';

/**
 * Channels whose order does not matter: if they are reordered along all of these axes together, every network that
 * reads all of them computes the same.
 */
export interface ChannelGroup {
  /** Number of channels at full size. */
  readonly channels: number;
  /** Number of channels that stay together, such as those of an attention head; 1 by default. */
  readonly block: number;
  /** The axes of parameters and statistics that run along them. */
  readonly axes: readonly { readonly name: string; readonly axis: number }[];
  /** The axes of the kernels that read them, whose entries measure how important a channel is. */
  readonly readers: readonly { readonly name: string; readonly axis: number }[];
}

type OperationNode = Extract<NodeAttributes, { kind: 'operation' }>;

/** The groups of channels that some network of the space reads only partly. */
export function channelGroups({ graph, order, input, head }: SupernetGraph): ChannelGroup[] {
  const sets = disjointSets();
  const fixed = new Set<string>();
  const output = (node: string): string => `${node}>`;
  const places: { set: string; name: string; axis: number; length: number; isReader: boolean; shrinks: boolean }[] = [];
  const blocks = new Map<string, number>();

  fixed.add(output(input));
  fixed.add(output(head));
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    const sources = graph.mapInNeighbors(name, (source) => source);
    if (node.kind === 'input') continue;
    if (node.kind !== 'operation') {
      for (const source of sources) {
        sets.join(output(name), output(source));
        if (node.kind === 'combine' && node.combination === 'concat') fixed.add(output(source));
      }
      continue;
    }
    const known = readChannels(node, name);
    if (!known || sources.length !== 1) {
      for (const place of [name, ...sources]) fixed.add(output(place));
      continue;
    }
    const { channels, prefix, built } = known;
    const setOf = (group: number): string =>
      group === 0 ? output(sources[0]!) : group === channels.output ? output(name) : `${name}#${group}`;
    if (channels.output === 0) sets.join(output(name), output(sources[0]!));
    for (const [group, size] of Object.entries(channels.blocks ?? {})) blocks.set(setOf(Number(group)), size);
    for (const [local, groups] of Object.entries(channels.axes)) {
      const spec = built.parameters[local] ?? built.statistics?.[local];
      if (!spec) continue;
      const first = groups.find((group) => group !== undefined);
      const mixes = new Set(groups.filter((group) => group !== undefined)).size > 1;
      groups.forEach((group, axis) => {
        if (group === undefined) return;
        places.push({
          set: setOf(group),
          name: `${prefix}/${local}`,
          axis,
          length: spec.shape[axis]!,
          isReader: mixes && group === first,
          shrinks: !!node.elastic?.some(
            (member) =>
              (member.built.parameters[local] ?? member.built.statistics?.[local])!.shape[axis]! < spec.shape[axis]!,
          ),
        });
      });
    }
  }
  const fixedSets = new Set([...fixed].map(sets.find));
  const byset = new Map<string, typeof places>();
  for (const place of places) {
    const set = sets.find(place.set);
    if (!fixedSets.has(set)) byset.set(set, [...(byset.get(set) ?? []), place]);
  }
  const blockOf = (set: string): number => [...blocks].find(([member]) => sets.find(member) === set)?.[1] ?? 1;
  return (
    [...byset]
      .filter(([, members]) => members.some(({ shrinks }) => shrinks) && members.some(({ isReader }) => isReader))
      // Where one of two tensors is selected and they have other numbers of channels, no order is that of both.
      .filter(([, members]) => members.every(({ length }) => length === members[0]!.length))
      .map(([set, members]) => ({
        channels: members[0]!.length,
        block: blockOf(set),
        axes: members.map(({ name, axis }) => ({ name, axis })),
        readers: members.filter(({ isReader }) => isReader).map(({ name, axis }) => ({ name, axis })),
      }))
  );
}

/** The channel axes of an operation whose weights have a fixed shape; undefined if they are unknown. */
function readChannels(node: OperationNode, name: string) {
  const [[key, built] = []] = node.built;
  if (node.built.size !== 1 || !built?.channels || (node.member && !node.elastic)) return undefined;
  return { channels: built.channels, built, prefix: weightsPrefix(name, node, key!) };
}

/** The indices of a group's channels, most important first: Σ |W[…, j, …]| over the kernels that read channel j. */
export function channelOrder({ channels, block, readers }: ChannelGroup, parameters: NamedTensors): number[] {
  const importance = tidy(() =>
    tf
      .addN(
        readers.map(({ name, axis }) => {
          const kernel = parameters[name]!;
          return tf.sum(
            tf.abs(kernel),
            kernel.shape.map((_, other) => other).filter((other) => other !== axis),
          );
        }),
      )
      .reshape([channels / block, block])
      .sum(1)
      .dataSync(),
  );
  return [...importance]
    .map((value, place) => ({ value, place }))
    .sort((a, b) => b.value - a.value || a.place - b.place)
    .flatMap(({ place }) => Array.from({ length: block }, (_, i) => place * block + i));
}

/**
 * New values of a space's parameters and statistics with the channels of every group sorted by importance; those that
 * keep their order are left out, and the caller owns the result (`store.assign` takes it). Networks that read all
 * channels of every group compute the same as before; smaller ones now read the most important channels.
 *
 * @example
 * store.assign(sortChannels(space, store));
 */
export function sortChannels(
  { supernet }: { readonly supernet: SupernetGraph },
  { parameters, statistics }: Weights,
): NamedTensors {
  const all = { ...parameters, ...statistics };
  const moves = new Map<string, { axis: number; places: readonly number[] }[]>();
  for (const group of channelGroups(supernet)) {
    const places = channelOrder(group, parameters);
    if (places.every((place, i) => place === i)) continue;
    for (const { name, axis } of group.axes) moves.set(name, [...(moves.get(name) ?? []), { axis, places }]);
  }
  return Object.fromEntries(
    [...moves].map(([name, steps]) => [
      name,
      tidy(() =>
        steps.reduce<Tensor>(
          (tensor, { axis, places }) => tf.gather(tensor, tf.tensor1d([...places], 'int32'), axis),
          all[name]!,
        ),
      ),
    ]),
  );
}

/** Union-find over names. */
function disjointSets(): { find(name: string): string; join(a: string, b: string): void } {
  const parents = new Map<string, string>();
  const find = (name: string): string => {
    const parent = parents.get(name);
    if (parent === undefined || parent === name) return name;
    const root = find(parent);
    parents.set(name, root);
    return root;
  };
  return { find, join: (a, b) => void parents.set(find(a), find(b)) };
}
