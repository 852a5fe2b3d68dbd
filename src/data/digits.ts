/**
 * The embedded data set: 1,797 handwritten digits of 8x8, so that a first run needs no download. Source, licence and
 * how its test part was made: `digits/README.md`.
 */
import { gunzipSync } from 'node:zlib';
import { classCounts, defineDataset, type Dataset, type Examples } from './dataset.js';
import { pixels } from './digits/pixels.js';
import { sha256 } from './source.js';
import { allIndices, byClass, quotas } from './stratify.js';

const SIDE = 8;
const RECORD = SIDE * SIDE + 1;
const CLASSES = 10;
const TEST_COUNT = 360;

/** Digits of [8, 8, 1] with pixels 0..16: 1,437 for training and a fixed test part of 360. */
export function readDigits(): Dataset {
  const records = gunzipSync(Buffer.from(pixels, 'base64'));
  const labels = Uint8Array.from({ length: records.length / RECORD }, (_, i) => records[(i + 1) * RECORD - 1]!);
  const test = testIndices(labels);
  const inTest = new Set(test);
  return defineDataset({
    name: 'digits',
    inputShape: [SIDE, SIDE, 1],
    classes: CLASSES,
    train: pickRecords(
      records,
      labels,
      allIndices(labels.length).filter((index) => !inTest.has(index)),
    ),
    test: pickRecords(records, labels, test),
    sources: [{ path: 'weft-nas/digits', sha256: sha256(records), bytes: records.length }],
  });
}

/** Evenly spaced members of each class, in ascending order: a rule that any other tool can reproduce. */
function testIndices(labels: Uint8Array): Uint32Array {
  const wanted = quotas(classCounts(labels, CLASSES), TEST_COUNT);
  const picked = byClass(allIndices(labels.length), labels, CLASSES).flatMap((members, c) =>
    Array.from({ length: wanted[c]! }, (_, i) => members[Math.floor(((i + 0.5) * members.length) / wanted[c]!)]!),
  );
  return Uint32Array.from(picked).sort();
}

function pickRecords(records: Uint8Array, labels: Uint8Array, indices: Uint32Array): Examples {
  const images = new Uint8Array(indices.length * SIDE * SIDE);
  indices.forEach((index, i) => {
    images.set(records.subarray(index * RECORD, (index + 1) * RECORD - 1), i * SIDE * SIDE);
  });
  return { images, labels: Uint8Array.from(indices, (index) => labels[index]!), count: indices.length };
}
