/**
 * Damaged configurations, spaces, data files and runs: each gives something sound or an error that names it, and
 * nothing that was whole is lost.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { SPACE_TEMPLATE_JS, CONFIG_TEMPLATE } from '../../src/api/templates.js';
import { loadConfig } from '../../src/config/index.js';
import { openDataset } from '../../src/data/index.js';
import { WeftError } from '../../src/errors.js';
import { openResults, defineJob } from '../../src/jobs/index.js';
import {
  createRun,
  loadLatestCheckpoint,
  openJournal,
  openRun,
  readEvents,
  readSummary,
  runFiles,
  saveCheckpoint,
  writeSummary,
} from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { type Rng, stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { cifar, jpg, png, tinyMnist } from '../../test/data/files.js';
import { type Tally } from '../endurance.js';
import { mutateBytes, mutateText } from './mutate.js';

type Outcome = 'sound' | 'named' | 'crash';
type Counts = Record<Outcome | 'lost' | 'endless', number>;

export async function fuzz(count: number): Promise<Tally> {
  await loadBackend('cpu');
  const folder = mkdtempSync(join(tmpdir(), 'weft-fuzz-'));
  try {
    const parts: Record<string, Counts> = {
      configurations: fuzzConfigurations(folder, count),
      spaces: await fuzzSpaces(count),
      'data files': fuzzData(folder, count),
      'runs and checkpoints': fuzzRuns(folder, count),
    };
    const text = ({ sound, named, crash, lost, endless }: Counts): string =>
      `${sound + named + crash + endless} mutants: ${named} named errors, ${sound} still sound, ${crash} crashes, ${lost} things lost${endless > 0 ? `, ${endless} whose own code does not end` : ''}`;
    return {
      passed: Object.values(parts).every(({ crash, lost }) => crash + lost === 0),
      counts: Object.fromEntries(Object.entries(parts).map(([name, counts]) => [name, text(counts)])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const none = (): Counts => ({ sound: 0, named: 0, crash: 0, lost: 0, endless: 0 });

/** Counts the outcomes of a call; anything but a WeftError with a message is a crash. */
function attempt(counts: Counts, what: string, call: () => unknown): boolean {
  try {
    call();
    counts.sound++;
    return true;
  } catch (error) {
    if (error instanceof WeftError && error.message !== '') counts.named++;
    else {
      counts.crash++;
      console.error(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    return false;
  }
}

function fuzzConfigurations(folder: string, count: number): Counts {
  const rng = stream(1, 'fuzz configurations');
  const recipes = readdirSync('runs/recipes')
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join('runs/recipes', name), 'utf8'));
  const counts = none();
  for (let i = 0; i < count; i++) {
    const file = join(folder, 'weft.yaml');
    const text = mutateText(rng.pick([...recipes, CONFIG_TEMPLATE]), rng);
    writeFileSync(file, text);
    attempt(counts, `configuration ${i}\n${text}`, () => loadConfig(file));
  }
  return counts;
}

function fuzzData(folder: string, count: number): Counts {
  const mnist = tinyMnist();
  const images = 'train-images-idx3-ubyte';
  const sets: [Record<string, Uint8Array>, string][] = [
    [mnist, images],
    [mnist, 't10k-labels-idx1-ubyte'],
    [{ ...mnist, [images]: gzipSync(mnist[images]!) }, images],
    [{ 'data_batch_1.bin': cifar([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]) }, 'data_batch_1.bin'],
    [{ 'table.csv': Buffer.from('x,"y",label\n1,2.5,"a ""b"""\n3,-4e1,c\n5,6,c\n') }, 'table.csv'],
    [{ 'a/1.png': png(6, 5, (y, x) => [y * 40, x * 50, 9, 99]), 'b/1.png': png(6, 5, () => [1, 1, 1]) }, 'a/1.png'],
    [{ 'a/1.jpg': jpg(16, 12, (y, x) => [y * 16, x * 16, 9]), 'b/1.png': png(16, 12, () => [1, 1, 1]) }, 'a/1.jpg'],
  ];
  const rng = stream(1, 'fuzz data');
  const counts = none();
  sets.forEach(([files, mutated], index) => {
    const root = join(folder, `data${index}`);
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), bytes);
    }
    for (let i = index; i < count; i += sets.length) {
      writeFileSync(join(root, mutated), mutateBytes(files[mutated]!, rng));
      attempt(counts, `data ${mutated} ${i}`, () => openDataset(root));
    }
  });
  return counts;
}

/**
 * One file of a run is damaged: the run says so, or continues from an earlier checkpoint; the other files stay as they
 * are.
 */
