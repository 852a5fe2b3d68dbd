/** A trained network as files for others: TensorFlow.js in browsers and Node, and anything that reads safetensors. */
import { encodeSafetensors, packageVersion } from '../runs/index.js';
import { type Model } from '../search/model.js';
import { browserBundle } from '../tensor/browser-bundle.js';
import { demoPage } from './demo-page.js';
import { describeArchitecture } from './describe.js';
import { graphModel } from './graph-model.js';
import { modelFiles } from './model-files.js';
import { readme } from './readme.js';

export interface ExportOptions {
  /** What white is in the data set; 255 by default. For the demo page only. */
  readonly largestPixel?: number;
}

/** The files of an exported network by name: `model.json` with its weights, `model.safetensors`, `architecture.json`, a README, a demo page. */
export async function exportModel(
  model: Model,
  { largestPixel = 255 }: ExportOptions = {},
): Promise<Record<string, Uint8Array | string>> {
  const { card, child, space, store, normalization } = model;
  const { kind, inputShape, classes } = card.task;
  const facts = {
    space: space.name,
    architecture: card.architecture,
    classNames: card.classNames,
    inputShape,
    normalization,
    largestPixel,
    ...(card.level && { level: card.level }),
  };
  const artifacts = await graphModel(
    { child, store, normalization, inputShape, ...(kind === 'language' && { tokens: classes }) },
    `weft-nas ${packageVersion}`,
    facts,
  );
  const isImage = inputShape.length === 3 && inputShape[0]! > 1 && inputShape[1]! > 1;
  return {
    ...modelFiles(artifacts),
    'model.safetensors': encodeSafetensors({ ...store.parameters, ...store.statistics }),
    'architecture.json': `${JSON.stringify(describeArchitecture(model), null, 2)}\n`,
    'README.md': readme(space.name, card),
    ...(isImage && { 'index.html': demoPage(space.name), 'tf.min.js': browserBundle() }),
  };
}
