/** A run's trained network as files for others. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkConfig } from '../config/index.js';
import { whiteOf } from '../data/index.js';
import { WeftError } from '../errors.js';
import { exportModel, type Results } from '../export/index.js';
import { makeFolder, openRun, readSummary, writeFolderAtomic } from '../runs/index.js';
import { loadModel } from '../search/model.js';
import { loadBackend } from '../tensor/backend.js';
import { spaceOfModel, type SpaceOptions } from './recorded-run.js';

export interface ExportOptions extends SpaceOptions {
  /** The folder; `RUN/export` by default. */
  readonly out?: string | undefined;
  /** Hears of a file that cannot hold this network, and why. */
  readonly onLeftOut?: ((file: string, reason: WeftError) => void) | undefined;
}

export interface ExportOutcome {
  /** The run's directory. */
  readonly run: string;
  readonly folder: string;
  /** Bytes of each file. */
  readonly files: Readonly<Record<string, number>>;
}

/** See `exportRun` in index.ts. */
export async function exportRun(
  directory: string,
  { out, onLeftOut, ...options }: ExportOptions = {},
): Promise<ExportOutcome> {
  const run = openRun(directory);
  const folder = resolve(out ?? join(run.path, 'export'));
  if (!isReplaceable(folder))
    throw new WeftError('export', `${folder} is a file, or has other files in it`, 'choose a new folder with --out');
  await loadBackend('cpu');
  const model = await loadModel(run.path, () => spaceOfModel(run.path, options));
  try {
    const { source, charset } = checkConfig(run.config).data;
    const files = await exportModel(model, {
      largestPixel: whiteOf(source),
      record: run.manifest.facts['data'],
      charset,
      results: resultsOf(run.path),
      ...(onLeftOut && { onLeftOut }),
    });
    makeFolder(dirname(folder));
    writeFolderAtomic(folder, files);
    const sizes = Object.entries(files).map(([name, content]) => [name, Buffer.byteLength(content)]);
    return { run: run.path, folder, files: Object.fromEntries(sizes) as Record<string, number> };
  } finally {
    model.store.dispose();
  }
}

/** What the run has found out about its network. */
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

/** Whether nothing of the user's is lost when the folder is replaced: it is new, empty, or an export and nothing else. */
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
