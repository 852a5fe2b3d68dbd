/** How an operation treats channels (the last axis of what goes in and out), so that they can be put into another order. */

export interface Channels {
  /**
   * Of each parameter and statistic, for each axis, the number of the group of channels that it runs along; undefined where it runs along none
   * (the window of a kernel). Group 0 is that of the input's channels. Where the channels of a group are put into another order along all of
   * these axes at once, the operation computes the same.
   */
  readonly axes: Readonly<Record<string, readonly (number | undefined)[]>>;
  /** The group of the output's channels; 0 where channel i of the output is made of channel i of the input alone. */
  readonly output: number;
  /** Of groups whose channels move only in blocks of neighbours, as those of an attention head: channels in a block. */
  readonly blocks?: Readonly<Record<number, number>>;
}

/** Channels go through one by one, all in the same way; `axes` names the parameters that have an entry for each of them along their last axis. */
export function channelwise(...locals: readonly string[]): Channels {
  return { axes: Object.fromEntries(locals.map((local) => [local, [0]])), output: 0 };
}

/** The channels of operations one after another, whose parameters are named by the keys; undefined where one of them does not say. */
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
