/** All studies by name, loaded when asked for: a new one is a line here. */
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { type Study } from './contract.js';

const STUDIES: Readonly<Record<string, () => Promise<Study>>> = {
  forgetting: async () => (await import('./forgetting/index.js')).forgetting,
  preconditioners: async () => (await import('./preconditioners/index.js')).preconditionersStudy,
  'two-model': async () => (await import('./two-model/index.js')).twoModel,
  'edge-of-stability': async () => (await import('./edge-of-stability/index.js')).edgeOfStability,
  'fine-tuning': async () => (await import('./fine-tuning/index.js')).fineTuning,
  'label-noise': async () => (await import('./label-noise/index.js')).labelNoise,
  'optimizer-cost': async () => (await import('./optimizer-cost/index.js')).optimizerCost,
  'stable-minima': async () => (await import('./stable-minima/index.js')).stableMinima,
  'zero-cost-proxies': async () => (await import('./zero-cost-proxies/index.js')).zeroCostProxies,
  'supernet-remedies': async () => (await import('./supernet-remedies/index.js')).supernetRemedies,
  'nas-bench-201': async () => (await import('./nas-bench-201/index.js')).nasBench201Study,
};

export const studyNames: readonly string[] = Object.keys(STUDIES);

/** The study with this name; throws WeftError('config') with the nearest known name. */
export async function loadStudy(name: string): Promise<Study> {
  const load = ownValue(STUDIES, name);
  if (!load) throw new WeftError('config', `there is no study '${name}'`, unknownNameHint(name, studyNames));
  return load();
}
