/**
 * Synthetic data for calibrating forgetting measurements: ten classes of three prototypes each in 64 dimensions, with
 * noise. A linear classifier is far from optimal, and a narrow network overwrites what it has learned.
 */
import { stream } from '../tensor/rng.js';
import { defineDataset, type Dataset, type Examples } from './dataset.js';

export interface Proto10Options {
  readonly train?: number;
  readonly test?: number;
}

const CLASSES = 10;
const PROTOTYPES = 3;
const FEATURES = 64;
const NOISE = 1.6;

/**
 * x = (P + 1.6 N(0,1))/2 with P ~ N(0,1)⁶⁴ one of the 3 prototypes of its class; class and prototype uniform.
 * Prototypes are the same for every seed.
 */
export function proto10(seed: number | string, { train = 25_000, test = 4_000 }: Proto10Options = {}): Dataset {
  const fixed = stream('proto-10', 'prototypes');
  const prototypes = Array.from({ length: CLASSES * PROTOTYPES }, () =>
    Float32Array.from({ length: FEATURES }, () => fixed.normal()),
  );
  const draw = (part: string, count: number): Omit<Examples, 'count'> => {
    const rng = stream(seed, 'proto-10', part);
    const images = new Float32Array(count * FEATURES);
    const labels = new Int32Array(count);
    for (let n = 0; n < count; n++) {
      labels[n] = rng.int(CLASSES);
      const prototype = prototypes[labels[n]! * PROTOTYPES + rng.int(PROTOTYPES)]!;
      for (let i = 0; i < FEATURES; i++) images[n * FEATURES + i] = (prototype[i]! + NOISE * rng.normal()) / 2;
    }
    return { images, labels };
  };
  return defineDataset({
    name: 'proto-10',
    inputShape: [1, 1, FEATURES],
    classes: CLASSES,
    train: draw('train', train),
    test: draw('test', test),
  });
}
