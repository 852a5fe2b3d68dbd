/** How an operation treats channels (the last axis of its inputs and outputs), so that they can be reordered. */

export interface Channels {
  /**
   * For each axis of each parameter and statistic, the number of the channel group that it runs along; undefined if
   * none (the window of a kernel). Group 0 is the input's channels. If the channels of a group are reordered along all
   * of these axes at once, the operation computes the same.
   */
  readonly axes: Readonly<Record<string, readonly (number | undefined)[]>>;
  /** The group of the output's channels; 0 if channel i of the output depends only on channel i of the input. */
  readonly output: number;
  /**
   * For groups whose channels move only in blocks of neighbours, such as those of an attention head: the number of
   * channels per block.
   */
  readonly blocks?: Readonly<Record<number, number>>;
}

/**
 * Channels go through one by one, all in the same way; `axes` names the parameters that have an entry for each of them
 * along their last axis.
 */
export function channelwise(...locals: readonly string[]): Channels {
  return { axes: Object.fromEntries(locals.map((local) => [local, [0]])), output: 0 };
}

/**
 * The channels of a sequence of operations, whose parameters are prefixed with the keys; undefined if one of them does
 * not declare its channels.
 */
export function chainedChannels(parts: readonly (readonly [string, Channels | undefined])[]): Channels | undefined {
  const axes: Record<string, readonly (number | undefined)[]> = {};
  const blocks: Record<number, number> = {};
  let current = 0;
  let next = 1;
  for (const [name, channels] of parts) {
    if (!channels) return undefined;
    const renumbered = new Map([[0, current]]);
    const numberOf = (group: number): number => {
      if (!renumbered.has(group)) renumbered.set(group, next++);
      return renumbered.get(group)!;
    };
    for (const [local, groups] of Object.entries(channels.axes))
      axes[`${name}/${local}`] = groups.map((group) => (group === undefined ? undefined : numberOf(group)));
    for (const [group, size] of Object.entries(channels.blocks ?? {})) blocks[numberOf(Number(group))] = size;
    current = numberOf(channels.output);
  }
  return { axes, output: current, ...(Object.keys(blocks).length > 0 && { blocks }) };
}
