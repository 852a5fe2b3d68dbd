export { type Catalogue, catalogue, childCatalogue } from './catalogue.js';
export { type ChannelGroup, channelGroups, channelOrder, sortChannels } from './channels.js';
export { type Child, createChild, deployedChild, deployedWeights } from './child.js';
export { createParameterStore, type ParameterStore, type Weights } from './parameter-store.js';
export { createRelaxedChild, requireRelaxable } from './relaxed-child.js';
export { forwardTogether } from './forward-together.js';
