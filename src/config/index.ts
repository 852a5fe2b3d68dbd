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
export { type NamedOwnPart, ownPartsIn, renameOwnParts, withAbsolutePaths } from './own-parts.js';
export { augmentSchema, configSchema, type SearchConfig, type SearchConfigInput } from './schema.js';
