/**
 * The transition from training only the largest network to all sizes: channels are sorted by importance, so that
 * smaller networks start with the best ones.
 */
import { emptyState } from '../chain/state.js';
import { channelGroups, sortChannels } from '../supernet/channels.js';
import { disposeNamed } from '../tensor/named.js';
import { type SearchSession } from './session.js';

/**
 * Sorts the channels of the shared weights; the optimizer starts afresh, since its state belongs to the previous order.
 */
export function sortAfterLargest({ emit, space, state, supernet }: SearchSession): void {
  supernet.store.assign(sortChannels(space, supernet.store));
  disposeNamed(supernet.state.tensors);
  supernet.state = emptyState;
  emit({ type: 'channels-sorted', epoch: state.epoch, groups: channelGroups(space.supernet).length });
}
