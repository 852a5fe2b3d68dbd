/** Exports a trained network to files: TensorFlow.js for browsers and Node, ONNX, and safetensors. */
import { WeftError } from '../errors.js';
import { encodeSafetensors, packageVersion } from '../runs/index.js';
import { type Model } from '../search/model.js';
import { browserBundle } from '../tensor/browser-bundle.js';
import { type BatchSource } from '../training/batch.js';
import { describeArchitecture } from './describe.js';
import { factsOf, type FactsOptions, type ModelFacts } from './facts.js';
import { tracedModel, type TrainedChild } from './graph-model.js';
import { measureRounding } from './measure-rounding.js';
import { modelCard } from './model-card.js';
import { modelFiles } from './model-files.js';
import { onnxModel } from './onnx/index.js';
import { demoPage, hasPage } from './page/index.js';
import { readme } from './readme.js';
import { type RoundedType, roundWeights } from './rounding.js';

export { agrees, type CheckedFile, checkFiles, type UncheckedFile } from './check.js';
export { exampleInputs } from './graph-model.js';
export type { InputContract, ModelFacts, Results, Rounding } from './facts.js';
export type { RoundedType } from './rounding.js';

export interface ExportOptions extends FactsOptions {
  /** Called with a file format that does not support the network, and the reason. */
  readonly onLeftOut?: (file: string, reason: WeftError) => void;
  /**
   * Reduced weight precision in `model.json` and `model.onnx`, and the test examples on which its effect is measured.
   */
  readonly rounding?: { readonly weights: RoundedType; readonly test: BatchSource };
}

/**
 * The files of an exported network by name: `model.json` with its weights, `model.onnx`, `model.safetensors`,
 * `architecture.json`, a README, the model card `MODEL.md`, and a page for trying it out, which preprocesses inputs
 * exactly as in training.
 */
export async function exportModel(
  model: Model,
  { onLeftOut, rounding, ...options }: ExportOptions = {},
): Promise<Record<string, Uint8Array | string>> {
  const { card, space, store } = model;
  const { inputShape } = card.task;
  const generatedBy = `weft-nas ${packageVersion}`;
  const { program, artifacts: exact } = await tracedModel(trainedOf(model), generatedBy, {});
  const rounded = rounding && { ...exact, ...roundWeights(exact, rounding.weights) };
  const facts: ModelFacts = {
    ...factsOf(model, options),
    ...(rounded && { rounding: await measureRounding(model, { exact, rounded }, rounding.weights, rounding.test) }),
  };
  const artifacts = { ...(rounded ?? exact), userDefinedMetadata: { ...facts } };
  const onnx = unlessRefused(
    () =>
      onnxModel(program, {
        inputShape,
        name: space.name,
        producer: ['weft-nas', packageVersion],
        rounded: rounding?.weights,
        metadata: { weft: JSON.stringify(facts) },
      }),
    (error) => onLeftOut?.('model.onnx', error),
  );
  return {
    ...modelFiles(artifacts),
    ...(onnx && { 'model.onnx': onnx }),
    'model.safetensors': encodeSafetensors({ ...store.parameters, ...store.statistics }),
    'architecture.json': `${JSON.stringify(describeArchitecture(model), null, 2)}\n`,
    'README.md': readme(space.name, card, { onnx: onnx !== undefined }),
    'MODEL.md': modelCard(facts, generatedBy),
    ...(hasPage(facts) && { 'index.html': demoPage(facts), 'tf.min.js': browserBundle() }),
  };
}

/** The network with a description of its inputs. */
export function trainedOf({ card, child, store, normalization }: Model): TrainedChild {
  const { kind, inputShape, classes } = card.task;
  return {
    child,
    store,
    normalization,
    inputShape,
    ...(kind === 'language' && { tokens: classes }),
    ...(kind === 'multi-label' && { multiLabel: true }),
    ...(card.targets && { targets: card.targets }),
  };
}

/** The result; undefined if the format does not support the network, which is reported. */
function unlessRefused<T>(make: () => T, tell: (error: WeftError) => void): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof WeftError) || error.code !== 'export') throw error;
    tell(error);
    return undefined;
  }
}
