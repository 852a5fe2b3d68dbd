/** Exports a run's trained network to files for other programs. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkConfig } from '../config/index.js';
import { whiteOf } from '../data/index.js';
import { WeftError } from '../errors.js';
import { exportModel, type ModelFacts, type Results, type RoundedType, type Rounding } from '../export/index.js';
import { openRun, readSummary, withFolder, writeFolderAtomic } from '../runs/index.js';
import { loadModel, type Model } from '../search/model.js';
import { catalogue } from '../supernet/catalogue.js';
import { loadBackend } from '../tensor/backend.js';
import { type BatchSource } from '../training/batch.js';
import { openRecorded, openRecordedData, spaceOfModel, type SpaceOptions } from './recorded-run.js';

export interface ExportOptions extends SpaceOptions {
  /** The folder; `RUN/export` by default. */
  readonly out?: string | undefined;
  /**
   * Reduced weight precision in `model.json` and `model.onnx`; requires the data of the run to measure the resulting
   * loss of accuracy.
   */
  readonly weights?: RoundedType | undefined;
  /** The current location of the run's data. */
  readonly data?: string | undefined;
  /** Called with a file format that cannot hold this network, and the reason. */
  readonly onLeftOut?: ((file: string, reason: WeftError) => void) | undefined;
}

export interface ExportOutcome {
  /** The run's directory. */
  readonly run: string;
  readonly folder: string;
  /** Size of each file in bytes. */
  readonly files: Readonly<Record<string, number>>;
  /** The effect of reduced precision on test examples. */
  readonly rounding?: Rounding;
}

/** See `exportRun` in index.ts. */
export async function exportRun(
  directory: string,
  { out, weights, data, onLeftOut, ...options }: ExportOptions = {},
): Promise<ExportOutcome> {
  const run = openRun(directory);
  const folder = resolve(out ?? join(run.path, 'export'));
  if (!isReplaceable(folder))
    throw new WeftError(
      'export',
      `${folder} is a file, or a folder with other files`,
      'choose a new folder with --out',
    );
  // Rounded weights are evaluated on the test part, on the best backend.
  await loadBackend(weights === undefined ? 'cpu' : undefined);
  const model = await loadModel(run.path, () => spaceOfModel(run.path, options));
  try {
    const { source, charset } = checkConfig(run.config).data;
    const files = await withFolder(dirname(folder), async () => {
      const made = await exportModel(model, {
        largestPixel: whiteOf(source, model.card.normalization),
        record: run.manifest.facts['data'],
        charset,
        results: resultsOf(run.path),
        ...(onLeftOut && { onLeftOut }),
        ...(weights !== undefined && { rounding: { weights, test: testPart(directory, data, model) } }),
      });
      writeFolderAtomic(folder, made);
      return made;
    });
    const sizes = Object.entries(files).map(([name, content]) => [name, Buffer.byteLength(content)]);
    const { rounding } = metadataOf(files);
    return {
      run: run.path,
      folder,
      files: Object.fromEntries(sizes) as Record<string, number>,
      ...(rounding && { rounding }),
    };
  } finally {
    model.store.dispose();
  }
}

const metadataOf = (files: Readonly<Record<string, Uint8Array | string>>): ModelFacts =>
  (JSON.parse(files['model.json'] as string) as { userDefinedMetadata: ModelFacts }).userDefinedMetadata;

/** The test part of the run's data, checked to be unchanged. */
function testPart(directory: string, data: string | undefined, { space }: Model): BatchSource {
  const recorded = openRecorded(directory, data === undefined ? {} : { data });
  const carries = catalogue(space.supernet).states.size > 0;
  return openRecordedData(recorded).batches(recorded.config, { carries }).test;
}

/** The run's results for its network. */
function resultsOf(run: string): Results {
  const summary = readSummary(run);
  if (!summary) return {};
  const { parameters, seed, test, assessment } = summary;
  return {
    seed,
    ...(typeof parameters === 'number' && { parameters }),
    ...(test && { test }),
    ...(assessment !== undefined && { assessment: assessment as unknown as NonNullable<Results['assessment']> }),
  };
}

/** Whether replacing the folder would lose nothing of the user's: it is new, empty, or an export and nothing else. */
function isReplaceable(folder: string): boolean {
  if (!existsSync(folder)) return true;
  if (!statSync(folder).isDirectory()) return false;
  const names = readdirSync(folder);
  const isExport =
    names.includes('model.json') && names.includes('architecture.json') && names.every((name) => EXPORTED.test(name));
  return names.length === 0 || isExport;
}

const EXPORTED =
  /^(model\.json|model\.safetensors|model\.onnx|architecture\.json|group1-shard\d+of\d+\.bin|README\.md|MODEL\.md|index\.html|tf\.min\.js)$/;
