/**
 * `npm run own-data -- WHAT… [--seeds 1,2] [--budget 300] [--batch data_batch_1.bin] [--tables FOLDER]`: searches data
 * of the kinds that people bring, with only a budget, and compares each test result with the best simple model. WHAT is
 *
 * - `photos`: 600 of CIFAR-10, 60 of each class, as a folder of PNG files;
 * - `fixed`: the same photos with the same settings and budget, for one network chosen by hand and no search;
 * - the name of a table, whose CSV file lies in FOLDER.
 *
 * Where both `photos` and `fixed` are measured, their difference over seeds follows.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { deflateSync, crc32 } from 'node:zlib';
import { runSearch } from '../src/index.js';
import { assessPaired } from '../src/statistics/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1' },
    budget: { type: 'string', default: '300' },
    batch: { type: 'string', default: '../shared/data/cifar10/data_batch_1.bin' },
    tables: { type: 'string', default: '.' },
  },
});

const FOLDER = 'runs/own-data';
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const OF_EACH = 60;
/** Four 3x3 convolutions, each around a skip of the one before it. */
const BY_HAND = 'macro-cnn~6cda98:conv3.conv3-1.conv3-01.conv3-001';

function chunk(type: string, data: Buffer): Buffer {
  const whole = Buffer.alloc(12 + data.length);
  whole.writeUInt32BE(data.length, 0);
  whole.write(type, 4, 'latin1');
  data.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length);
  return whole;
}

/** A picture of 32 x 32 from its three colour planes. */
function png(planes: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(32, 0);
  header.writeUInt32BE(32, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc(32 * 97);
  for (let i = 0; i < 1024; i++)
    for (let c = 0; c < 3; c++) rows[97 * (i >> 5) + 1 + 3 * (i & 31) + c] = planes[1024 * c + i]!;
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The first of each class in a file of CIFAR-10, as a folder of pictures by class. */
function writePhotos(batch: string): string {
  const folder = resolve(FOLDER, 'photos');
  rmSync(folder, { recursive: true, force: true });
  const bytes = readFileSync(batch);
  const counts = CLASSES.map(() => 0);
  for (let at = 0; at < bytes.length; at += 3073) {
    const label = bytes[at]!;
    if (counts[label]!++ >= OF_EACH) continue;
    mkdirSync(join(folder, CLASSES[label]!), { recursive: true });
    writeFileSync(
      join(folder, CLASSES[label]!, `${String(at / 3073).padStart(5, '0')}.png`),
      png(bytes.subarray(at + 1, at + 3073)),
    );
  }
  return folder;
}

interface Compared {
  readonly name: string;
  readonly accuracy?: number;
  readonly r2?: number;
  readonly difference: number;
  readonly interval?: readonly number[];
}

const seeds = values.seeds.split(',').map(Number);
const results = new Map<string, number[]>();
mkdirSync(FOLDER, { recursive: true });
for (const what of positionals) {
  const isPhotos = what === 'photos' || what === 'fixed';
  const source = isPhotos ? writePhotos(values.batch) : resolve(values.tables, `${what}.csv`);
  for (const seed of seeds) {
    const { summary } = await runSearch({
      followData: true,
      runs: join(FOLDER, 'runs'),
      name: `${what} seed ${seed}`,
      config: { seed, budget: Number(values.budget), data: { source } },
      ...(what === 'fixed' && { architecture: BY_HAND }),
    });
    const { test, assessment, elapsedSeconds, derived } = summary as unknown as {
      test: { accuracy: number; targets?: { r2: number }[] };
      assessment: { simpleModels: Compared[]; targets?: { simpleModels: Compared[] }[] };
      elapsedSeconds: number;
      derived: { architecture: string };
    };
    const worth = (one: { accuracy?: number; r2?: number }): number => one.r2 ?? one.accuracy!;
    const result = worth(test.targets?.[0] ?? test);
    const rivals = [...(assessment.targets?.[0] ?? assessment).simpleModels].sort((a, b) => worth(b) - worth(a));
    const best = rivals[0]!;
    results.set(what, [...(results.get(what) ?? []), result]);
    const line =
      `${what} seed ${seed}: ${result.toFixed(3)} in ${elapsedSeconds.toFixed(0)} s; ${best.name} ${worth(best).toFixed(3)}, ` +
      `difference ${best.difference.toFixed(3)} (${(best.interval ?? []).map((end) => end.toFixed(3)).join(' to ')}); ${derived.architecture}`;
    console.log(line);
    appendFileSync(join(FOLDER, 'results.txt'), `${line}\n`);
  }
}
for (const [what, each] of results)
  console.log(`${what}: mean ${(each.reduce((sum, one) => sum + one, 0) / each.length).toFixed(3)}`);
const [searched, fixed] = [results.get('photos'), results.get('fixed')];
if (searched && fixed && searched.length > 1) {
  const { value: difference, interval } = assessPaired(searched, fixed);
  console.log(
    `searched minus fixed over ${seeds.length} seeds: ${difference.toFixed(3)}${interval ? ` (95 % ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})` : ''}`,
  );
}
