/** A trained network as files for others: TensorFlow.js in browsers and Node, and anything that reads safetensors. */
import { encodeSafetensors, packageVersion } from '../runs/index.js';
import { type Model } from '../search/model.js';
import { browserBundle } from '../tensor/browser-bundle.js';
import { describeArchitecture } from './describe.js';
import { factsOf, type FactsOptions } from './facts.js';
import { graphModel } from './graph-model.js';
import { modelCard } from './model-card.js';
import { modelFiles } from './model-files.js';
import { demoPage, hasPage } from './page/index.js';
import { readme } from './readme.js';

export { type InputContract, type ModelFacts, type Results } from './facts.js';
export type ExportOptions = FactsOptions;

/**
 * The files of an exported network by name: `model.json` with its weights, `model.safetensors`, `architecture.json`, a README, the
 * model card `MODEL.md`, and a page that tries it, which prepares its inputs exactly as training did.
 */
export async function exportModel(
  model: Model,
  options: ExportOptions = {},
): Promise<Record<string, Uint8Array | string>> {
  const { card, child, space, store, normalization } = model;
  const { kind, inputShape, classes } = card.task;
  const facts = factsOf(model, options);
  const generatedBy = `weft-nas ${packageVersion}`;
  const artifacts = await graphModel(
    { child, store, normalization, inputShape, ...(kind === 'language' && { tokens: classes }) },
    generatedBy,
    { ...facts },
  );
  return {
    ...modelFiles(artifacts),
    'model.safetensors': encodeSafetensors({ ...store.parameters, ...store.statistics }),
    'architecture.json': `${JSON.stringify(describeArchitecture(model), null, 2)}\n`,
    'README.md': readme(space.name, card),
    'MODEL.md': modelCard(facts, generatedBy),
    ...(hasPage(facts) && { 'index.html': demoPage(facts), 'tf.min.js': browserBundle() }),
  };
}
