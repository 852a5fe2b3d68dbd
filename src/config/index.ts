export {
  checkConfig,
  loadConfig,
  loadWritten,
  mergeConfig,
  type Override,
  parseOverride,
  parseOverrides,
  withOverrides,
  type RawConfig,
} from './load.js';
export { isFileOfWeights, type NamedOwnPart, ownPartsIn, renameOwnParts, withAbsolutePaths } from './own-parts.js';
export { augmentSchema } from './augment-schema.js';
export { configSchema, type SearchConfig, type SearchConfigInput } from './schema.js';
