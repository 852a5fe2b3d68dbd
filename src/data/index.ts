export { summarizeData } from './data-summary.js';
export { checkAugmentation, type Augmentation } from './augment.js';
export {
  batches,
  epochOrder,
  makeBatch,
  type Batch,
  type Batches,
  type BatchesOptions,
  type OrderOptions,
} from './batches.js';
export { readCifarFolder } from './cifar10.js';
export { withColumns } from './columns.js';
export type { ForecastChange } from './forecast-change.js';
export { dateFeatures } from './csv/dates.js';
export { fieldsIn, separatorOf, valueIn } from './csv/fields.js';
export { windowsInText } from './csv/window-text.js';
export { pictureOf } from './encode-png.js';
export { embedded } from './embedded.js';
export { type Column, widthOf } from './csv/encoding.js';
export type { Charset } from './csv/decode.js';
export { laterCharset } from './csv/lines.js';
export { readCsv, type CsvOptions } from './csv.js';
export {
  classCounts,
  defineDataset,
  exampleSize,
  type Dataset,
  type DatasetFields,
  type Examples,
  type InputShape,
  type Source,
} from './dataset.js';
export { readDigits } from './digits.js';
export { findDataFile } from './find-file.js';
export { parseIdx, readIdxFolder, type IdxArray } from './idx.js';
export { readImageFolder, type ImageFolderOptions } from './image-folder.js';
export {
  collectDataset,
  type ExampleInput,
  type ExampleLabel,
  inMemory,
  type InputsAndLabels,
  isInMemory,
  type LabelledExample,
  type MemoryData,
  type MemoryPart,
  memorySource,
} from './memory.js';
export { resizePixels, scaleToWhite, toLuma, whiteOf } from './pixels.js';
export { hashFile, readBytes, readListed, requireFile } from './source.js';
export { defineData, isDataCode, type OwnData, type OwnDataDefinition } from './own.js';
export { decoderInWords, decoderLike, type Decoders, recordedDecoder, sayDecoders } from './decoder-names.js';
export { measureNormalization, type Normalization } from './normalization.js';
export {
  datasetDescriptions,
  datasetNames,
  findDataset,
  openDataset,
  openWithFitting,
  type Found,
  type OpenOptions,
  type Surroundings,
  nameOfTable,
} from './open.js';
export { readLastWindows, readSeries, type SeriesForm, type SeriesOptions } from './series.js';
export { prepareData, type DataConfig, type DataRecord, type PreparedData } from './prepare.js';
export {
  allExamples,
  assertDisjoint,
  mergeSplits,
  pickSplit,
  recordSplit,
  recordSplits,
  splitDataset,
  type Share,
  type Split,
  type SplitName,
  type SplitOptions,
  type SplitRecord,
  type Splits,
} from './split.js';
export { addLabelNoise, takeSubset, type Amount, type NoisySplit, type SubsetOptions } from './subset.js';
export { batchTensors, type BatchTensors, textTensors } from './to-tensors.js';
export { measureTargets, scaleTargets, type TargetScaling, unscaleTargets } from './targets.js';
export { textBatches, type TextBatch, type TextBatches, type TextBatchesOptions } from './text/batches.js';
export {
  type Corpus,
  type CorpusOptions,
  END_OF_LINE,
  makeCorpus,
  numbering,
  type TextLevel,
  type TextPartRecord,
  type TextParts,
  tokenize,
  tokensOf,
  UNKNOWN,
} from './text/corpus.js';
export {
  isText,
  type PreparedText,
  prepareText,
  readText,
  type TextConfig,
  textDescriptions,
  textNames,
  type TextRecord,
} from './text/open.js';
export { isRotating } from './rotate.js';
export { type InputForm, readPictures, readRows, type Unlabelled } from './unlabelled.js';
