/** From the largest network alone to all sizes: its channels are sorted by importance, so that smaller networks begin with the best of them. */
import { emptyState } from '../chain/state.js';
import { channelGroups, sortChannels } from '../supernet/channels.js';
import { disposeNamed } from '../tensor/named.js';
import { type SearchSession } from './session.js';

/** Sorts the channels of the shared weights; the optimizer starts again, since what it remembers belongs to the order before. */
export function sortAfterLargest({ emit, space, state, supernet }: SearchSession): void {
  supernet.store.assign(sortChannels(space, supernet.store));
  disposeNamed(supernet.state.tensors);
  supernet.state = emptyState;
  emit({ type: 'channels-sorted', epoch: state.epoch, groups: channelGroups(space.supernet).length });
}