function fuzzRuns(folder: string, count: number): Counts {
  const whole = makeRun(join(folder, 'whole'));
  const names = filesUnder(whole);
  const rng = stream(1, 'fuzz runs');
  const counts = none();
  for (let i = 0; i < count; i++) {
    const copy = join(folder, 'copy');
    cpSync(whole, copy, { recursive: true });
    const name = rng.pick(names);
    const before = readFileSync(join(whole, name));
    const damaged =
      rng.int(2) === 0 ? mutateBytes(before, rng) : Buffer.from(mutateText(before.toString('latin1'), rng), 'latin1');
    writeFileSync(join(copy, name), damaged);
    const opened = attempt(counts, `run ${name} ${i}`, () => {
      openRun(copy);
      readSummary(copy);
      for (const _ of readEvents(runFiles(copy).events));
      openResults(join(copy, 'results')).find(JOB.key);
      useCheckpoint(copy);
    });
    const checkpointDamaged = name.startsWith('checkpoints/') && !before.equals(damaged);
    if (checkpointDamaged && !opened) counts.lost++; // the other checkpoint was whole
    if (
      names.some((other) => other !== name && !readFileSync(join(copy, other)).equals(readFileSync(join(whole, other))))
    )
      counts.lost++;
    rmSync(copy, { recursive: true });
  }
  return counts;
}

const SPACE = 'space~123456';
const JOB = defineJob({ kind: 'k', payload: { a: 1 }, label: 'l' });

function makeRun(root: string): string {
  const run = createRun(root, { name: 'fuzzed', seed: 1, config: { seed: 1, list: [1, 2, 3] } });
  const journal = openJournal(runFiles(run.path).events);
  for (const step of [1, 2]) {
    journal.append({ type: 'step', step, loss: 1 / step });
    const weights = {
      kernel: tf.tensor([
        [step, 2],
        [3, 4],
      ]),
      bias: tf.scalar(step),
    };
    saveCheckpoint(run.path, SPACE, { step, tensors: { weights }, state: { step }, events: journal.sync() });
    disposeNamed(weights);
  }
  journal.close();
  writeSummary(
    run.path,
    { space: 's', controller: 'c', seed: 1, derived: { architecture: 'a' }, weights: 'w' },
    { elapsedSeconds: 1, peakMemoryMB: 1 },
  );
  openResults(join(run.path, 'results')).save({ key: JOB.key, kind: 'k', value: { b: 2 } });
  return run.path;
}

function useCheckpoint(path: string): void {
  const { step, tensors, state } = loadLatestCheckpoint(path, SPACE);
  const right = (state as { step: number }).step === step && tensors['weights']!['kernel']!.dataSync()[0] === step;
  for (const group of Object.values(tensors)) disposeNamed(group);
  if (!right) throw new Error('a damaged checkpoint was taken for whole');
}

const filesUnder = (path: string): string[] =>
  (readdirSync(path, { recursive: true }) as string[])
    .filter((name) => statSync(join(path, name)).isFile())
    .map((name) => relative(path, join(path, name)))
    .sort();

/**
 * Spaces are code: each batch is tried in a separate process, which is replaced where the code of a mutant does not
 * end.
 */
async function fuzzSpaces(count: number): Promise<Counts> {
  const folder = join('runs', 'endurance', 'spaces');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const rng: Rng = stream(1, 'fuzz spaces');
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `${i}.mjs`), mutateText(SPACE_TEMPLATE_JS, rng));
  const counts = none();
  for (let next = 0; next < count;) {
    const { tried, ended } = await trySpaces(folder, next, count, counts);
    next += tried;
    if (next >= count) break;
    // The process ended on this one, or did not end.
    if (ended) counts.endless++;
    else counts.crash++;
    if (!ended) console.error(`space ${next} ended the process`);
    next++;
  }
  rmSync(folder, { recursive: true });
  return counts;
}

const SILENCE_MS = 30_000;

function trySpaces(
  folder: string,
  from: number,
  to: number,
  counts: Counts,
): Promise<{ tried: number; ended: boolean }> {
  const child = spawn(
    process.execPath,
    [
      '--max-old-space-size=1024',
      '--import',
      'tsx',
      '--conditions=@weft-nas/source',
      fileURLToPath(new URL('space-mutants.ts', import.meta.url)),
      folder,
      String(from),
      String(to),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return new Promise((resolve) => {
    let tried = 0;
    let ended = false;
    let rest = '';
    const silent = (): NodeJS.Timeout =>
      setTimeout(() => {
        ended = true;
        child.kill('SIGKILL');
      }, SILENCE_MS);
    let timer = silent();
    child.stdout.on('data', (chunk: Buffer) => {
      clearTimeout(timer);
      timer = silent();
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines.filter((text) => text.startsWith('{"outcome"'))) {
        const { outcome, message } = JSON.parse(line) as { outcome: Outcome; message?: string };
        if (outcome === 'crash') console.error(`space ${from + tried}: ${message}`);
        counts[outcome]++;
        tried++;
      }
    });
    child.on('close', () => {
      clearTimeout(timer);
      resolve({ tried, ended });
    });
  });
}
