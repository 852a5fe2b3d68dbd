export { checkConfig, loadConfig, mergeConfig, parseOverride, type RawConfig } from './load.js';
export { configSchema, type SearchConfig, type SearchConfigInput } from './schema.js';
