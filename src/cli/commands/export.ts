/** `weft export`: a run's trained network as files for others. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkConfig } from '../../config/index.js';
import { whiteOf } from '../../data/index.js';
import { WeftError } from '../../errors.js';
import { exportModel, type Results } from '../../export/index.js';
import { makeFolder, openRun, readSummary, writeFolderAtomic } from '../../runs/index.js';
import { loadModel } from '../../search/model.js';
import { loadBackend } from '../../tensor/backend.js';
import { createOutput, show } from '../output.js';
import { permitted, type TrustOptions } from '../../api/trust.js';
import { loadSpace } from '../../api/registry.js';

/** Writes the exported network into a folder of its own; a former export there is replaced, anything else is not. */
export async function exportRun(
  directory: string,
  options: TrustOptions & { out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput(options);
  const run = openRun(directory);
  const folder = resolve(options.out ?? join(run.path, 'export'));
  if (!isReplaceable(folder))
    throw new WeftError('export', `${folder} is a file, or has other files in it`, 'choose a new folder with --out');
  await loadBackend('cpu');
  const model = await loadModel(run.path, (name) => loadSpace(permitted('space', name, run.path, options)));
  try {
    const { source, charset } = checkConfig(run.config).data;
    const files = await exportModel(model, {
      largestPixel: whiteOf(source),
      record: run.manifest.facts['data'],
      charset,
      results: resultsOf(run.path),
      onLeftOut: (file, { message }) => output.say(`no ${file}: ${message}`),
    });
    makeFolder(dirname(folder));
    writeFolderAtomic(folder, files);
    output.emit({ type: 'exported', run: run.path, folder, files: Object.keys(files) });
    output.say(`wrote ${show(folder)}`);
    for (const [name, content] of Object.entries(files))
      output.say(`      ${name.padEnd(24)} ${formatBytes(Buffer.byteLength(content))}`);
    output.say(
      `next  npx http-server ${show(folder)}    (and open the page it names; ${show(join(folder, 'README.md'))} shows how to load the network)`,
    );
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

const formatBytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
