export { checkConfig, loadConfig, mergeConfig, parseOverride, type RawConfig } from './load.js';
export { augmentSchema, configSchema, type SearchConfig, type SearchConfigInput } from './schema.js';
